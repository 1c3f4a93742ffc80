// What the pages write: records, edits, drafts. Saved means on disk, and closed for the server.

import { text, utf8 } from "../wire/bytes.js";
import { Queue } from "./queue.js";
import { OPEN_ARCHIVE } from "./acts.js";

/** @typedef {import("../types.js").Draft} Draft */
/** @typedef {import("../types.js").Hex} Hex */
/** @typedef {import("../types.js").NewEdit} NewEdit */
/** @typedef {import("../types.js").NewRecord} NewRecord */
/** @typedef {import("./ledger.js").Ledger} Ledger */
/** @typedef {import("./ledger.js").Step} Step */
/** @typedef {import("./own.js").Wanted} Wanted */
/**
 * @typedef {{ ledger: Ledger, own: import("./own.js").OwnChanges,
 *   outbox: import("./outbox.js").Outbox, photos: import("./photos.js").Photos,
 *   reading: import("./reading.js").Reading, world: import("../types.js").World }} Parts
 */

const REGISTER = "basic_info";
const CELLS = 64;
const PICTURES = 4;
const SAW = 64;

export class Writing {
  /** @param {Parts} parts */
  constructor(parts) {
    this.parts = parts;
    /** Draft key -> its row. @type {Map<string, { row: string, draft: Draft }>} */
    this._drafts = new Map();
    /** Keystrokes, one after the other, and all of them before what they end in. */
    this._kept = new Queue();
  }

  clear() {
    this._drafts.clear();
  }

  /** After unlocking. */
  async prepare() {
    const { ledger } = this.parts;
    this.clear();
    if (!ledger.sealer) throw { code: "locked" };
    for (const [row, sealed] of await ledger.disk.rows("draft")) {
      const plain = await ledger.sealer.unseal("draft", row, /** @type {Uint8Array} */ (sealed));
      const draft = /** @type {Draft} */ (JSON.parse(text(plain)));
      this._drafts.set(draft.key, { row, draft });
    }
  }

  // ---- changes ------------------------------------------------------------------------------

  /** Several records at once, all or none. @param {NewRecord[]} records */
  async records(records) {
    await this._typed();
    const step = this._begun();
    const ids = [];
    for (const record of records) {
      const { pictures = [], draft, ...rest } = record;
      if (pictures.length > PICTURES)
        throw { code: "too_many_pictures", facts: { most: PICTURES } };
      const attach = await this.parts.photos.attached(pictures, record.resident);
      const id = await this._made(step, { ...rest, attach });
      this.parts.photos.named(step, pictures, id);
      this._end(step, draft);
      ids.push(id);
    }
    await this._saved(
      step,
      records.map((each) => each.resident),
    );
    return ids;
  }

  /** @param {NewEdit} edit */
  async edit({ resident, on, cells, saw, draft }) {
    await this._typed();
    const step = this._begun();
    const now = await this.parts.reading.heads(resident);
    const names = Object.keys(cells);
    const ids = [];
    for (let at = 0; at < names.length; at += CELLS) {
      /** @type {NonNullable<Wanted["set"]>} */
      const set = {};
      for (const name of names.slice(at, at + CELLS)) {
        const seen = saw?.[name] ?? now[name] ?? [];
        set[name] = { value: cells[name] ?? null, saw: seen.slice(-SAW) };
      }
      ids.push(await this._made(step, { resident, kind: REGISTER, v: 1, on, set }));
    }
    if (!ids.length) throw { code: "nothing_changed" };
    this._end(step, draft);
    await this._saved(step, [resident]);
    return ids[0];
  }

  /** @param {Hex} resident @param {Hex} record @param {string} reason */
  async void(resident, record, reason) {
    const { records } = await this.parts.reading.archive(resident);
    const found = records.find((each) => each.change === record);
    if (!found) throw { code: "no_such_record" };
    await this._typed();
    const step = this._begun();
    const { kind, v } = found;
    const on = this.parts.reading.today;
    const id = await this._made(step, { resident, kind, v, on, voids: record, reason });
    await this._saved(step, [resident]);
    return id;
  }

  /** Every keystroke that was made before this is on disk. */
  _typed() {
    return this._kept.run(async () => {});
  }

  _begun() {
    const { ledger, own, outbox } = this.parts;
    if (!outbox.keys) throw { code: "locked" };
    const step = ledger.step();
    own.noteSession(step);
    return step;
  }

  /** @param {Step} step @param {Wanted} wanted */
  async _made(step, wanted) {
    const { own, outbox, reading } = this.parts;
    const name = nameIn(wanted) || reading.nameOf(wanted.resident);
    const known = this._known(step, wanted.resident);
    return own.make(step, wanted, outbox.unlocked.me, { name, known });
  }

  /** Of the panel the resident is in, or was in when it left. @param {Step} step @param {Hex} resident */
  _known(step, resident) {
    const { cursors, server_now } = step.facts;
    const panels = Object.keys(cursors);
    const last = step.get("gone", resident)?.panel ?? "";
    const here = step.entry(resident)?.panels[0] ?? last;
    const panel = panels.includes(here) ? here : (panels[0] ?? here);
    const { epoch, csn } = cursors[panel] ?? { epoch: 0, csn: 0 };
    return { panel: panel || "0".repeat(32), epoch, csn, at: server_now };
  }

  /** On disk, and in a batch for the server, when this resolves. @param {Step} step @param {Hex[]} residents */
  async _saved(step, residents) {
    const { outbox, reading } = this.parts;
    await outbox.close(step);
    await step.commit();
    for (const each of residents) await reading.refresh([each]);
  }

  // ---- drafts -------------------------------------------------------------------------------

  /** @param {Step} step @param {string | undefined} key */
  _end(step, key) {
    const found = key === undefined ? undefined : this._drafts.get(key);
    if (!found || key === undefined) return;
    step.put("draft", found.row);
    step.after.push(() => this._drafts.delete(key));
  }

  /** @param {string} key */
  draft(key) {
    return this._drafts.get(key)?.draft ?? null;
  }

  drafts() {
    const all = [...this._drafts.values()].map((each) => each.draft);
    return all.sort((a, b) => b.at - a.at);
  }

  /** @param {Draft} draft */
  keepDraft(draft) {
    return this._kept.run(() => this._keepDraft(draft));
  }

  /** @param {Draft} draft */
  async _keepDraft(draft) {
    const { ledger, world } = this.parts;
    if (!ledger.sealer) throw { code: "locked" };
    const fresh = () =>
      Array.from(world.random(8), (each) => each.toString(16).padStart(2, "0")).join("");
    const row = this._drafts.get(draft.key)?.row ?? fresh();
    const value = await ledger.sealer.seal("draft", row, utf8(JSON.stringify(draft)));
    await ledger.alone({ store: "draft", key: row, value });
    this._drafts.set(draft.key, { row, draft });
  }

  /** @param {string} key */
  async dropDraft(key) {
    await this._typed();
    const step = this.parts.ledger.step();
    this._end(step, key);
    if (step.writes.size) await step.commit();
  }

  /** Who has left leaves no draft. */
  async dropLeft() {
    const { ledger } = this.parts;
    for (const { key, resident } of this.drafts()) {
      if (ledger.get("gone", resident)) await this.dropDraft(key);
    }
  }
}

/** @param {Wanted} wanted */
function nameIn({ set, kind, body }) {
  const opened = /** @type {{ name?: unknown } | undefined} */ (kind === OPEN_ARCHIVE ? body : {});
  const value = set?.name?.value ?? opened?.name;
  return typeof value === "string" ? value : "";
}
