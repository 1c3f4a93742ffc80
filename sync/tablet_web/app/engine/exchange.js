// One round trip: what to ask, and what an answer changes. Sending is the courier's.
//
// What an answer says is taken in steps that each hold by themselves: the facts with receipts and
// outcomes, then each page with its cursor, then what follows from all of it. Killed in between,
// the next exchange brings the rest.

import { checkpointHolds } from "../crypto/audit.js";
import { signingPublic } from "../crypto/suites.js";
import { hex, text, unbase64, unhex, utf8 } from "../wire/bytes.js";
import { opened, readReceipt, receiptHolds } from "./answer.js";
import { Applying } from "./apply.js";
import { dropBackedUp, dropOld, takeFate, takeHead, takeReceipt } from "./custody.js";
import { serverKeys } from "./keys.js";
import { dropPanels, letGo } from "./letting_go.js";
import { ownOf, readyOf } from "./outbox.js";

/** @typedef {import("../types.js").Hex} Hex */
/** @typedef {import("./answer.js").Answer} Answer */
/** @typedef {import("./keys.js").Unlocked} Unlocked */
/** @typedef {import("./ledger.js").Step} Step */
/** @typedef {import("./outbox.js").Outbox} Outbox */
/** @typedef {import("./reports.js").Told} Told */
/** `key`: of the batch; "" outside the chain. `by`: who was in when it was made.
 * @typedef {{ bytes: Uint8Array, digest: Hex, key: string, told: Told | null }} Asked */
/** @typedef {Asked & { by: Hex }} Request */
/** @typedef {{ wall: number, mono: number }} Moment */
/** What one answer brought.
 * @typedef {{ more: boolean, refused: string, say: string, receipts: number, wiped: boolean,
 *   lease_over: boolean, ended: boolean, touched: Set<Hex>, rows: number, agrees: boolean | null,
 *   halls: Hex[] }} Result */

/** Commands that say why no pages come and that somebody must act; each has a sentence. */
const KEPT_FROM = ["key_ended", "epoch_unconfirmed", "return"];
export const CLOCK_WARN_MS = 600_000;
const DIGEST_REPAIRS = 3;
const DIGEST_BUCKETS = 64;

export class Exchange {
  /**
   * @param {{ ledger: import("./ledger.js").Ledger, outbox: Outbox,
   *   reporter: import("./reports.js").Reporter, own: import("./own.js").OwnChanges,
   *   world: import("../types.js").World, words: () => import("./register.js").Words,
   *   directory: import("./directory.js").Directory,
   *   halls: () => Promise<import("./hall_days.js").HallDays> }} parts
   */
  constructor({ ledger, outbox, reporter, own, world, words, directory, halls }) {
    this.halls = halls;
    this.directory = directory;
    this.ledger = ledger;
    this.outbox = outbox;
    this.reporter = reporter;
    this.own = own;
    this.world = world;
    this.words = words;
    /** Digest of the newest request of this run. */
    this.asked = "";
    /** Places whose batch did not go through: digest -> how often in a row. @type {Map<Hex, number>} */
    this.strikes = new Map();
  }

  // ---- asking -------------------------------------------------------------------------------

  /** The next envelope of an unlocked tablet, durably given out. @returns {Promise<Request>} */
  async next() {
    const step = this.ledger.step();
    this.own.noteSession(step);
    await this.outbox.close(step);
    const state = step.facts;
    await this._behindHead(step);
    const found = readyOf(step).find(([, row]) => row.gen === state.gen);
    const request =
      found && !state.probe ? await this._batch(step, found) : await this._empty(step);
    await step.commit(true);
    this.asked = request.digest;
    return { ...request, by: this.outbox.unlocked.me };
  }

  /** The original of one that was made anew had arrived after all: what follows goes behind it. @param {Step} step */
  async _behindHead(step) {
    const { gen, head_epoch, head_seq, head_digest } = step.facts;
    const first = readyOf(step).find(([, row]) => row.gen === gen)?.[1];
    if (!first || first.epoch !== head_epoch || first.seq !== head_seq + 1) return;
    if (first.prev !== head_digest) await this.outbox.recut(step);
  }

  /** @param {Step} step @param {[string, import("./rows.js").BatchRow]} found @returns {Promise<Asked>} */
  async _batch(step, [key, row]) {
    if (!row.out) {
      const { said, told } = await this.reporter.all(step);
      const made = await this.outbox.withReports(step, key, said);
      if (made) return { ...made, told };
      this.outbox.giveOut(step, key);
    }
    const staged = step.writes.get(`batch b${key.slice(1)}`);
    const bytes = staged?.value ?? (await this.ledger.disk.get("batch", `b${key.slice(1)}`));
    if (!bytes) throw { code: "storage_broken" };
    const body = /** @type {Uint8Array} */ (bytes);
    return { bytes: body, digest: row.digest, key, told: null };
  }

  /** @param {Step} step @returns {Promise<Asked>} */
  async _empty(step) {
    const { said, told } = await this.reporter.all(step);
    const made = await this.outbox.empty(step, said);
    return { ...made, key: "", told };
  }

  // ---- taking -------------------------------------------------------------------------------

  /**
   * Applies the answer to a request. Refused as not_the_server, and nothing changes, if it is none.
   * @param {Request} request @param {Uint8Array} bytes @param {Moment} sent @param {Moment} came
   * @returns {Promise<Result>}
   */
  async take(request, bytes, sent, came) {
    const keys = this.outbox.unlocked;
    if (this.asked !== request.digest) throw { code: "not_the_server" };
    const { facts } = this.ledger;
    const found = await opened(keys, facts, request.digest, bytes);
    const { answer } = found;
    /** @type {Result} */
    const result = {
      more: answer.more,
      refused: answer.refused,
      say: answer.say,
      receipts: 0,
      wiped: false,
      lease_over: false,
      ended: false,
      touched: new Set(),
      rows: 0,
      agrees: null,
      halls: [],
    };
    const probed = facts.probe && !request.key;
    await this._facts(request, found, { sent, came }, result);
    const whole = await this._pages(answer, result);
    await this._after(request, answer, whole, result);
    await this._halls(answer, result);
    if (answer.commands.some((each) => each.do === "wipe")) {
      result.wiped = true;
      return result;
    }
    await this._refused(answer, probed);
    const ready = readyOf(this.ledger).some(([, row]) => row.gen === this.ledger.facts.gen);
    result.more ||= ready || this.ledger.facts.behind;
    result.lease_over = answer.lease <= answer.now;
    return result;
  }

  /**
   * Clock, trust, chain head, receipt, outcomes, backup mark: one step.
   * @param {Request} request @param {Awaited<ReturnType<typeof opened>>} found
   * @param {{ sent: Moment, came: Moment }} when @param {Result} result
   */
  async _facts(request, { answer, feedEpoch, server }, { sent, came }, result) {
    const step = this.ledger.step();
    const state = step.facts;
    const restored = state.feed_epoch > 0 && feedEpoch > state.feed_epoch;
    this._clock(step, answer, sent, came);
    state.lease = answer.lease;
    state.feed_epoch = feedEpoch;
    state.last = came.wall;
    state.refused_since = 0;
    if (restored) {
      // Its outcomes and checkpoints are counted anew from what the backup held.
      state.checkpoint_before = { size: state.checkpoint, root: state.checkpoint_root };
      state.outcomes_seen = state.checkpoint = 0;
      state.checkpoint_root = "";
      result.more = true;
    }
    for (const each of answer.commands) {
      if (each.do !== "counter" || each.ms <= state.counter) continue;
      state.counter = each.ms; // another copy of this tablet has counted further
      result.more = true;
    }
    if (server && answer.trust) state.bundle = text(answer.trust.bytes);
    if (server || !state.trust_epoch) state.trust_epoch = feedEpoch;
    const keys = server
      ? { ...this.outbox.unlocked, ...(await serverKeys(state)) }
      : this.outbox.unlocked;
    if (answer.names) await this._directory(step, answer.names);
    await this._checkpoint(step, answer, request, keys);
    await this._receipt(step, answer, keys, result);
    await this._custody(step, answer, restored);
    for (const { n, change, state: said, reason } of answer.outcomes) {
      if (n !== state.outcomes_seen + 1) continue;
      takeFate(step, [change, said, reason], 0);
      state.outcomes_seen = n;
      const about = await this.own.residentOf(change);
      if (about) result.touched.add(about);
    }
    step.after.push(() => {
      this.outbox.keys = this.reporter.keys = keys;
    });
    await step.commit(true);
  }

  /** Comes whole and takes the place of the one before. @param {Step} step @param {import("./directory.js").Told} told */
  async _directory(step, told) {
    const { sealer } = this.ledger;
    if (!sealer) return;
    const state = step.facts;
    const facility = state.panels[0]?.facility;
    state.names = told.version;
    state.facility_name =
      told.facilities.find(([id]) => id === facility)?.[1] ?? state.facility_name;
    step.put(
      "meta",
      "directory",
      await sealer.seal("meta", "directory", utf8(JSON.stringify(told))),
    );
    step.after.push(() => this.directory.take(told));
  }

  /** @param {Step} step @param {Answer} answer @param {Moment} sent @param {Moment} came */
  _clock(step, answer, sent, came) {
    const state = step.facts;
    const trip = Math.max(0, Math.round(came.mono - sent.mono));
    state.server_now = answer.now;
    state.offset = Math.round(answer.now - (came.wall - trip / 2));
    state.sigma = Math.round(trip / 2);
    const off = answer.now - came.wall;
    state.clock_off = Math.abs(off) > CLOCK_WARN_MS ? off : 0;
    this.own.noteSession(step);
  }

  /** A proof starts where its question stood: only one that names what is held is judged. @param {Step} step @param {Answer} answer @param {Request} request @param {Unlocked} keys */
  async _checkpoint(step, { checkpoint: told }, request, keys) {
    const state = step.facts;
    const held = state.checkpoint;
    if (!told || request.told?.checkpoint !== held || told.size <= held) return;
    const holds = await checkpointHolds(told, {
      origin: `gongwei/audit/${state.district}`,
      key: await signingPublic(state.suite, unbase64(keys.server.audit)),
      held: held ? { size: held, root: unhex(state.checkpoint_root) } : null,
    });
    state.audit_alarm = !holds;
    if (!holds) return;
    state.checkpoint = told.size;
    state.checkpoint_root = hex(told.root);
  }

  /** @param {Step} step @param {Answer} answer @param {Unlocked} keys @param {Result} result */
  async _receipt(step, { receipt: signed }, keys, result) {
    if (!signed) return;
    if (!(await receiptHolds(keys, signed))) throw { code: "not_the_server" };
    const receipt = readReceipt(signed.bytes);
    const known = await this.ledger.disk.get("receipt", receipt.batch);
    const before = /** @type {{ body: Uint8Array } | undefined} */ (known)?.body;
    this.strikes.clear();
    for (const fate of takeReceipt(step, signed.bytes, receipt, before)) {
      takeFate(step, fate, receipt.at);
      result.receipts += 1;
      const about = await this.own.residentOf(fate[0]);
      if (about) result.touched.add(about);
    }
  }

  /** @param {Step} step @param {Answer} answer @param {boolean} restored */
  async _custody(step, { head, backed_up, now }, restored) {
    if (head) {
      const known =
        head.seq === 0 || (await this.ledger.disk.get("mine", head.digest)) !== undefined;
      takeHead(step, head, { mine: known, restored });
    }
    if (backed_up) dropBackedUp(step, backed_up, now);
    dropOld(step, now, this.own.session);
  }

  /** Each page is one step, cursor included. Whether all were applied and none had more. @param {Answer} answer @param {Result} result */
  async _pages(answer, result) {
    let whole = answer.pages.length > 0;
    for (const page of answer.pages) {
      const step = this.ledger.step();
      const state = step.facts;
      const cursor = state.cursors[page.panel] ?? { epoch: 0, csn: 0, snap: null };
      if (page.roster === null && (page.start !== cursor.csn || page.epoch !== cursor.epoch)) {
        whole = false; // an answer to an older cursor: what it holds has been applied
        continue;
      }
      const done = await new Applying(step, page, this.words()).run();
      state.cursors[page.panel] = { epoch: page.epoch, csn: page.end, snap: page.snap };
      if (!state.panels.some((each) => each.id === page.panel)) {
        state.panels = [...state.panels, { id: page.panel, name: "", facility: "" }];
      }
      whole = whole && !page.more;
      state.records += page.snap ? page.snap_rows.filter((each) => each.put === "event").length : 0;
      state.ask[page.panel] = done.agrees === false;
      if (done.agrees !== null) {
        state.misses = done.agrees ? 0 : state.misses + 1;
        result.agrees = done.agrees && result.agrees !== false;
        // A repair may take several pages; each mends at least one bucket.
        const most = DIGEST_REPAIRS + DIGEST_BUCKETS;
        state.digest_alarm = !done.agrees && state.misses > most;
        if (state.digest_alarm) state.ask[page.panel] = false;
        result.more ||= !done.agrees && state.misses <= most;
      }
      await step.commit();
      for (const who of done.touched) result.touched.add(who);
      result.rows += done.rows;
    }
    return whole;
  }

  /** Pages of checkup days, and steps that they answer. @param {Answer} answer @param {Result} result */
  async _halls({ halls: pages }, result) {
    const steps = this.ledger.rows("fate").some(([, each]) => each.hall);
    if (!pages.length && !steps) return;
    const halls = await this.halls().catch(() => null);
    if (!halls) return; // not all of the app is here: the same pages come again
    const { whole, days, more } = await halls.take(pages);
    await halls.settle(whole);
    result.halls = days;
    result.more ||= more;
  }

  /** What follows from all of an answer. @param {Request} request @param {Answer} answer @param {boolean} whole @param {Result} result */
  async _after(request, answer, whole, result) {
    const step = this.ledger.step();
    const state = step.facts;
    const told = answer.pages.length > 0 && !answer.refused;
    if (request.told && told) {
      this.reporter.wasTold(step, request.told);
      dropPanels(step, answer.pages, result.touched);
    }
    if (request.told && !answer.refused) {
      const words = answer.commands.map((each) => each.do);
      state.suspended = words.includes("suspended");
      state.kept_from = KEPT_FROM.find((each) => words.includes(each)) ?? "";
      result.ended = state.kept_from === "key_ended";
    }
    if (whole) {
      // Packed after these were taken in: the archive holds them now.
      for (const [id, own] of step.rows("own")) {
        if (own.state !== "receipted" || own.hall) continue;
        step.put("own", id);
        const about = await this.own.residentOf(id);
        if (about) result.touched.add(about);
      }
    }
    await letGo(step, this.own, this.world.clock());
    await step.commit(true);
  }

  /** @param {Answer} answer @param {boolean} probed */
  async _refused(answer, probed) {
    const step = this.ledger.step();
    if (answer.refused === "unknown_key") await this.outbox.recut(step);
    if (answer.refused === "gap" && !this.outbox.follows(step)) {
      if (!(await this.outbox.recut(step))) step.facts.behind = true;
    }
    if (probed) await this._smaller(step);
    if (step.facts.behind) await this.outbox.close(step);
    await step.commit(true);
  }

  // ---- a bad line ---------------------------------------------------------------------------

  /**
   * A batch did not go through: too large for the server or for the line. After that a small
   * question first, whose signed answer says whether it may be made anew.
   * @param {Request} request @param {"too_large" | "timeout"} why
   */
  async struck(request, why) {
    if (!request.key) return;
    const count = (this.strikes.get(request.digest) ?? 0) + 1;
    this.strikes.set(request.digest, count);
    if (why !== "too_large" && count < 2) return;
    const step = this.ledger.step();
    step.facts.probe = true;
    await step.commit();
  }

  /** The head stands below: half as many changes each; one alone that is too large is kept. @param {Step} step */
  async _smaller(step) {
    const state = step.facts;
    state.probe = false;
    const found = readyOf(step).find(
      ([, row]) => row.gen === state.gen && this.strikes.has(row.digest),
    );
    this.strikes.clear();
    if (!found) return;
    const [key, row] = found;
    const above =
      row.epoch > state.head_epoch || (row.epoch === state.head_epoch && row.seq > state.head_seq);
    if (!above) return;
    state.most = Math.max(1, Math.floor(Math.min(state.most, row.ids.length) / 2));
    if (row.ids.length > 1) {
      await this.outbox.recut(step);
      return;
    }
    const [alone] = ownOf(step, row.ids);
    if (!alone || row.size <= 98304) return;
    takeFate(step, [alone[0], "quarantined", "too_large"], this.world.clock());
    await this.outbox.discard(step, key);
  }
}
