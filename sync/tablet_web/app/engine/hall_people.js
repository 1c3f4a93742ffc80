// A checkup day as the pages show it.

import { place } from "../merge/hall.js";
import { initials } from "./initials.js";
import { byName, search } from "./search.js";

/** @typedef {import("../types.js").Hex} Hex */
/** @typedef {import("../hall.js").HallAlarm} HallAlarm */
/** @typedef {import("../hall.js").HallDay} HallDayShown */
/** @typedef {import("../hall.js").HallPerson} HallPerson */
/** @typedef {import("../hall.js").HallPhase} HallPhase */
/** @typedef {import("../hall.js").HallSheet} HallSheet */
/** @typedef {import("../hall.js").HallView} HallView */
/** @typedef {import("../merge/hall.js").Alarm} Alarm */
/** @typedef {import("./hall_day.js").HallDay} HallDay */
/** @typedef {import("./hall_day.js").One} One */
/** @typedef {{ complete: boolean, numbers: boolean, today: string, by: (staff: Hex) => string }} Around */

const TAKEN_BACK = "3";
/** @type {HallPhase[]} */
export const IN_HALL = ["registered", "under_way"];

/** @param {HallDay} here @param {Around} around @returns {HallDayShown} */
export function dayShown(here, { complete, numbers, today }) {
  const { day, on, name, place: where, opens, closes } = here.info;
  const all = here.everybody();
  return {
    day,
    on,
    facility: name,
    place: where,
    opens,
    closes,
    when: on < today ? "past" : on > today ? "later" : "today",
    people: all.length,
    arrived: all.filter(({ seen }) => seen.phase !== "expected").length,
    complete,
    alarms: all.reduce((sum, { seen }) => sum + seen.open.length, 0),
    waiting: all.reduce((sum, one) => sum + waitingOf(one), 0),
    numbers,
  };
}

/** @param {HallDay} here @param {Around} around @returns {HallView} */
export function viewOf(here, around) {
  const { lead, doctors, tubes, groups } = here.info;
  const all = here.everybody();
  const named = (/** @type {[Hex, string]} */ [id, name]) => ({ id, name });
  return {
    ...dayShown(here, around),
    lead: named(lead),
    doctors: doctors.map(named),
    stations: stationsOf(here, all),
    tubes: tubes.map(({ id, label }) => ({ id, label })),
    groups: groups.map(([id, label, route]) => {
      const theirs = all.filter(({ row }) => row.groups.includes(id));
      const arrived = theirs.filter(({ seen }) => seen.phase !== "expected").length;
      return { id, label, route, people: theirs.length, arrived };
    }),
    counts: countsOf(all),
  };
}

/** @param {HallDay} here @param {One[]} all @returns {HallView["stations"]} */
export function stationsOf(here, all) {
  const waiting = new Map();
  const done = new Map();
  for (const { state, seen } of all) {
    if (seen.next) waiting.set(seen.next, (waiting.get(seen.next) ?? 0) + 1);
    for (const [id, [, mark]] of Object.entries(state.st)) {
      if (mark === "1") done.set(id, (done.get(id) ?? 0) + 1);
    }
  }
  return here.info.stations.map((each) => ({
    ...each,
    waiting: waiting.get(each.id) ?? 0,
    done: done.get(each.id) ?? 0,
  }));
}

/** @param {One[]} all @returns {HallView["counts"]} */
function countsOf(all) {
  const blank = { expected: 0, registered: 0, under_way: 0, finished: 0, left: 0 };
  const counts = { ...blank, walk_ins: 0, guests: 0, doubled: 0 };
  for (const { row, seen } of all) {
    counts[seen.phase] += 1;
    if (row.status === "walk_in") counts.walk_ins += 1;
    if (row.status === "guest") counts.guests += 1;
    counts.doubled += seen.doubled;
  }
  return counts;
}

/** @param {One} one */
const waitingOf = ({ mine }) =>
  mine.filter(({ own }) => own.state === "open" || own.state === "sent").length;

/** @param {HallDay} here @param {One} one @param {Around} around @param {boolean} [listed] @returns {HallPerson} */
export function personOf(here, one, around, listed = true) {
  const { row, state, seen, mine } = one;
  const own = new Set(mine.map((each) => each.id));
  const parts = here.info.stations.flatMap(({ id, label }) => {
    const held = state.st[id];
    if (!held || held[1] === TAKEN_BACK) return [];
    const mark = /** @type {import("../hall.js").HallMark} */ (held[1]);
    return [{ station: id, label, mark, at: held[2], own: own.has(held[0]) }];
  });
  return {
    who: row.who,
    status: /** @type {HallPerson["status"]} */ (listed ? row.status : "own"),
    name: row.name,
    sex: /** @type {HallPerson["sex"]} */ (row.sex),
    birth: row.birth,
    tail: row.tail,
    groups: row.groups,
    route: row.route,
    slot: row.slot,
    phase: seen.phase,
    ticket: seen.ticket,
    arrived: seen.arrived || null,
    finished: seen.finished || null,
    next: seen.next,
    missing: seen.missing,
    parts,
    sheet: sheetOf(here, one),
    alarms: state.alarms.map((each) => alarmOf(here, one, each, around)),
    doubled: seen.doubled,
    waiting: waitingOf(one),
  };
}

/** @param {HallDay} here @param {One} one @returns {HallSheet | null} */
export function sheetOf(here, { state }) {
  if (!state.sheet) return null;
  const [change, labels] = state.sheet;
  const label = (/** @type {string} */ tube) =>
    here.info.tubes.find((each) => each.id === tube)?.label ?? "";
  return { change, labels: labels.map(([tube, number]) => ({ tube, label: label(tube), number })) };
}

/** @param {HallDay} here @param {One} one @param {Alarm} alarm @param {Around} around @returns {HallAlarm} */
export function alarmOf(here, { row, state, seen }, alarm, { by }) {
  const [part, field, value, station, at] = alarm;
  const { name, sentence } = here.ruleOf(alarm);
  const acted = state.acted.find((each) => place(each) === place(alarm));
  return {
    part,
    field,
    value,
    station,
    at,
    name,
    sentence,
    who: row.who,
    person: row.name,
    ticket: seen.ticket,
    acted: acted ? { did: acted[3], at: acted[4], by: by(acted[5]) } : null,
  };
}

/** Open ones of everybody, oldest first. @param {HallDay} here @param {Around} around */
export function alarmsOf(here, around) {
  const all = here.everybody().flatMap((one) => one.seen.open.map((each) => ({ one, each })));
  all.sort((a, b) => a.each[4] - b.each[4]);
  return all.map(({ one, each }) => alarmOf(here, one, each, around));
}

/** In the hall and this station is open: who is sent here next first, by arrival. @param {HallDay} here @param {string} station */
export function queueOf(here, station) {
  const all = here
    .everybody()
    .filter(({ seen }) => IN_HALL.includes(seen.phase) && seen.missing.includes(station));
  const rank = (/** @type {One} */ { seen }) => (seen.next === station ? 0 : 1);
  return all.sort((a, b) => rank(a) - rank(b) || a.seen.arrived - b.seen.arrived);
}

/** By ticket, those without one by name. @param {One[]} all */
export function inOrder(all) {
  const key = (/** @type {One} */ { seen }) => seen.ticket.padStart(9);
  return all.sort((a, b) => {
    if (!a.seen.ticket !== !b.seen.ticket) return a.seen.ticket ? -1 : 1;
    const named = byName({ name: a.row.name, id: a.row.who }, { name: b.row.name, id: b.row.who });
    return a.seen.ticket ? (key(a) < key(b) ? -1 : 1) : named;
  });
}

/**
 * Those of the list whom a name, its initials or the tail of a number fits, best first.
 * @param {HallDay} here @param {string} text @param {number} most
 * @param {import("./initials.js").Letters} letters @returns {One[]}
 */
export function found(here, text, most, letters) {
  const all = here.everybody();
  const entries = all.map(({ row }) => ({
    id: row.who,
    name: row.name,
    initials: initials(row.name, letters),
    doc: row.tail,
    tel: "",
    no: "",
  }));
  const hits = search(/** @type {any[]} */ (entries), text, most);
  return hits.flatMap(({ id }) => here.one(id) ?? []);
}
