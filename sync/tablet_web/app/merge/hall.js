// What is known of one person on one checkup day: a pure sum of what happened in the hall, the
// twin of sync/hall.py (tests/vectors/hall.json holds the two together). Whoever has the same steps
// has the same state, in whatever order and however often they came.
//
// Ids are lower-case hex here and base64 on the wire: only of hex is the order that of the bytes.

import { base64, hex, unbase64, unhex } from "../wire/bytes.js";

/** @typedef {import("../types.js").Hex} Hex */
/** @typedef {[id: Hex, at: number, ticket: string, device: Hex, how: string]} Arrived */
/** @typedef {[id: Hex, mark: string, at: number, device: Hex]} Mark */
/** @typedef {[id: Hex, labels: [tube: string, number: string][]]} Sheet */
/** @typedef {[part: Hex, field: string, value: unknown, station: string, at: number]} Alarm */
/** @typedef {[part: Hex, field: string, id: Hex, did: string, at: number, staff: Hex]} Acted */
/** @typedef {[id: Hex, at: number]} Out */
/**
 * @typedef {{ ins: Arrived[], st: Record<string, Mark>, sheet: Sheet | null, alarms: Alarm[],
 *   acted: Acted[], out: Out | null }} State
 * @typedef {{ id: Hex, kind: string, at: number, device: Hex, staff: Hex,
 *   body: Record<string, any> }} Step
 * @typedef {(form: string, values: Record<string, unknown>) => [string, unknown][]} Critical
 * @typedef {{ phase: import("../hall.js").HallPhase, arrived: number, finished: number,
 *   missing: string[], ticket: string, doubled: number, open: Alarm[], next: string }} Progress
 */

const INS_MOST = 20;
const ALARMS_MOST = 100;
const STATIONS_MOST = 32;
const TAKEN_BACK = "3";
/** In place of a tablet: the step was written at a desk. */
const AT_DESK = "0".repeat(32);
/** Before the code of what an operator found critical. */
export const URGENT = "urgent:";

/** @returns {State} */
export const nothing = () => ({ ins: [], st: {}, sheet: null, alarms: [], acted: [], out: null });

/**
 * What one step alone says. `values`: what a part wrote; else empty.
 * @param {Step} step @param {Record<string, unknown>} values @param {Critical} critical
 * @returns {State}
 */
export function ofStep({ id, kind, at, device, staff, body }, values, critical) {
  switch (kind) {
    case "check_in":
      return { ...nothing(), ins: [[id, at, body.ticket ?? "", device, body.how]] };
    case "station_part": {
      const found = Object.keys(values).length ? critical(body.form ?? "", values) : [];
      for (const code of body.urgent ?? []) found.push([URGENT + code, true]);
      const alarms = found.map(
        ([field, value]) => /** @type {Alarm} */ ([id, field, value, body.station, at]),
      );
      return {
        ...nothing(),
        st: { [body.station]: [id, body.mark, at, device] },
        alarms: placed(alarms, []),
      };
    }
    case "route_sheet": {
      const labels = (body.labels ?? []).map(
        (/** @type {{ tube: string, number: string }} */ each) => [each.tube, each.number],
      );
      return { ...nothing(), sheet: [id, labels] };
    }
    case "critical_acted":
      return { ...nothing(), acted: [[body.part, body.field, id, body.did, at, staff]] };
    case "check_out":
      return { ...nothing(), out: [id, at] };
    default:
      return nothing();
  }
}

/** Both together. @param {State} a @param {State} b @returns {State} */
export function join(a, b) {
  const ins = new Map([...a.ins, ...b.ins].map((each) => [each[0], each]));
  const st = { ...a.st };
  for (const [name, mark] of Object.entries(b.st)) {
    if (!st[name] || st[name][0] < mark[0]) st[name] = mark;
  }
  /** @type {Map<string, Acted>} */
  const acted = new Map();
  for (const each of [...a.acted, ...b.acted]) {
    const held = acted.get(place(each));
    if (!held || each[2] < held[2]) acted.set(place(each), each);
  }
  return {
    ins: sorted(ins).slice(0, INS_MOST),
    st: Object.fromEntries(
      Object.entries(st)
        .sort((x, y) => (x[0] < y[0] ? -1 : 1))
        .slice(0, STATIONS_MOST),
    ),
    sheet: newer(a.sheet, b.sheet),
    alarms: placed(a.alarms, b.alarms),
    acted: sorted(acted).slice(0, ALARMS_MOST),
    out: newer(a.out, b.out),
  };
}

/** By part and field. @param {Alarm | Acted} each */
export const place = (each) => `${each[0]} ${each[1]}`;

/** @param {Alarm[]} a @param {Alarm[]} b */
const placed = (a, b) =>
  sorted(new Map([...a, ...b].map((each) => [place(each), each]))).slice(0, ALARMS_MOST);

/** @template T @param {Map<string, T>} all @returns {T[]} */
const sorted = (all) => [...all].sort((x, y) => (x[0] < y[0] ? -1 : 1)).map(([, each]) => each);

/** @template {Sheet | Out} T @param {T | null} a @param {T | null} b @returns {T | null} */
const newer = (a, b) => (!a || !b ? (a ?? b) : a[0] > b[0] ? a : b);

/**
 * One person as the hall sees them. `ticket`: given at booking; it goes before what a tablet gave.
 * @param {State} state @param {string[]} route @param {string} [ticket] @returns {Progress}
 */
export function progress(state, route, ticket = "") {
  const settled = Object.entries(state.st).filter(([, mark]) => mark[1] !== TAKEN_BACK);
  const names = new Set(settled.map(([name]) => name));
  const missing = route.filter((name) => !names.has(name));
  // What a desk marks, a result from the laboratory, needs nobody in the hall.
  const there = Object.values(state.st).filter((mark) => mark[3] !== AT_DESK);
  const newest = [...there, ...state.ins].reduce((most, [id]) => (id > most ? id : most), "");
  const gone = state.out !== null && state.out[0] > newest;
  const answered = new Set(state.acted.map(place));
  const first = state.ins[0];
  const phase = phaseOf({
    arrived: first !== undefined || settled.length > 0,
    whole: route.length > 0 && missing.length === 0,
    gone,
    begun: settled.length > 0,
  });
  const times = settled.map(([, mark]) => mark[2]);
  const done = settled.filter(([name]) => route.includes(name)).map(([, mark]) => mark[2]);
  const waits = phase === "registered" || phase === "under_way";
  return {
    phase,
    arrived: first ? first[1] : times.length ? Math.min(...times) : 0,
    finished: phase === "finished" ? Math.max(0, ...done) : 0,
    missing,
    ticket: ticket || (state.ins.find((each) => each[2])?.[2] ?? ""),
    doubled: Math.max(0, state.ins.length - 1),
    open: state.alarms.filter((each) => !answered.has(place(each))),
    next: waits ? (missing[0] ?? "") : "",
  };
}

/** @param {{ arrived: boolean, whole: boolean, gone: boolean, begun: boolean }} is @returns {Progress["phase"]} */
function phaseOf({ arrived, whole, gone, begun }) {
  if (!arrived) return "expected";
  if (whole) return "finished";
  if (gone) return "left";
  return begun ? "under_way" : "registered";
}

// ---- as it travels -------------------------------------------------------------------------------

const id = (/** @type {string} */ said) => hex(unbase64(said));
const said = (/** @type {Hex} */ own) => base64(unhex(own));

/** A state as a page of the server has it. @param {any} told @returns {State} */
export const stateFrom = (told) => spelled(told, id);

/** And as the server would write it. @param {State} state */
export function stateOnWire(state) {
  const told = spelled(state, said);
  const kept = Object.entries(told).filter(([, value]) =>
    Array.isArray(value) ? value.length : value && Object.keys(value).length,
  );
  return Object.fromEntries(kept);
}

/** @param {any} from @param {(id: string) => string} as @returns {State} */
function spelled({ ins, st, sheet, alarms, acted, out }, as) {
  return {
    ins: (ins ?? []).map((/** @type {Arrived} */ [change, at, ticket, device, how]) => [
      as(change),
      at,
      ticket,
      as(device),
      how,
    ]),
    st: Object.fromEntries(
      Object.entries(st ?? {}).map(([name, mark]) => {
        const [change, how, at, device] = /** @type {Mark} */ (mark);
        return [name, [as(change), how, at, as(device)]];
      }),
    ),
    sheet: sheet ? [as(sheet[0]), sheet[1]] : null,
    alarms: (alarms ?? []).map((/** @type {Alarm} */ [part, ...rest]) => [as(part), ...rest]),
    acted: (acted ?? []).map((/** @type {Acted} */ [part, field, change, did, at, staff]) => [
      as(part),
      field,
      as(change),
      did,
      at,
      as(staff),
    ]),
    out: out ? [as(out[0]), out[1]] : null,
  };
}
