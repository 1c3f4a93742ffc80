// Gets everything to the server and everything new from it: by hand, when a network shows, some
// time after a failure. The queue of the engine is held while something changes, never while a
// call is under way, so a form can be saved during the slowest exchange.

import { parseUp } from "../crypto/envelope.js";
import { ENVELOPE_BYTES, ownOf } from "./outbox.js";
import { problemIn } from "./problem.js";
import { farewellOf } from "./wiping.js";

/** @typedef {import("../types.js").Fault} Fault */
/** @typedef {import("../types.js").Hex} Hex */
/** @typedef {import("../types.js").Progress} Progress */
/** @typedef {import("../types.js").Reply} Reply */
/** @typedef {import("./exchange.js").Exchange} Exchange */
/** @typedef {import("./ledger.js").Ledger} Ledger */
/**
 * @typedef {{ ledger: Ledger, exchange: Exchange, outbox: import("./outbox.js").Outbox,
 *   photos: import("./photos.js").Photos, queue: import("./queue.js").Queue,
 *   world: import("../types.js").World, changed: (residents: Set<Hex>) => Promise<void>,
 *   wiped: () => Promise<void>, lease_over: () => Promise<void>, said: () => void,
 *   ended: (staff: Hex) => Promise<void>, authors: () => Promise<Set<Hex>>,
 *   drafted: () => string | null, halls: (days: Hex[]) => void }} Parts
 */

const FIRST_MS = 2_000;
const MOST_MS = 900_000;
const TIMEOUT_MS = 60_000;
const ROUNDS = 10_000;
const KEEP_SEALED_MS = 7_776_000_000;
/** Signs of `farewellOf`. */
const FAREWELL = 11;

export class Courier {
  /** @param {Parts} parts */
  constructor(parts) {
    this.parts = parts;
    this.failures = 0;
    /** @type {number | null} */
    this.nextTry = null;
    /** Not before this, whoever asks: the server said so. */
    this.notBefore = 0;
    /** @type {Progress | null} */
    this.running = null;
    /** @type {Fault | null} */
    this.fault = null;
    /** Batches and farewells that a tablet which cannot read answers has sent in this run. @type {Set<string>} */
    this._sent = new Set();
    /** Digests that the line did not take in this conversation. @type {Set<string>} */
    this._tooLarge = new Set();
    /** And that the server refused. @type {Set<string>} */
    this._refused = new Set();
    /** @type {Promise<void> | null} */
    this._under = null;
    /** Whether that one reads answers. */
    this._reads = false;
  }

  /**
   * One whole conversation; whoever asks while one is under way waits for that one. One that was
   * begun while the tablet was locked reads no answers: then another one follows.
   */
  run() {
    const reads = this.parts.outbox.keys !== null;
    const under = this._under;
    if (under && (this._reads || !reads)) return under;
    const before = under ? under.catch(() => {}) : Promise.resolve();
    this._reads = reads;
    const mine = before
      .then(() => this._whole())
      .finally(() => {
        if (this._under === mine) this._under = null;
        this.running = null;
        this.parts.said();
      });
    this._under = mine;
    return mine;
  }

  async _whole() {
    const { ledger } = this.parts;
    const wait = this._until(this.notBefore);
    if (wait > 0) throw { code: "busy", facts: { seconds: Math.ceil(wait / 1000) } };
    this._progress("send", 0, 0);
    try {
      await this._foreign();
      if (ledger.state && this.parts.outbox.keys) {
        await this._orphans();
        await this._rounds();
      } else await this._locked();
      await this._pictures();
      this.failures = 0;
      this.nextTry = null;
      this.fault = null;
    } catch (error) {
      this._failed(error);
      throw error;
    }
  }

  /** ms until then; what lies further away than any wait was said before the clock was set back. @param {number} then */
  _until(then) {
    const left = then - this.parts.world.clock();
    return left > MOST_MS ? 0 : Math.max(0, left);
  }

  /** Whether the next try by itself is still to come. */
  rests() {
    return this._until(this.nextTry ?? 0) > 0;
  }

  /** @param {Progress["step"]} step @param {number} done @param {number} of */
  _progress(step, done, of) {
    this.running = { step, done, of };
    this.parts.said();
  }

  /** @param {unknown} error */
  _failed(error) {
    const { world } = this.parts;
    const fault = /** @type {Fault & { retry?: number }} */ (error);
    this.fault = { code: fault?.code ?? "broken", ...(fault?.say ? { say: fault.say } : {}) };
    const most = Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(this.failures, 20));
    const random = new DataView(world.random(4).buffer).getUint32(0) / 2 ** 32;
    const after = Math.max(random * most, fault?.retry ?? 0);
    this.failures += 1;
    this.nextTry = world.clock() + Math.round(after);
    if (fault?.retry) this.notBefore = world.clock() + fault.retry;
  }

  // ---- unlocked -----------------------------------------------------------------------------

  /** Until neither side has more. */
  async _rounds() {
    const { queue, exchange, outbox, world } = this.parts;
    this._tooLarge.clear();
    this._refused.clear();
    for (let round = 0; round < ROUNDS && outbox.keys; round += 1) {
      // Somebody may have locked it while this one waited for its turn.
      const request = await queue.run(async () => (outbox.keys ? exchange.next() : null));
      if (!request) break;
      this._progress(request.key ? "send" : "take", round, 0);
      const sent = { wall: world.clock(), mono: world.mono() };
      const body = await this._post(request);
      const came = { wall: world.clock(), mono: world.mono() };
      if (!body) continue; // too large for the line: a small question comes next
      const result = await queue.run(async () => {
        if (!outbox.keys) return null; // locked meanwhile: it is asked again
        const done = await exchange.take(request, body, sent, came);
        if (done.wiped) await this.parts.wiped();
        else await this.parts.changed(done.touched);
        if (done.halls.length) this.parts.halls(done.halls);
        if (done.ended) await this.parts.ended(request.by);
        return done;
      });
      if (!result) break;
      if (result.wiped) return this._locked();
      if (result.lease_over) await this.parts.lease_over();
      if (result.refused && request.key) {
        // The same bytes are not sent again and again into the same refusal.
        if (this._refused.has(request.digest)) throw { code: "broken" };
        this._refused.add(request.digest);
      }
      if (result.refused === "unreadable") throw { code: "unreadable", say: result.say };
      if (!result.more && !result.receipts) break;
    }
  }

  /** The answer's bytes; null: it did not go through, and the next request takes that up. @param {import("./exchange.js").Request} request */
  async _post(request) {
    const { exchange, queue } = this.parts;
    let reply;
    try {
      reply = await this._send(request.bytes);
    } catch (error) {
      const late = /** @type {Fault} */ (error)?.code === "timeout";
      if (late) await queue.run(() => exchange.struck(request, "timeout"));
      throw error;
    }
    if (reply.status === 200) return reply.body;
    // What cannot be made smaller is not asked for again and again.
    if (reply.status === 413 && request.key && !this._tooLarge.has(request.digest)) {
      this._tooLarge.add(request.digest);
      await queue.run(() => exchange.struck(request, "too_large"));
      return null;
    }
    throw await this._problem(reply);
  }

  /** @param {Uint8Array} body */
  _send(body) {
    return this.parts.world.send({
      method: "POST",
      path: "/sync/v1/exchange",
      headers: { "content-type": "application/octet-stream" },
      body,
      timeout_ms: TIMEOUT_MS,
    });
  }

  /** What another status than 200 says; it changes nothing. @param {Reply} reply */
  async _problem(reply) {
    const { queue, ledger, world } = this.parts;
    const seconds = Number(reply.headers["retry-after"] ?? 0);
    const retry = Number.isFinite(seconds) ? Math.min(seconds * 1000, MOST_MS) : 0;
    const facts = ledger.state;
    if (reply.status === 400 && facts && !facts.refused_since) {
      await queue.run(async () => {
        const step = ledger.step();
        step.facts.refused_since = world.clock();
        await step.commit();
      });
    }
    return { ...problemIn(reply), retry, status: reply.status };
  }

  // ---- without reading answers --------------------------------------------------------------

  /**
   * Batches of an earlier enrolment, or from a rescue file: as they are, in order, once a run. The
   * stale ones of an earlier enrolment, too: nobody makes them anew in its chain. What is refused,
   * as of a tablet that the server knows no longer, is not in the way of the rest.
   */
  async _foreign() {
    const gen = this.parts.ledger.state?.gen ?? -1;
    if (this.parts.ledger.app.wiped_why !== "") return;
    await this._dropOld(gen);
    await this._asTheyAre((row) => row.gen !== gen && row.state !== "held");
    await this._farewells((key) => key !== farewellOf(gen));
  }

  /**
   * What waits for an author who cannot come back, since their key was ended: its old bytes are
   * sent like any other batch, once in a run, and a person at the server decides.
   */
  async _orphans() {
    const { ledger, queue } = this.parts;
    const authors = await this.parts.authors();
    await queue.run(async () => {
      const step = ledger.step();
      const { gen } = step.facts;
      for (const [key, row] of step.rows("batch")) {
        const waits = row.state === "stale" && row.gen === gen && !authors.has(row.staff);
        if (!waits || this._sent.has(row.digest)) continue;
        this._sent.add(row.digest);
        step.put("batch", key, { ...row, state: "ready" });
        for (const [id, own] of ownOf(step, row.ids)) {
          if (own.state !== "open") continue;
          step.put("own", id, { ...own, state: "sent", epoch: row.epoch, seq: row.seq });
        }
      }
      if (step.writes.size) await step.commit(true);
    });
  }

  /** What no answer will ever vouch for goes ninety days after it was posted. @param {number} gen */
  async _dropOld(gen) {
    const { ledger, queue, world } = this.parts;
    // A clock that is far ahead makes nothing old: the server has to have been there, too.
    const now = Math.min(world.clock(), ledger.state?.server_now ?? Number.POSITIVE_INFINITY);
    const old = ledger.rows("batch").filter(([, row]) => {
      if (row.gen === gen) return false;
      const since = row.posted || row.taken;
      if (since > 0 && now - since > KEEP_SEALED_MS) return true;
      // Carried along into the chain of this enrolment, and arrived by it.
      return row.ids.length > 0 && row.ids.every((id) => ledger.get("fate", id)?.receipt);
    });
    if (!old.length) return;
    await queue.run(async () => {
      const step = ledger.step();
      for (const [key] of old) {
        step.put("batch", key);
        step.put("batch", `b${key.slice(1)}`);
      }
      await step.commit(true);
    });
  }

  /** Locked or wiped: each ready batch once a run; the farewell last, and only when all of it is gone. */
  async _locked() {
    const wiped = this.parts.ledger.app.wiped_why !== "";
    const refused = await this._asTheyAre(
      (row) => row.state === "ready" || (wiped && row.state === "stale"),
    );
    const unheard = wiped ? await this._farewells(() => true) : null;
    if (refused ?? unheard) throw refused ?? unheard;
  }

  /** The first refusal, if there was any. @param {(key: string) => boolean} which */
  async _farewells(which) {
    const { ledger } = this.parts;
    /** @type {unknown} */
    let refused = null;
    for (const [key, bytes] of await ledger.disk.rows("batch", "f.", "f/")) {
      if (this._sent.has(key) || !which(key.slice(0, FAREWELL))) continue;
      const said = await this._taken(/** @type {Uint8Array} */ (bytes));
      refused ??= said;
      if (!said) this._sent.add(key);
    }
    return refused;
  }

  /**
   * In order, the next one of a tablet when a 200 came for the one before; one tablet is not in the
   * way of another. The first refusal, if there was any.
   * @param {(row: import("./rows.js").BatchRow) => boolean} which
   */
  async _asTheyAre(which) {
    const { ledger, queue, outbox } = this.parts;
    const rows = ledger.rows("batch").filter(([, row]) => which(row));
    const ordered = rows.sort((a, b) => order(a[1]) - order(b[1]) || (a[0] < b[0] ? -1 : 1));
    const stopped = new Set();
    /** @type {unknown} */
    let refused = null;
    for (const [at, [key, row]] of ordered.entries()) {
      if (this._sent.has(row.digest)) continue;
      this._progress("send", at, ordered.length);
      await queue.run(async () => {
        const step = ledger.step();
        outbox.giveOut(step, key);
        await step.commit(true);
      });
      const bytes = await ledger.disk.get("batch", `b${key.slice(1)}`);
      if (!bytes) continue; // it was closed again with one change more in this very moment
      const body = /** @type {Uint8Array} */ (bytes);
      const { device } = (await parseUp(body, ENVELOPE_BYTES)).header;
      if (stopped.has(device)) continue;
      const said = await this._taken(body);
      if (said) {
        stopped.add(device);
        refused ??= said;
        continue;
      }
      this._sent.add(row.digest);
      await queue.run(async () => {
        const step = ledger.step();
        step.change("batch", key, { posted: this._latest() });
        await step.commit(true);
      });
    }
    return refused;
  }

  /** Null when a 200 came; what was said of this one alone. Whatever else went wrong is thrown. @param {Uint8Array} bytes */
  async _taken(bytes) {
    const reply = await this._send(bytes);
    if (reply.status === 200) return null;
    const problem = await this._problem(reply);
    if (reply.status === 400 || reply.status === 413) return problem;
    throw problem;
  }

  /** No clock that was set back makes a moment older than it can be. */
  _latest() {
    return Math.max(this.parts.world.clock(), this.parts.ledger.state?.server_now ?? 0);
  }

  // ---- pictures -----------------------------------------------------------------------------

  async _pictures() {
    const { photos, outbox, queue, world, ledger } = this.parts;
    if (!ledger.state) return;
    await photos.deliver({
      send: (call) => world.send(call),
      keys: outbox.keys,
      lock: (work) => queue.run(work),
      progress: (done, of) => this._progress("photo", done, of),
    });
    await queue.run(() => photos.tidy(this.parts.drafted()));
  }
}

/** Stale ones last: they only count when nobody can make them anew. @param {import("./rows.js").BatchRow} row */
const order = (row) => (row.state === "stale" ? 1 : 0);
