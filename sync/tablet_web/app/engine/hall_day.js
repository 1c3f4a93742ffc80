// One checkup day in the memory of an unlocked tablet: who is on its list, what the server knows
// happened to them and what was done here since, laid over each other.

import { compiled } from "../forms/expression.js";
import { join, nothing, ofStep, progress, URGENT } from "../merge/hall.js";
import { hex, unbase64 } from "../wire/bytes.js";

/** @typedef {import("../types.js").Hex} Hex */
/** @typedef {import("../merge/hall.js").Alarm} Alarm */
/** @typedef {import("../merge/hall.js").Progress} Progress */
/** @typedef {import("../merge/hall.js").State} State */
/** @typedef {{ name: string, form: string, field: string, when: unknown, sentence: string }} Rule */
/**
 * @typedef {{ id: string, label: string, short: string,
 *   forms: { kind: string, v: number, fields: string[] }[], tubes: string[], minutes: number,
 *   note: string, urgent: { code: string, label: string }[] }} Station
 * @typedef {{ day: Hex, name: string, on: string, place: string, opens: string, closes: string,
 *   lead: [Hex, string], doctors: [Hex, string][], series: number, serial: number, key: string,
 *   stations: Station[], tubes: { id: string, label: string, digit: number }[], critical: Rule[],
 *   groups: [string, string, string[]][] }} Info
 * @typedef {{ who: Hex, status: string, name: string, sex: string, birth: string, id: Hex,
 *   no: Hex, tail: string, groups: string[], route: string[], slot: string, ticket: string,
 *   codes: Hex[], state: State, ep: number }} Row
 * @typedef {{ id: Hex, own: import("./rows.js").OwnRow, who: Hex, kind: string, state: State,
 *   body: Record<string, any>, name: string }} Mine
 * @typedef {{ row: Row, state: State, seen: Progress, mine: Mine[] }} One
 */

export class HallDay {
  /** @param {Info} info @param {Map<Hex, Row>} rows @param {(who: Hex, day: HallDay) => Row | null} panel a resident of this tablet's own */
  constructor(info, rows, panel) {
    this.info = info;
    this.rows = rows;
    this.panel = panel;
    /** It has ended, and nobody of it is known here any more; what is still written is kept. */
    this.over = false;
    /** A guest who turned out to be somebody -> who that is. @type {Record<Hex, Hex>} */
    this.moved = {};
    /** @type {Map<Hex, Mine[]>} */
    this.mine = new Map();
    /** @type {Map<Hex, One>} */
    this._ones = new Map();
    /** @type {{ codes: Map<Hex, Hex>, ids: Map<Hex, Hex>, nos: Map<Hex, Hex> } | null} */
    this._index = null;
  }

  // ---- rules ------------------------------------------------------------------------------------

  /** @param {string} form @param {Record<string, unknown>} values @returns {Rule[]} */
  critical(form, values) {
    return this.info.critical.filter((rule) => {
      const there = rule.form === form && (values[rule.field] ?? null) !== null;
      return there && compiled(rule.when)({ fields: values }) === true;
    });
  }

  /** @param {string} form @param {Record<string, unknown>} values @returns {[string, unknown][]} */
  found(form, values) {
    const fields = new Set(this.critical(form, values).map((rule) => rule.field));
    return [...fields].map((field) => [field, values[field]]);
  }

  /** The rule of an alarm, by its value. @param {Alarm} alarm */
  ruleOf([, field, value, station]) {
    if (field.startsWith(URGENT)) {
      const code = field.slice(URGENT.length);
      const urgent = this.station(station)?.urgent.find((each) => each.code === code);
      return { name: code, sentence: urgent?.label ?? "" };
    }
    const forms = new Set(this.info.critical.map((each) => each.form));
    for (const form of forms) {
      const rule = this.critical(form, { [field]: value }).find((each) => each.field === field);
      if (rule) return rule;
    }
    return { name: "", sentence: "" };
  }

  /** @param {string} id */
  station(id) {
    return this.info.stations.find((each) => each.id === id);
  }

  /** The stations of somebody in these groups, in the order in which people walk. @param {string[]} groups */
  route(groups) {
    const known = this.info.groups.filter(([id]) => groups.includes(id));
    const or = known.length ? known : this.info.groups.filter(([id]) => id === "other");
    const wanted = new Set(or.flatMap(([, , route]) => route));
    return this.info.stations.map((each) => each.id).filter((id) => wanted.has(id));
  }

  /** @param {string[]} route */
  tubes(route) {
    const wanted = this.info.stations
      .filter((each) => route.includes(each.id))
      .flatMap((each) => each.tubes);
    return this.info.tubes.filter((each) => wanted.includes(each.id));
  }

  // ---- people -----------------------------------------------------------------------------------

  /** What was done here and lies on this tablet. @param {Mine[]} all */
  lay(all) {
    this.mine = new Map();
    this._ones.clear();
    for (const each of all) this.add(each);
  }

  /** One more. @param {Mine} one */
  add(one) {
    const who = this.now(one.who);
    this.mine.set(who, [...(this.mine.get(who) ?? []), one]);
    this._ones.delete(who);
  }

  /** Whom this id names by now. @param {Hex} who @returns {Hex} */
  now(who) {
    let now = who;
    for (let n = 0; n < MOVES && this.moved[now]; n += 1) now = this.moved[now];
    return now;
  }

  /** What one step of this tablet says. @param {{ id: Hex, kind: string, at: number, body: Record<string, any> }} step @param {Hex} device @param {Hex} staff */
  said(step, device, staff) {
    const values = step.body.values ? JSON.parse(step.body.values) : {};
    const critical = (/** @type {string} */ form, /** @type {Record<string, unknown>} */ all) =>
      this.found(form, all);
    return ofStep({ ...step, device, staff }, values, critical);
  }

  /** Somebody of the list, or whom this tablet has checked in. @param {Hex} id @returns {One | null} */
  one(id) {
    const who = this.now(id);
    const held = this._ones.get(who);
    if (held) return held;
    const mine = this.mine.get(who) ?? [];
    const row = this.rows.get(who) ?? this._walkedIn(who, mine);
    if (!row) return null;
    const state = mine.reduce((sum, each) => join(sum, each.state), row.state);
    const one = { row, state, mine, seen: progress(state, row.route, row.ticket) };
    this._ones.set(who, one);
    return one;
  }

  /** Whom only this tablet knows: as they were taken in. @param {Hex} who @param {Mine[]} mine @returns {Row | null} */
  _walkedIn(who, mine) {
    const first = mine.find((each) => each.kind === "check_in") ?? mine[0];
    if (!first) return null;
    const { body, name } = first;
    const here = this.panel(who, this);
    if (here) return here;
    const groups = this.groupsOf(body.birth_date ?? "");
    return {
      ...blankRow(who),
      status: body.how === "6" ? "guest" : "walk_in",
      name: body.name ?? name,
      sex: body.sex ?? "",
      birth: body.birth_date ?? "",
      tail: String(body.number ?? "").slice(-4),
      groups,
      route: this.route(groups),
    };
  }

  /** As far as this tablet can say; the server knows better. @param {string} birth @param {string[]} [more] */
  groupsOf(birth, more = []) {
    const years = Number(this.info.on.slice(0, 4)) - Number(birth.slice(0, 4));
    const age = years - (this.info.on.slice(5) < birth.slice(5) ? 1 : 0);
    const found = [...more];
    if (birth && age >= ELDER) found.unshift("elder");
    if (birth && age <= CHILD) found.push("child");
    return found.length ? found : ["other"];
  }

  /** @returns {One[]} */
  everybody() {
    const found = [];
    for (const who of new Set([...this.rows.keys(), ...this.mine.keys()])) {
      const one = this.one(who);
      if (one) found.push(one);
    }
    return found;
  }

  // ---- finding ----------------------------------------------------------------------------------

  /** Whose this is: id of a code, mark of a number. */
  get index() {
    if (this._index) return this._index;
    /** @type {{ codes: Map<Hex, Hex>, ids: Map<Hex, Hex>, nos: Map<Hex, Hex> }} */
    const index = { codes: new Map(), ids: new Map(), nos: new Map() };
    for (const row of this.rows.values()) {
      for (const code of row.codes) index.codes.set(code, row.who);
      if (row.id) index.ids.set(row.id, row.who);
      if (row.no) index.nos.set(row.no, row.who);
    }
    this._index = index;
    return index;
  }

  /** @param {string} ticket */
  byTicket(ticket) {
    return this.everybody().find(
      ({ row, state, seen }) =>
        seen.ticket === ticket ||
        row.ticket === ticket ||
        state.ins.some((each) => each[2] === ticket),
    );
  }

  /** Only labels in force: a tube with a void one is nobody's. @param {string} number */
  bySpecimen(number) {
    return this.everybody().find(({ state }) =>
      state.sheet?.[1].some((each) => each[1] === number),
    );
  }
}

/** A guest may be found once, and that archive be merged, and no more often than that. */
const MOVES = 8;
const ELDER = 65;
const CHILD = 6;

/** @param {Hex} who @returns {Row} */
export const blankRow = (who) => ({
  who,
  status: "walk_in",
  name: "",
  sex: "",
  birth: "",
  id: "",
  no: "",
  tail: "",
  groups: [],
  route: [],
  slot: "",
  ticket: "",
  codes: [],
  state: nothing(),
  ep: 0,
});

/** A day that has ended here, for whoever had a form open. @param {Hex} day */
export function endedDay(day) {
  const blank = {
    name: "",
    on: "",
    place: "",
    opens: "",
    closes: "",
    series: 0,
    serial: 0,
    key: "",
  };
  const lists = { doctors: [], stations: [], tubes: [], critical: [], groups: [] };
  const lead = /** @type {[Hex, string]} */ (["", ""]);
  const made = new HallDay({ day, ...blank, lead, ...lists }, new Map(), blankRow);
  made.over = true;
  return made;
}

// ---- as it travels -------------------------------------------------------------------------------

const id = (/** @type {string} */ said) => hex(unbase64(said));

/** @param {any} told HallInfo @returns {Info} */
export function infoFrom(told) {
  const { name, on, place: where, opens, closes, series, serial, key, tubes } = told;
  return {
    day: id(told.day),
    name,
    on,
    place: where,
    opens,
    closes,
    lead: [id(told.lead[0]), told.lead[1]],
    doctors: (told.doctors ?? []).map((/** @type {any} */ each) => [id(each[0]), each[1]]),
    series,
    serial,
    key,
    stations: told.stations.map(stationFrom),
    tubes: tubes ?? [],
    critical: told.critical ?? [],
    groups: told.groups ?? [],
  };
}

/** @param {any} told @returns {Station} */
const stationFrom = (told) => ({
  id: told.id,
  label: told.label,
  short: told.short,
  forms: (told.forms ?? []).map((/** @type {any} */ each) => ({ fields: [], ...each })),
  tubes: told.tubes ?? [],
  minutes: told.minutes ?? 5,
  note: told.note ?? "",
  urgent: (told.urgent ?? []).map((/** @type {[string, string]} */ [code, label]) => ({
    code,
    label,
  })),
});
