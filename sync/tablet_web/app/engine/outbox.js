// The durable sealed outbox: whatever is saved is closed at once into a signed batch that lies on
// disk as it will be sent.
//
// A batch is its bytes. Only the last one of the chain that was never given out is closed again
// with one change more, in the same place, by the same person. Once given out it is sent, and sent
// again, exactly as it lies there; it is made anew (`recut`) only after a signed answer showed the
// server's head below it, and then it names what it replaces (PROTOCOL 4).

import { commit } from "../crypto/commitment.js";
import { sealUp } from "../crypto/envelope.js";
import { base64, utf8 } from "../wire/bytes.js";
import { batchBytes } from "./batch_body.js";

/** @typedef {import("../types.js").Hex} Hex */
/** @typedef {import("./ledger.js").Ledger} Ledger */
/** @typedef {import("./ledger.js").Step} Step */
/** @typedef {import("./rows.js").BatchRow} BatchRow */
/** @typedef {import("./rows.js").OwnRow} OwnRow */
/** @typedef {import("./rows.js").State} State */
/** @typedef {[string, OwnRow]} Own */
/** What a batch says beside its changes. @typedef {Record<string, unknown>} Reports */

export const ENVELOPE_BYTES = 98304;
/** What a tablet closes: small enough for a bad line. */
export const TARGET_BYTES = 49152;
export const TARGET_CHANGES = 40;
const SESSIONS = 64;
/** Earlier places one header names at most (it takes 32, its own place too). */
const NAMED = 30;
const ZEROS = "0".repeat(64);

export class Outbox {
  /**
   * @param {Ledger} ledger
   * @param {import("./own.js").OwnChanges} own
   * @param {import("./reports.js").Reporter} reporter
   * @param {{ random(length: number): Uint8Array, clock(): number }} world
   */
  constructor(ledger, own, reporter, world) {
    this.ledger = ledger;
    this.own = own;
    this.reporter = reporter;
    this.world = world;
    /** @type {import("./keys.js").Unlocked | null} */
    this.keys = null;
  }

  get unlocked() {
    if (!this.keys) throw { code: "locked" };
    return this.keys;
  }

  // ---- closing ------------------------------------------------------------------------------

  /**
   * Closes what the acting person has open: into the last batch where that was never given out,
   * else behind it.
   * @param {Step} step
   * @returns {Promise<void>}
   */
  async close(step) {
    const state = step.facts;
    if (state.behind) await this.startEpoch(step);
    const { me } = this.unlocked;
    const open = openOf(step, me);
    if (!open.length) return;
    const last = this._last(step, me);
    if (last && (await this._into(step, last, open))) return this.close(step);
    for (let left = open; left.length; left = openOf(step, me)) await this._seal(step, left);
    this._dropStale(step);
  }

  /** The last batch of the chain, while it is this person's and was never given out. @param {Step} step @param {Hex} me */
  _last(step, me) {
    const { gen, chain_epoch, seq } = step.facts;
    const found = step.rows("batch").find(([, row]) => {
      const here = row.gen === gen && row.epoch === chain_epoch && row.seq === seq;
      return here && row.state === "ready" && !row.out && row.staff === me;
    });
    return found ?? null;
  }

  /**
   * Closes a batch that was never given out again, with as many more as have room. Whether any had.
   * @param {Step} step @param {[string, BatchRow]} last @param {Own[]} open
   */
  async _into(step, [key, row], open) {
    const most = Math.min(TARGET_CHANGES, step.facts.most);
    const room = most - row.ids.length;
    if (room <= 0 || row.size > TARGET_BYTES * 0.9) return false;
    const mine = ownOf(step, row.ids);
    if (mine.length !== row.ids.length) return false;
    const rows = fewNames([...mine, ...open.slice(0, room)]);
    if (rows.length <= mine.length) return false;
    const made = await this._made(step, row.seq, row.prev, rows, {});
    if (made.bytes.length > TARGET_BYTES) return false;
    this._drop(step, key);
    this._keep(step, row.seq, row.prev, rows, made);
    return true;
  }

  /** As many of the rows as fit into one envelope at the next place; at least one. @param {Step} step @param {Own[]} open */
  async _seal(step, open) {
    const state = step.facts;
    const { seq, prev } = state;
    let rows = fewNames(open.slice(0, Math.max(1, Math.min(TARGET_CHANGES, state.most))));
    let made = await this._made(step, seq + 1, prev, rows, {});
    while (made.bytes.length > TARGET_BYTES && rows.length > 1) {
      rows = rows.slice(0, Math.floor(rows.length / 2));
      made = await this._made(step, seq + 1, prev, rows, {});
    }
    this._keep(step, seq + 1, prev, rows, made);
  }

  /**
   * The envelope of these changes at a place.
   * @param {Step} step @param {number} seq @param {Hex} prev @param {Own[]} rows
   * @param {Reports} reports
   */
  async _made(step, seq, prev, rows, reports) {
    const { keys, world } = this;
    if (!keys) throw { code: "locked" };
    const state = step.facts;
    const secret = world.random(16);
    const plain = await this.own.plain(rows);
    const raws = plain.map((each) => each.raw);
    const root = raws.length ? await commit(secret, raws.map(utf8)) : ZEROS;
    const said = { ...this.reporter.basics(step), ...reports, secret: base64(secret) };
    const body = batchBytes(step, said, rows, plain);
    const replaces = named(step, rows, seq);
    const place = {
      device: state.device,
      epoch: state.chain_epoch,
      seq,
      prev,
      root,
      ...(replaces.length ? { replaces } : {}),
    };
    return sealUp(place, body, { recipient: keys.recipient, signer: keys.signer });
  }

  /**
   * @param {Step} step @param {number} seq @param {Hex} prev @param {Own[]} rows
   * @param {{ bytes: Uint8Array, digest: Hex }} made @param {boolean} [out]
   */
  _keep(step, seq, prev, rows, made, out = false) {
    const state = step.facts;
    const { gen, chain_epoch: epoch } = state;
    /** @type {BatchRow} */
    const row = {
      gen,
      epoch,
      seq,
      digest: made.digest,
      state: "ready",
      out,
      staff: this.unlocked.me,
      ids: rows.map(([id]) => id),
      prev,
      at: this.world.clock(),
      oldest: Math.min(...rows.map(([, own]) => own.at), this.world.clock()),
      beside: false,
      taken: 0,
      size: made.bytes.length,
      posted: 0,
      brought: false,
    };
    const name = placeOf(gen, epoch, seq, made.digest);
    step.put("batch", `m.${name}`, row);
    step.put("batch", `b.${name}`, made.bytes);
    for (const [id, own] of rows) step.put("own", id, { ...own, state: "sent", epoch, seq });
    state.seq = seq;
    state.prev = made.digest;
    if (out) this._given(step, row);
  }

  /** @param {Step} step @param {string} key */
  _drop(step, key) {
    step.put("batch", key);
    step.put("batch", `b${key.slice(1)}`);
  }

  /** From now on its bytes are final. @param {Step} step @param {BatchRow} row */
  _given(step, row) {
    const state = step.facts;
    step.put("mine", row.digest, 1);
    if (row.gen === state.gen && row.epoch === state.chain_epoch) {
      state.high = Math.max(state.high, row.seq);
    }
  }

  // ---- giving out ---------------------------------------------------------------------------

  /**
   * Marks a ready batch as given out, before its bytes leave.
   * @param {Step} step @param {string} key
   */
  giveOut(step, key) {
    const row = step.get("batch", key);
    if (!row || row.out) return;
    step.put("batch", key, { ...row, out: true });
    this._given(step, row);
  }

  /**
   * The last batch, when it was never given out and is this person's, is closed once more just
   * before it leaves: with cursors and reports, so that one exchange does everything.
   * @param {Step} step @param {string} key @param {Reports} reports
   * @returns {Promise<{ key: string, bytes: Uint8Array, digest: Hex } | null>}
   */
  async withReports(step, key, reports) {
    const last = this._last(step, this.unlocked.me);
    if (!last || last[0] !== key) return null;
    const row = last[1];
    const rows = ownOf(step, row.ids);
    if (rows.length !== row.ids.length || !rows.length) return null;
    const made = await this._made(step, row.seq, row.prev, rows, reports);
    if (made.bytes.length > ENVELOPE_BYTES) return null;
    this._drop(step, key);
    this._keep(step, row.seq, row.prev, rows, made, true);
    const name = placeOf(row.gen, row.epoch, row.seq, made.digest);
    return { key: `m.${name}`, ...made };
  }

  /** An envelope outside the chain. @param {Step} step @param {Reports} reports */
  async empty(step, reports) {
    const { keys } = this;
    if (!keys) throw { code: "locked" };
    const state = step.facts;
    state.counter += 1;
    const place = { device: state.device, epoch: state.chain_epoch, counter: state.counter };
    const body = batchBytes(step, { ...this.reporter.basics(step), ...reports }, [], []);
    return sealUp(place, body, { recipient: keys.recipient, signer: keys.signer });
  }

  // ---- making anew --------------------------------------------------------------------------

  /**
   * Makes every batch without a receipt anew, above the server's head as last told: for the newest
   * server key, in smaller pieces. Whether there was any. What somebody else sealed waits for them.
   * @param {Step} step
   */
  async recut(step) {
    const state = step.facts;
    if (state.behind) return false;
    const old = readyOf(step).filter(
      ([, row]) =>
        row.gen === state.gen &&
        (row.epoch > state.head_epoch ||
          (row.epoch === state.head_epoch && row.seq > state.head_seq)) &&
        ownOf(step, row.ids).some(([, own]) => own.state === "sent"),
    );
    if (!old.length) return false;
    this._reopen(step, old);
    this._behindHead(state);
    await this.close(step);
    return true;
  }

  /** @param {State} state */
  _behindHead(state) {
    // An epoch that has begun here and not arrived there starts at its first place.
    state.seq = state.chain_epoch === state.head_epoch ? state.head_seq : 0;
    state.prev = state.head_digest;
  }

  /** A batch that nobody can take goes, and what follows it is made anew. @param {Step} step @param {string} key */
  async discard(step, key) {
    this._drop(step, key);
    if (!(await this.recut(step))) this._behindHead(step.facts);
  }

  /** @param {Step} step @param {[string, BatchRow][]} old */
  _reopen(step, old) {
    const { me } = this.unlocked;
    for (const [key, row] of old) {
      for (const [id, own] of ownOf(step, row.ids)) {
        if (own.state !== "sent") continue;
        const given = row.out && row.epoch === step.facts.chain_epoch;
        const was = given ? [...new Set([...own.was, row.seq])] : own.was;
        step.put("own", id, { ...own, state: "open", was });
      }
      // Nobody else can sign these: the old bytes stay until their author has made them anew.
      if (row.staff === me) this._drop(step, key);
      else step.put("batch", key, { ...row, state: "stale" });
    }
  }

  /** Old bytes whose changes are all closed again are of no more use. @param {Step} step */
  _dropStale(step) {
    for (const [key, row] of step.rows("batch")) {
      if (row.state !== "stale") continue;
      if (!ownOf(step, row.ids).some(([, own]) => own.state === "open")) this._drop(step, key);
    }
  }

  /**
   * After `behind`: the next chain starts at the server's head, with everything that has no
   * receipt. An administrator confirms it at the server.
   * @param {Step} step
   */
  async startEpoch(step) {
    const state = step.facts;
    const ready = readyOf(step).filter(([, row]) => row.gen === state.gen);
    // What was asked for again after a restore lies here as sealed bytes only: it is sent as is.
    this._reopen(
      step,
      ready.filter(([, row]) => ownOf(step, row.ids).some(([, own]) => own.state === "sent")),
    );
    for (const [id, own] of step.rows("own")) {
      if (own.was.length) step.put("own", id, { ...own, was: [] }); // places of the old chain
    }
    state.chain_epoch = state.head_epoch + 1;
    state.seq = state.high = 0;
    state.prev = state.head_digest;
    state.behind = false;
    const sealedOnly = readyOf(step).some(([, row]) => row.gen === state.gen);
    if (openOf(step, this.unlocked.me).length) await this.close(step);
    // Opens the chain that the old ones come behind.
    else if (sealedOnly) {
      this._keep(step, 1, state.prev, [], await this._made(step, 1, state.prev, [], {}));
    }
  }

  /** Whether a ready batch continues the chain at the server's head as last told. @param {Step} step */
  follows(step) {
    const { gen, head_epoch, head_seq } = step.facts;
    return readyOf(step).some(
      ([, row]) => row.gen === gen && row.epoch === head_epoch && row.seq === head_seq + 1,
    );
  }
}

/** Ready batches in the order of sending: the present chain first, then what is left of earlier ones. @param {Step | Ledger} step */
export function readyOf(step) {
  const { gen, chain_epoch } = step.facts;
  const rank = (/** @type {BatchRow} */ row) =>
    row.gen === gen ? (row.epoch === chain_epoch ? 0 : 1) : -1;
  return step
    .rows("batch")
    .filter(([, row]) => row.state === "ready")
    .sort((a, b) => rank(a[1]) - rank(b[1]) || (a[0] < b[0] ? -1 : 1));
}

/** What a person has saved that lies in no ready batch, in order of saving. @param {Step} step @param {Hex} staff @returns {Own[]} */
export function openOf(step, staff) {
  return step
    .rows("own")
    .filter(([, own]) => own.state === "open" && own.staff === staff)
    .sort((a, b) => a[1].n - b[1].n);
}

/** @param {Step} step @param {Hex[]} ids @returns {Own[]} */
export function ownOf(step, ids) {
  return ids.flatMap((id) => {
    const own = step.get("own", id);
    return own ? [/** @type {Own} */ ([id, own])] : [];
  });
}

/** @param {number} gen @param {number} epoch @param {number} seq @param {Hex} digest */
export function placeOf(gen, epoch, seq, digest) {
  const [g, e, q] = [gen, epoch, seq].map((each) => String(each).padStart(9, "0"));
  return `${g}.${e}.${q}.${digest.slice(0, 16)}`;
}

/**
 * Places whose first envelope may still arrive: those of these changes, this one if it was given
 * before, and those of old bytes that wait for their author. A second envelope that does not say
 * so is a fork.
 * @param {Step} step @param {Own[]} rows @param {number} seq
 */
function named(step, rows, seq) {
  const { gen, chain_epoch, high } = step.facts;
  const places = new Set(rows.flatMap(([, own]) => own.was));
  if (seq <= high) places.add(seq);
  for (const [, row] of step.rows("batch")) {
    const old = row.state === "stale" && row.gen === gen && row.epoch === chain_epoch;
    if (old && places.size <= NAMED) places.add(row.seq);
  }
  return [...places].sort((a, b) => a - b);
}

/** As many rows as come from so few earlier places, and runs of the app, that they fit. @param {Own[]} rows */
function fewNames(rows) {
  const places = new Set();
  const sessions = new Set();
  const at = rows.findIndex(([, own]) => {
    for (const each of own.was) places.add(each);
    sessions.add(own.session);
    return places.size > NAMED || sessions.size > SESSIONS;
  });
  return at < 0 ? rows : rows.slice(0, Math.max(1, at));
}
