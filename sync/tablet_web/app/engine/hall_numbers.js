// Tickets and specimen numbers: two tablets never give the same one, and no tablet gives one twice.
// The series is this tablet's own for the day, given by the server for one chain; how far it has
// counted is written down in the same step as the change that uses the number.

import { checkDigit } from "../crypto/damm.js";

/** @typedef {import("../types.js").Hex} Hex */
/** @typedef {import("../merge/hall.js").State} HallState */
/** @typedef {import("./rows.js").HallCount} HallCount */
/** @typedef {import("./rows.js").State} State */
/** @typedef {{ serial: number, series: number }} Info */

const LETTERS = 26;
/** Counts of days that are gone: kept, in case one of them comes again. */
const KEPT = 60;
const SERIES_MOST = 99;
const SHEETS_MOST = 9999;
const TICKETS_MOST = 99999;

/** B, C ... Z, BA, BB ...: A is for those who have booked. @param {number} series from 1 */
export function lettersOf(series) {
  const last = String.fromCharCode(65 + (series % LETTERS));
  const first = Math.floor(series / LETTERS);
  return first ? String.fromCharCode(65 + first) + last : last;
}

/** Whether this tablet can number on that day: the series is of its present chain, which no copy has. @param {State} state @param {Hex} day */
export function numbers(state, day) {
  const held = state.hall_counts?.[day];
  const of = held && held.series > 0 && held.series <= SERIES_MOST;
  return Boolean(of && held.chain === state.chain_epoch && !state.behind);
}

/** The next ticket; "" where none can be given. @param {State} state @param {Hex} day */
export function nextTicket(state, day) {
  const held = state.hall_counts?.[day];
  if (!held || !numbers(state, day) || held.ticket >= TICKETS_MOST) return "";
  held.ticket += 1;
  return lettersOf(held.series) + String(held.ticket).padStart(3, "0");
}

/**
 * Specimen numbers of one sheet, a tube each; null where none can be given.
 * @param {State} state @param {Hex} day @param {number} serial @param {{ id: string, digit: number }[]} tubes
 * @returns {{ tube: string, number: string }[] | null}
 */
export function nextLabels(state, day, serial, tubes) {
  const held = state.hall_counts?.[day];
  if (!held || !numbers(state, day) || held.sheet >= SHEETS_MOST) return null;
  held.sheet += 1;
  return tubes.map(({ id, digit }) => {
    const plain = `${four(serial)}${String(held.series).padStart(2, "0")}${four(held.sheet)}${digit}`;
    return { tube: id, number: plain + checkDigit(plain) };
  });
}

/** @param {number} value */
const four = (value) => String(value).padStart(4, "0");

/** The series of a day has come, of the chain in which the server stands: it goes on from where it was, or begins. @param {State} state @param {Hex} day @param {Info} info */
export function takeSeries(state, day, { series }) {
  const all = { ...state.hall_counts };
  const held = all[day];
  const same = held?.series === series;
  const count = { ticket: same ? held.ticket : 0, sheet: same ? held.sheet : 0 };
  all[day] = { chain: state.head_epoch, series, ...count };
  const gone = Object.keys(all)
    .filter((each) => !state.halls?.[each] && each !== day)
    .sort();
  for (const each of gone.slice(0, Math.max(0, gone.length - KEPT))) delete all[each];
  state.hall_counts = all;
}

/**
 * Numbers of this series that the server knows were given: a tablet that was put back to an earlier
 * state counts on behind them. @param {State} state @param {Hex} day @param {number} serial @param {HallState} seen
 */
export function raise(state, day, serial, seen) {
  const held = state.hall_counts?.[day];
  if (!held?.series) return;
  const letters = lettersOf(held.series);
  for (const [, , ticket] of seen.ins) {
    const found = /^([A-Z]+)([0-9]+)$/.exec(ticket);
    if (found?.[1] === letters) held.ticket = Math.max(held.ticket, Number(found[2]));
  }
  const start = four(serial) + String(held.series).padStart(2, "0");
  for (const [, number] of seen.sheet?.[1] ?? []) {
    if (number.startsWith(start)) held.sheet = Math.max(held.sheet, Number(number.slice(6, 10)));
  }
}
