// The engine: everything the pages may ask (types.d.ts, Engine).

import { docketNumber, docketText } from "../crypto/docket.js";
import { text, utf8, uuid7 } from "../wire/bytes.js";
import { Life } from "./life.js";
import { BATCH_ROWS } from "./ledger.js";
import { openArchive } from "./new_resident.js";
import { readRescue, rescueFile } from "./rescue.js";

/** @typedef {import("../types.js").Draft} Draft */
/** @typedef {import("../types.js").Hex} Hex */
/** @typedef {import("../types.js").Mine} Mine */
/** @typedef {import("../types.js").NewEdit} NewEdit */
/** @typedef {import("../types.js").NewRecord} NewRecord */
/** @typedef {import("./rows.js").FatePlain} FatePlain */

/** @typedef {import("../types.js").Tablet} Contract */

const FOUND = 50;

/** @implements {Contract} */
export class Engine extends Life {
  // ---- reading ------------------------------------------------------------------------------

  async home() {
    return (await this._open()).home();
  }

  /** @param {string} text @param {number} [most] */
  async search(text, most = FOUND) {
    return (await this._open()).search(text, most);
  }

  /** @param {{ name: string, birth: string, sex: string, id_no: string }} person */
  async alike(person) {
    return (await this._open()).alike(person);
  }

  async _open() {
    await this._loaded;
    if (!this._parts.outbox.keys || this._renewing) throw { code: "locked" };
    return this._parts.reading;
  }

  /** @param {Hex} resident @param {string} purpose */
  async open(resident, purpose) {
    const reading = await this._open();
    if (!reading.knows(resident)) throw { code: "no_such_resident" };
    const [found] = await Promise.all([
      reading.archive(resident),
      this._noteReading(resident, purpose),
    ]);
    return found;
  }

  /** @param {Hex} resident */
  async again(resident) {
    return (await this._open()).archive(resident);
  }

  /** It goes into the access log with the next exchange. @param {Hex} resident @param {string} purpose */
  async _noteReading(resident, purpose) {
    const { ledger } = this._parts;
    if (!ledger.sealer) throw { code: "locked" };
    const at = this._world.clock();
    const random = this._world.random(4).join("");
    const key = `${String(at).padStart(16, "0")}.${random}`;
    const plain = utf8(JSON.stringify({ resident, purpose }));
    const staff = this._parts.outbox.unlocked.me;
    const sealed = await ledger.sealer.seal("looked", key, plain);
    await ledger.alone({ store: "looked", key, value: { at, staff, sealed } }, true);
  }

  async names() {
    await this._open();
    return this._parts.directory.all();
  }

  // ---- writing ------------------------------------------------------------------------------

  /** @param {NewRecord} record */
  async save(record) {
    return (await this.saveAll([record]))[0];
  }

  /** @param {NewRecord[]} records */
  saveAll(records) {
    return this._do(async () => {
      this._mayWrite();
      const ids = await this._parts.writing.records(records);
      this._wake(SOON_MS);
      return ids;
    });
  }

  /** @param {NewEdit} change */
  edit(change) {
    return this._do(async () => {
      this._mayWrite();
      const id = await this._parts.writing.edit(change);
      this._wake(SOON_MS);
      return id;
    });
  }

  /** @param {Hex} resident @param {Hex} record @param {string} reason */
  void(resident, record, reason) {
    return this._do(async () => {
      this._mayWrite();
      const id = await this._parts.writing.void(resident, record, reason);
      this._wake(SOON_MS);
      return id;
    });
  }

  async freshId() {
    return uuid7(this._world.clock(), this._world.random(10));
  }

  /** @param {import("../types.js").NewResident} person */
  newResident(person) {
    return this._do(async () => {
      this._mayWrite();
      const id = await openArchive(this._parts.writing, person);
      this._wake(SOON_MS);
      return id;
    });
  }

  /** The paper of a switch that was signed here. @param {Hex} act @returns {Promise<import("../types.js").Docket>} */
  async docket(act) {
    await this._open();
    const { ledger, own, outbox } = this._parts;
    const number = await docketNumber(act);
    const row = ledger.get("own", act);
    const fate = ledger.get("fate", act);
    if (!row) return { number, text: "", at: fate?.at ?? 0, team: "", staff: fate?.staff ?? "" };
    const [plain] = await own.plain([[act, row]]);
    const { at, body } = JSON.parse(plain.raw);
    const { team, ground } = body;
    const { device } = ledger.facts;
    const said = { act, resident: plain.resident, team, at, device, ground };
    return {
      number,
      text: await docketText(said, outbox.unlocked.signer),
      at,
      team,
      staff: row.staff,
    };
  }

  async choices() {
    await this._open();
    return this._parts.directory.choices;
  }

  /** What is asked of checkup days. */
  async _hall() {
    await this._open();
    return this._knowsDays();
  }

  /** Without a storage that lasts, only while what is saved also goes into the rescue file. */
  _mayWrite() {
    const { rescue_on } = this._parts.ledger.app;
    if (!this._storage.persisted && !rescue_on) throw { code: "storage_not_kept" };
  }

  /** @param {string} key */
  async draft(key) {
    await this._open();
    return this._parts.writing.draft(key);
  }

  /** @param {Draft} draft */
  async keepDraft(draft) {
    await this._open();
    await this._parts.writing.keepDraft(draft);
  }

  /** @param {string} key */
  dropDraft(key) {
    return this._do(() => this._parts.writing.dropDraft(key));
  }

  async drafts() {
    await this._open();
    return this._parts.writing.drafts();
  }

  /** @param {Hex} resident @param {Uint8Array} bytes @param {string} type */
  addPicture(resident, bytes, type) {
    const { photos, outbox } = this._parts;
    return this._do(() => photos.add(outbox.unlocked, { resident, bytes, type }));
  }

  /** @param {Hex} id */
  async picture(id) {
    await this._open();
    return this._parts.photos.bytesOf(id).catch(() => null);
  }

  /** @param {Hex} id */
  dropPicture(id) {
    return this._do(() => this._parts.photos.drop(id));
  }

  // ---- to the server ------------------------------------------------------------------------

  async sync() {
    await this._loaded;
    try {
      await this._courier.run();
    } finally {
      this._measure().then(() => this._tell());
    }
  }

  /** Own changes and what became of them, newest first. @returns {Promise<Mine[]>} */
  async mine() {
    await this._open();
    const { ledger } = this._parts;
    const { sealer } = ledger;
    if (!sealer) throw { code: "locked" };
    const found = [];
    for (const [change, row] of ledger.rows("fate")) {
      const plain = await sealer.unseal("fate", change, row.sealed);
      const { resident, kind, on, name } = /** @type {FatePlain} */ (JSON.parse(text(plain)));
      const open = ledger.get("own", change)?.state === "open" ? "open" : "sent";
      const { staff, at, reason } = row;
      const state = row.state || open;
      const receipt = row.receipt || null;
      found.push({ n: row.n, change, resident, name, kind, on, at, staff, state, reason, receipt });
    }
    return found.sort((a, b) => b.n - a.n).map(({ n: _, ...mine }) => mine);
  }

  // ---- the rescue file ----------------------------------------------------------------------

  rescueFile() {
    const { ledger, outbox } = this._parts;
    return this._do(() => rescueFile(ledger, outbox, this._world.clock()));
  }

  rescueKept() {
    return this._app({ last_rescue: this._world.clock() });
  }

  /** @param {boolean} on */
  setRescue(on) {
    return this._app({ rescue_on: on });
  }

  /** @param {boolean} on */
  setPosition(on) {
    return this._app({ position_on: on });
  }

  /** @param {Uint8Array} bytes */
  readRescue(bytes) {
    return this._do(() => readRescue(this._parts.ledger, bytes, this._world.clock()));
  }

  /** After a wipe and when nothing waits: as new. What was posted and not read stays for its time. */
  startOver() {
    return this._do(async () => {
      const { ledger } = this._parts;
      if (!ledger.app.wiped_why) throw { code: "not_wiped" };
      const waits = ledger.rows("batch").filter(([, row]) => row.state !== "held" && !row.posted);
      if (waits.length) throw { code: "batches_wait", facts: { batches: waits.length } };
      await this._emptied();
    });
  }

  async _emptied() {
    const { ledger } = this._parts;
    /** @type {import("../types.js").Write[]} */
    const writes = [];
    for (const store of /** @type {const} */ (["staff", "fate", "receipt", "mine"])) {
      for (const key of await ledger.disk.keys(store)) writes.push({ store, key });
    }
    for (const key of await ledger.disk.keys("meta")) writes.push({ store: "meta", key });
    for (const [key, row] of await ledger.disk.rows("batch", BATCH_ROWS.from, BATCH_ROWS.to)) {
      // Ranks as one that came from elsewhere: the next enrolment counts from the beginning.
      const old = /** @type {import("./rows.js").BatchRow} */ (row);
      writes.push({ store: "batch", key, value: { ...old, gen: 0, brought: true } });
    }
    await ledger.disk.write(writes);
    await ledger.load();
  }
}

/** A visit is not sent at every save of it: what is saved in one go goes together. */
const SOON_MS = 5_000;
