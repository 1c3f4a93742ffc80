// Steps of a checkup day as they are saved: like any change, sealed for the server before the call
// returns, with the numbers that they use counted in the same write.

import { nextLabels, nextTicket } from "./hall_numbers.js";

/** @typedef {import("../types.js").Hex} Hex */
/** @typedef {import("../hall.js").HallHow} HallHow */
/** @typedef {import("../hall.js").NewGuest} NewGuest */
/** @typedef {import("../hall.js").NewHallPart} NewHallPart */
/** @typedef {import("./hall_day.js").HallDay} HallDay */
/** @typedef {import("./hall_day.js").Mine} Mine */
/** @typedef {import("./hall_day.js").One} One */
/** @typedef {import("./ledger.js").Step} Step */
/** @typedef {{ kind: string, body: Record<string, unknown>, after?: Hex, pictures?: Hex[] }} Said */
/**
 * @typedef {{ days: import("./hall_days.js").HallDays, ledger: import("./ledger.js").Ledger,
 *   own: import("./own.js").OwnChanges, outbox: import("./outbox.js").Outbox,
 *   photos: import("./photos.js").Photos, reading: import("./reading.js").Reading,
 *   writing: import("./writing.js").Writing }} Parts
 */

/** Signs that the values of one part may have (the field `values` of station_part). */
const VALUES = 4000;
const PICTURES = 4;
const FIRST_VERSION = 1;

export class HallSteps {
  /** @param {Parts} parts */
  constructor(parts) {
    this._parts = parts;
  }

  /**
   * Several steps of one person in one write. `count` uses numbers of the write's own facts.
   * @param {HallDay} here @param {Hex} who @param {string} name @param {(step: Step) => Said[]} count
   * @returns {Promise<Mine[]>}
   */
  async save(here, who, name, count) {
    const { ledger, own, outbox, photos, reading, writing } = this._parts;
    const { day } = here.info;
    const step = ledger.step();
    own.noteSession(step);
    const known = writing._known(step, who);
    const ids = [];
    for (const { kind, body, after, pictures = [] } of count(step)) {
      if (pictures.length > PICTURES)
        throw { code: "too_many_pictures", facts: { most: PICTURES } };
      const attach = await photos.attached(pictures, who);
      const said = { resident: who, kind, v: FIRST_VERSION, on: reading.today };
      const whole = { ...said, body: { day, ...body }, attach, hall: day };
      const wanted = { ...whole, ...(after ? { after } : {}) };
      const id = await own.make(step, wanted, outbox.unlocked.me, { name, known });
      photos.named(step, pictures, id);
      ids.push(id);
    }
    await outbox.close(step);
    await step.commit();
    const made = [];
    for (const id of ids) made.push(await this._laid(here, id));
    return made;
  }

  /** @param {HallDay} here @param {Hex} id */
  async _laid(here, id) {
    const { ledger, own, days } = this._parts;
    const row = ledger.get("own", id);
    if (!row) throw { code: "storage_broken" };
    const [plain] = await own.plain([[id, row]]);
    const mine = days.stepOf(here, id, row, plain);
    here.add(mine);
    return mine;
  }

  // ---- what is said -----------------------------------------------------------------------------

  /**
   * A check-in with the ticket and the labels that are due with it. Somebody who has them keeps
   * them: a second check-in gives no second number.
   * @param {HallDay} here @param {Hex} day @param {{ who: Hex, one: One | null, route: string[] }} person
   * @param {{ how: HallHow, code?: Hex, guest?: NewGuest }} by
   * @returns {(step: Step) => Said[]}
   */
  arrival(here, day, { one, route }, { how, code, guest }) {
    return (step) => {
      const had = one?.seen.ticket || one?.row.ticket || "";
      const ticket = had || nextTicket(step.facts, day);
      const body = {
        how,
        ...(code ? { code } : {}),
        ...(ticket ? { ticket } : {}),
        ...(guest ? ofGuest(guest) : {}),
      };
      /** @type {Said[]} */
      const said = [{ kind: "check_in", body, pictures: guest?.pictures ?? [] }];
      const sheet = one?.state.sheet ? null : this.sheet(here, day, route, step);
      if (sheet) said.push(sheet);
      return said;
    };
  }

  /**
   * New labels for whom tubes are drawn; null where there is no tube, or no number.
   * @param {HallDay} here @param {Hex} day @param {string[]} route @param {Step} step @param {Hex} [after]
   * @returns {Said | null}
   */
  sheet(here, day, route, step, after) {
    const tubes = here.tubes(route);
    if (!tubes.length) return null;
    const labels = nextLabels(step.facts, day, here.info.serial, tubes);
    return labels && { kind: "route_sheet", body: { labels }, ...(after ? { after } : {}) };
  }

  /** @param {One} one @param {NewHallPart} part @returns {Said[]} */
  parts(one, { station, mark, why, form, urgent }) {
    const held = one.state.st[station]?.[0];
    const after = held ? { after: held } : {};
    const plain = { station, mark, ...(why ? { why } : {}) };
    const texts = form ? pieces(form.values) : [];
    const first = {
      ...plain,
      ...(urgent?.length ? { urgent } : {}),
      ...(form && texts.length ? { form: form.kind, v: form.v, values: texts[0] } : {}),
    };
    const more = texts
      .slice(1)
      .map((values) => ({ ...plain, form: form?.kind, v: form?.v, values }));
    return [first, ...more].map((body) => ({ kind: "station_part", body, ...after }));
  }
}

/** What is said of somebody who is on no list. @param {NewGuest} guest */
function ofGuest({ number, id_type, name, sex, birth_date, phone, agreed }) {
  const all = { number, id_type, name, sex, birth_date, phone, agreed };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value));
}

/** Values as JSON, in as many pieces as one part can take. @param {Record<string, unknown>} values */
function pieces(values) {
  /** @type {Record<string, unknown>[]} */
  const all = [{}];
  for (const [name, value] of Object.entries(values)) {
    const last = all[all.length - 1];
    const next = { ...last, [name]: value };
    if (JSON.stringify(next).length <= VALUES) all[all.length - 1] = next;
    else if (JSON.stringify({ [name]: value }).length > VALUES)
      throw { code: "change_too_large", facts: { kib: Math.ceil(VALUES / 1024) } };
    else all.push({ [name]: value });
  }
  return all.filter((each) => Object.keys(each).length).map((each) => JSON.stringify(each));
}
