// Pictures: sealed when they are taken in, named by a change, sent in pieces (PROTOCOL 8.9).
//
// A picture lies on disk as it will travel, each piece with its slip signed, so it is delivered
// from where it was cut off, also by a tablet that is locked or wiped; its key is sealed with the
// tablet's own and in the change. It goes when its receipt says taken and a backup holds it.

import { openFile, sealFile } from "../crypto/attachment.js";
import { sha256 } from "../crypto/hash.js";
import { headSlip, putSlip } from "../crypto/slip.js";
import { b64u, base64, concat, hex, text, unbase64, utf8 } from "../wire/bytes.js";
import { readExact } from "../wire/slices.js";
import { DAY_MS } from "./civil.js";
import { serverKeys } from "./keys.js";

/** @typedef {import("../types.js").Call} Call */
/** @typedef {import("../types.js").Hex} Hex */
/** @typedef {import("../types.js").Picture} Picture */
/** @typedef {import("../types.js").Reply} Reply */
/** @typedef {import("./ledger.js").Ledger} Ledger */
/** @typedef {import("./ledger.js").Step} Step */
/** @typedef {import("./rows.js").PhotoRow} PhotoRow */
/** @typedef {{ slip: string, body: Uint8Array }} Part */
/** @typedef {{ key: string, type: string }} Secret */

const MOST_BYTES = 8 * 1024 * 1024;
const PIECE = 131072;
const WAITING_MOST = 209715200;
const KEEP_MS = 90 * DAY_MS;
const RECEIPT = utf8("gongwei/attachment-receipt\0");
const TIMEOUT_MS = 60_000;

export class Photos {
  /**
   * @param {Ledger} ledger
   * @param {import("../types.js").World} world
   */
  constructor(ledger, world) {
    this.ledger = ledger;
    this.world = world;
    /** Taken in by this run of the app. @type {Set<Hex>} */
    this._fresh = new Set();
  }

  /**
   * Sealed at once; it goes with the record that will name it.
   * @param {import("./keys.js").Unlocked} keys
   * @param {{ resident: Hex, bytes: Uint8Array, type: string }} picture
   * @returns {Promise<Hex>}
   */
  async add(keys, { resident, bytes, type }) {
    const { ledger, world } = this;
    const { sealer } = ledger;
    const { device, gen, takes_pictures } = ledger.facts;
    if (!sealer) throw { code: "locked" };
    if (!takes_pictures) throw { code: "pictures_not_yet" };
    const key = world.random(32);
    const sealed = await sealFile(key, bytes);
    if (sealed.length > MOST_BYTES) throw { code: "picture_too_large", facts: { mib: 8 } };
    if (this.waiting + sealed.length > WAITING_MOST) throw { code: "pictures_waiting" };
    const id = hex(await sha256(sealed));
    const whose = { device, file: id, signer: keys.signer };
    const step = ledger.step();
    // The last one is of no bytes: it asks for a receipt that was lost.
    for (let n = 0; n <= Math.ceil(sealed.length / PIECE); n += 1) {
      const body = sealed.slice(n * PIECE, (n + 1) * PIECE);
      const slip = b64u(await putSlip(whose, Math.min(n * PIECE, sealed.length), body));
      step.put("photo_part", partKey(id, n), { slip, body });
    }
    const secret = utf8(JSON.stringify({ key: base64(key), type }));
    /** @type {PhotoRow} */
    const row = {
      n: world.clock(),
      change: "",
      size: sealed.length,
      state: "loose",
      taken: 0,
      reason: "",
      head: b64u(await headSlip(whose)),
      device,
      gen,
      at: world.clock(),
      resident,
      sealed: await sealer.seal("photo", id, secret),
    };
    step.put("photo", id, row);
    await step.commit();
    this._fresh.add(id);
    return id;
  }

  /** After another enrolment the slips are those of the new device. @param {import("./keys.js").Unlocked} keys */
  async signAnew(keys) {
    const { device, gen } = this.ledger.facts;
    for (const [id, row] of this._open()) {
      if (row.gen === gen || !row.sealed.length) continue;
      const whose = { device, file: id, signer: keys.signer };
      const step = this.ledger.step();
      for (const [n, { body }] of (await this._parts(id)).entries()) {
        const slip = b64u(await putSlip(whose, Math.min(n * PIECE, row.size), body));
        step.put("photo_part", partKey(id, n), { slip, body });
      }
      const head = b64u(await headSlip(whose));
      step.put("photo", id, { ...row, device, gen, head });
      await step.commit();
    }
  }

  /** @param {Hex} id @returns {Promise<Secret>} */
  async _secret(id) {
    const { sealer } = this.ledger;
    const row = this.ledger.get("photo", id);
    if (!sealer) throw { code: "locked" };
    if (!row?.sealed.length) throw { code: "no_such_picture" };
    return JSON.parse(text(await sealer.unseal("photo", id, row.sealed)));
  }

  /**
   * How a change names pictures, in the step that saves it.
   * @param {Hex[]} ids @param {Hex} resident
   */
  async attached(ids, resident) {
    const found = [];
    for (const id of ids) {
      const row = this.ledger.get("photo", id);
      const secret = await this._secret(id);
      // For another resident it must be sealed anew, under a key of its own.
      if (!row || row.resident !== resident) throw { code: "no_such_picture" };
      found.push({ id, key: secret.key, size: row.size, type: secret.type });
    }
    return found;
  }

  /** @param {Step} step @param {Hex[]} ids @param {Hex} change */
  named(step, ids, change) {
    for (const id of ids) {
      const row = step.get("photo", id);
      if (row?.state === "loose") step.put("photo", id, { ...row, change, state: "waiting" });
    }
  }

  /** @param {Hex} id */
  async bytesOf(id) {
    const { key, type } = await this._secret(id);
    const parts = await this._parts(id);
    if (!parts.length) return null;
    const sealed = concat(...parts.map((each) => each.body));
    return { bytes: await openFile(unbase64(key), sealed), type };
  }

  /** @param {Hex} id @returns {Promise<Part[]>} */
  async _parts(id) {
    const rows = await this.ledger.disk.rows("photo_part", `${id}.`, `${id}/`);
    return rows.map(([, part]) => /** @type {Part} */ (part));
  }

  /** Only one that no saved change names. @param {Hex} id */
  async drop(id) {
    if (this.ledger.get("photo", id)?.state !== "loose") return;
    const step = this.ledger.step();
    await this._remove(step, id);
    await step.commit();
  }

  /** @param {Step} step @param {Hex} id */
  async _remove(step, id) {
    step.put("photo", id);
    for (const key of await this.ledger.disk.keys("photo_part", `${id}.`, `${id}/`)) {
      step.put("photo_part", key);
    }
  }

  /** Bytes of pictures that have no receipt yet. */
  get waiting() {
    return this._open().reduce((sum, [, row]) => sum + row.size, 0);
  }

  get waitingCount() {
    return this._open().filter(([, row]) => row.state === "waiting").length;
  }

  _open() {
    return this.ledger
      .rows("photo")
      .filter(([, row]) => row.state === "loose" || row.state === "waiting");
  }

  /** @param {Hex} id @returns {Pick<Picture, "here" | "state" | "reason">} */
  shown(id) {
    const row = this.ledger.get("photo", id);
    if (!row) return { here: false, state: "", reason: "" };
    const state = /** @type {const} */ ({
      loose: "",
      waiting: "waiting",
      held: "taken",
      refused: "refused",
    });
    return { here: row.sealed.length > 0, state: state[row.state], reason: row.reason };
  }

  /**
   * What is no longer needed, or was never named: given up forms of last week and before. One that
   * was taken in this run, or that a draft names, is not given up, whatever a clock says.
   * @param {string | null} drafted what drafts say; null: nobody can read them now
   */
  async tidy(drafted) {
    const step = this.ledger.step();
    const state = this.ledger.facts;
    const now = this.world.clock();
    for (const [id, row] of step.rows("photo")) {
      const safe =
        row.state === "held" &&
        (row.taken < state.backed_at || state.server_now - row.taken > KEEP_MS);
      const open = this._fresh.has(id) || drafted === null || drafted.includes(id);
      const given_up = row.state === "loose" && now - row.at > 7 * DAY_MS && !open;
      if (safe || given_up) await this._remove(step, id);
    }
    if (step.writes.size) await step.commit();
  }

  // ---- delivering ---------------------------------------------------------------------------

  /**
   * Every picture that waits, each from where it was cut off; locked, too. Whoever ends it in the
   * middle loses nothing. Whatever `send` rejects with ends it.
   * @param {{ send: (call: Call) => Promise<Reply>, keys: import("./keys.js").Unlocked | null,
   *   lock: <T>(work: () => Promise<T>) => Promise<T>, progress: (done: number, of: number) => void }} by
   */
  async deliver({ send, keys, lock, progress }) {
    if (keys && !this.ledger.facts.takes_pictures) await this._ask(keys, send, lock);
    const rows = this._open().filter(([, row]) => row.state === "waiting");
    rows.sort((a, b) => a[1].n - b[1].n);
    for (const [at, [id, row]] of rows.entries()) {
      progress(at, rows.length);
      await this._one(id, row, send, lock);
    }
  }

  /** Whether this server takes pictures: one that does not has no such address. @param {import("./keys.js").Unlocked} keys @param {(call: Call) => Promise<Reply>} send @param {<T>(work: () => Promise<T>) => Promise<T>} lock */
  async _ask(keys, send, lock) {
    const file = "0".repeat(64);
    const slip = await headSlip({ device: this.ledger.facts.device, file, signer: keys.signer });
    const reply = await send(callOf("HEAD", file, b64u(slip)));
    await lock(async () => {
      const step = this.ledger.step();
      step.facts.takes_pictures = reply.status === 200 || reply.status === 403;
      await step.commit();
    });
  }

  /** @param {Hex} id @param {PhotoRow} row @param {(call: Call) => Promise<Reply>} send @param {<T>(work: () => Promise<T>) => Promise<T>} lock */
  async _one(id, row, send, lock) {
    for (let tries = 0; tries < 3; tries += 1) {
      const asked = await send(callOf("HEAD", id, row.head));
      if (asked.status !== 200) return; // its change is not there yet
      const there = Number(asked.headers["gongwei-arrived"] ?? 0);
      let n = there >= row.size ? Math.ceil(row.size / PIECE) : Math.floor(there / PIECE);
      for (;;) {
        const part = await this.ledger.disk.get("photo_part", partKey(id, n));
        if (!part) return;
        const { slip, body } = /** @type {Part} */ (part);
        const reply = await send(callOf("PUT", id, slip, body));
        if (reply.status === 409) break; // not the next piece: ask again where it stands
        if (reply.status !== 200) return;
        const { value, exact } = readExact(reply.body);
        if (value.receipt) {
          const signature = unbase64(value.receipt.signature);
          const bytes = exact(value.receipt.receipt);
          await lock(() => this._settle(id, bytes, signature));
          return;
        }
        n += 1;
      }
    }
  }

  /** @param {Hex} id @param {Uint8Array} bytes @param {Uint8Array} signature */
  async _settle(id, bytes, signature) {
    const { facts } = this.ledger;
    const { signing } = await serverKeys(facts);
    const message = concat(RECEIPT, bytes);
    const holds = await Promise.all(signing.map((key) => key.verify(message, signature)));
    const { value } = readExact(bytes);
    const step = this.ledger.step();
    const row = step.get("photo", id);
    if (!row || !holds.includes(true)) throw { code: "not_the_server" };
    const about = hex(unbase64(value.id)) === id && hex(unbase64(value.device)) === row.device;
    if (!about) throw { code: "not_the_server" };
    const state = value.state === "refused" ? "refused" : "held";
    step.put("photo", id, { ...row, state, taken: value.at, reason: value.reason ?? "" });
    await step.commit();
  }
}

/** @param {"HEAD" | "PUT"} method @param {Hex} id @param {string} slip @param {Uint8Array} [body] @returns {Call} */
function callOf(method, id, slip, body) {
  return {
    method,
    path: `/sync/v1/attachments/${id}`,
    headers: { authorization: `GWP1 ${slip}`, "content-type": "application/octet-stream" },
    timeout_ms: TIMEOUT_MS,
    ...(body ? { body } : {}),
  };
}

/** @param {Hex} id @param {number} n */
const partKey = (id, n) => `${id}.${String(n).padStart(4, "0")}`;
