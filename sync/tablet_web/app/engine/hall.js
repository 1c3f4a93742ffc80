// Everything the pages may ask of a checkup day (hall.d.ts). It comes when one of its calls is made
// or a page of one arrives, and is part of the engine from then on.

import { nothing, progress } from "../merge/hall.js";
import { blankRow, endedDay } from "./hall_day.js";
import { HallDays } from "./hall_days.js";
import { numbers } from "./hall_numbers.js";
import * as people from "./hall_people.js";
import { byNumber, scanned } from "./hall_scan.js";
import { HallSteps } from "./hall_steps.js";
import { normalised } from "../forms/id_number.js";
import { serverTime } from "./status.js";

/** @typedef {import("../types.js").Hex} Hex */
/** @typedef {import("../hall.js").HallHow} HallHow */
/** @typedef {import("../hall.js").HallPhase} HallPhase */
/** @typedef {import("../hall.js").HallScan} HallScan */
/** @typedef {import("../hall.js").NewGuest} NewGuest */
/** @typedef {import("../hall.js").NewHallPart} NewHallPart */
/** @typedef {import("./hall_day.js").HallDay} HallDay */
/** @typedef {import("./hall_day.js").Mine} Mine */
/** @typedef {import("./hall_day.js").One} One */

const FOUND = 50;
const SOON_MS = 5_000;
/** While somebody looks at the hall, what other tablets did comes about so often. */
const LOOK_MS = 20_000;

/** @typedef {import("../hall.js").HallEngine} Contract */

/** @implements {Contract} */
export class Hall {
  /** @param {import("./engine.js").Engine} engine */
  constructor(engine) {
    this._engine = engine;
    const { ledger, own, outbox, photos, reading, writing } = engine._parts;
    this._days = new HallDays({ ledger, own, outbox, writing });
    this._steps = new HallSteps({
      days: this._days,
      ledger,
      own,
      outbox,
      photos,
      reading,
      writing,
    });
    this._looked = 0;
  }

  // ---- looking ----------------------------------------------------------------------------------

  async hallDays() {
    await this._days.ready();
    const order = { today: 0, later: 1, past: 2 };
    const all = [...this._days.all.keys()].map((day) => this._shown(day));
    return all.sort((a, b) => order[a.when] - order[b.when] || (a.on < b.on ? -1 : 1));
  }

  /** @param {Hex} day */
  _shown(day) {
    return people.dayShown(this._at(day), this._around(day));
  }

  /** @param {Hex} day */
  async hall(day) {
    return people.viewOf(await this._here(day), this._around(day));
  }

  /** @param {Hex} day @returns {HallDay} */
  _at(day) {
    const here = this._days.all.get(day);
    if (!here) throw { code: "no_such_day" };
    return here;
  }

  /** @param {Hex} day */
  async _here(day) {
    await this._days.ready();
    const now = this._engine._world.mono();
    if (!this._looked || now - this._looked > LOOK_MS) {
      this._looked = now;
      this._engine._wake(LOOK_MS);
    }
    return this._at(day);
  }

  /** @param {Hex} day @returns {import("./hall_people.js").Around} */
  _around(day) {
    const { ledger, reading, directory } = this._engine._parts;
    return {
      complete: ledger.facts.halls?.[day]?.complete ?? false,
      numbers: numbers(ledger.facts, day),
      today: reading.today,
      by: (staff) => directory.by(staff),
    };
  }

  /** Somebody of the day, or a resident of the own panel who would walk in. @param {HallDay} here @param {Hex} who @returns {{ one: One, listed: boolean }} */
  _one(here, who) {
    const one = here.one(who);
    if (one) return { one, listed: true };
    const row = here.over ? blankRow(who) : this._days.ofPanel(who, here);
    if (!row) throw { code: "no_such_person" };
    const state = nothing();
    return { one: { row, state, seen: progress(state, row.route), mine: [] }, listed: false };
  }

  /** @param {HallDay} here @param {Hex} who */
  _person(here, who) {
    const { one, listed } = this._one(here, who);
    return people.personOf(here, one, this._around(here.info.day), listed);
  }

  /** @param {Hex} day @param {Hex} who */
  async hallPerson(day, who) {
    return this._person(await this._here(day), who);
  }

  /** @param {Hex} day @param {string} text @param {import("../hall.js").HallInput} _input @returns {Promise<HallScan>} */
  async hallScan(day, text, _input) {
    await this._engine.touch(); // whoever holds a code to a camera touches nothing else
    const here = await this._here(day);
    const { ledger } = this._engine._parts;
    const { who, ...found } = await scanned(here, text, {
      codes: this._days.codes?.list ?? null,
      digits: this._days.digits,
      now: serverTime(ledger, this._engine._world.clock()),
      inPanel: (number) => this._days.inPanel(number),
    });
    return { ...found, person: who ? this._person(here, who) : null };
  }

  /** @param {Hex} day @param {string} text @param {number} [most] */
  async hallFind(day, text, most = FOUND) {
    const here = await this._here(day);
    const { reading } = this._engine._parts;
    const { letters } = this._engine._words;
    const listed = people.found(here, text, most, letters).map(({ row }) => row.who);
    const mine = reading.search(text, most).filter(({ id }) => !here.one(id));
    const all = [...listed, ...mine.map(({ id }) => id)].slice(0, most);
    return all.map((who) => this._person(here, who));
  }

  /** @param {Hex} day @param {HallPhase} [phase] */
  async hallList(day, phase) {
    const here = await this._here(day);
    const all = here.everybody().filter(({ seen }) => !phase || seen.phase === phase);
    return this._persons(here, people.inOrder(all));
  }

  /** @param {Hex} day @param {string} station */
  async hallQueue(day, station) {
    const here = await this._here(day);
    return this._persons(here, people.queueOf(here, station));
  }

  /** @param {HallDay} here @param {One[]} all */
  _persons(here, all) {
    const around = this._around(here.info.day);
    return all.map((one) => people.personOf(here, one, around));
  }

  /** @param {Hex} day */
  async hallAlarms(day) {
    return people.alarmsOf(await this._here(day), this._around(day));
  }

  /** @param {Hex} day @param {Hex} who */
  async hallMissing(day, who) {
    const here = await this._here(day);
    const { one } = this._one(here, who);
    const around = this._around(day);
    const all = people.stationsOf(here, here.everybody());
    return {
      stations: all.filter(({ id }) => one.seen.missing.includes(id)),
      alarms: one.seen.open.map((each) => people.alarmOf(here, one, each, around)),
    };
  }

  /** @param {Hex} day @param {string} form @param {Record<string, unknown>} values */
  async hallCritical(day, form, values) {
    const here = await this._here(day);
    return here
      .critical(form, values)
      .map(({ field, name, sentence }) => ({ field, name, sentence }));
  }

  // ---- what happens -----------------------------------------------------------------------------

  /** A day that was here and has ended meanwhile: nothing that somebody noted is refused. @param {Hex} day */
  _ended(day) {
    if (!this._engine._parts.ledger.facts.hall_counts?.[day]) throw { code: "no_such_day" };
    return endedDay(day);
  }

  /** One write after the other; saved means sealed for the server. @template T @param {Hex} day @param {(here: HallDay) => Promise<T>} work @returns {Promise<T>} */
  _write(day, work) {
    const engine = this._engine;
    return engine._do(async () => {
      engine._mayWrite();
      if (!engine._parts.outbox.keys) throw { code: "locked" };
      await this._days.ready();
      const done = await work(this._days.all.get(day) ?? this._ended(day));
      engine._wake(SOON_MS);
      return done;
    });
  }

  /**
   * @param {Hex} day @param {{ who: Hex } | { guest: NewGuest }} person @param {HallHow} how
   * @param {Hex} [code]
   */
  hallCheckIn(day, person, how, code = "") {
    return this._write(day, async (here) => {
      const asked = "guest" in person ? await this._guest(here, person.guest) : person;
      const guest = "guest" in asked ? asked.guest : undefined;
      const who = guest ? guest.who : /** @type {{ who: Hex }} */ (asked).who;
      // A guest whose number is somebody's of the list is that one after all.
      const by = "guest" in person && !guest ? /** @type {HallHow} */ ("3") : how;
      const one = here.one(who);
      const row = one?.row ?? (guest ? null : this._one(here, who).one.row);
      const route = row?.route ?? here.route(here.groupsOf(guest?.birth_date ?? ""));
      const doubled = one !== null && one.state.ins.length > 0;
      const wanted = { how: by, code, ...(guest ? { guest } : {}) };
      const count = this._steps.arrival(here, day, { who, one, route }, wanted);
      const name = row?.name ?? guest?.name ?? "";
      const [arrived] = await this._steps.save(here, who, name, count);
      return { ...this._printed(here, who, arrived), doubled };
    });
  }

  /** @param {HallDay} here @param {NewGuest} guest @returns {Promise<{ who: Hex } | { guest: NewGuest }>} */
  async _guest(here, guest) {
    const number = normalised(guest.number);
    const who =
      number && !here.over && ((await byNumber(here, number)) ?? this._days.inPanel(number));
    return who && who !== guest.who ? { who } : { guest: { ...guest, number } };
  }

  /** @param {HallDay} here @param {Hex} who @param {Mine} made */
  _printed(here, who, made) {
    const person = this._person(here, who);
    const { ticket, sheet } = person;
    return { change: made.id, person, ticket, sheet, doubled: person.doubled > 0 };
  }

  /** @param {Hex} day @param {Hex} who */
  hallSheet(day, who) {
    return this._write(day, async (here) => {
      const { one } = this._one(here, who);
      const [made] = await this._steps.save(here, who, one.row.name, (step) => {
        if (!numbers(step.facts, day)) throw { code: "no_numbers" };
        const held = one.state.sheet?.[0];
        const sheet = this._steps.sheet(here, day, one.row.route, step, held);
        if (!sheet && here.tubes(one.row.route).length) throw { code: "no_numbers" };
        return [sheet ?? { kind: "route_sheet", body: {} }];
      });
      return this._printed(here, who, made);
    });
  }

  /** @param {Hex} day @param {NewHallPart} part */
  hallPart(day, part) {
    return this._write(day, async (here) => {
      const { one } = this._one(here, part.who);
      const said = this._steps.parts(one, part);
      const made = await this._steps.save(here, part.who, one.row.name, () => said);
      const ids = new Set(made.map((each) => each.id));
      const { alarms } = this._person(here, part.who);
      return { change: made[0].id, alarms: alarms.filter((each) => ids.has(each.part)) };
    });
  }

  /**
   * @param {Hex} day @param {Hex} who @param {{ part: Hex, field: string }} alarm @param {string} did
   * @param {Hex} doctor @param {string} text
   */
  hallActed(day, who, { part, field }, did, doctor, text) {
    const said = { ...(doctor ? { doctor } : {}), ...(text ? { text } : {}) };
    return this._said(day, who, "critical_acted", { part, field, did, ...said });
  }

  /** @param {Hex} day @param {Hex} who @param {string} [missing] */
  hallLeave(day, who, missing = "") {
    return this._said(day, who, "check_out", missing ? { missing } : {});
  }

  /** One step that needs no number. @param {Hex} day @param {Hex} who @param {string} kind @param {Record<string, unknown>} body */
  _said(day, who, kind, body) {
    return this._write(day, async (here) => {
      const { one } = this._one(here, who);
      const newest = Object.values(one.state.st).reduce(
        (most, [id]) => (id > most ? id : most),
        "",
      );
      const after = kind === "check_out" && newest ? { after: newest } : {};
      const made = await this._steps.save(here, who, one.row.name, () => [
        { kind, body, ...after },
      ]);
      return made[0].id;
    });
  }
}
