// From a code to a tablet that works: what enrolment keeps, in one write; and further staff.

import { text, hex } from "../wire/bytes.js";
import { Enrolment } from "./enrolment.js";
import { ballast } from "./ledger.js";
import { APP, SCHEMA } from "./reports.js";
import { problemIn } from "./problem.js";
import { FurtherStaff } from "./staff.js";
import { TARGET_CHANGES } from "./outbox.js";

/** @typedef {import("../types.js").Hex} Hex */
/** @typedef {import("../types.js").World} World */
/** @typedef {import("../types.js").Write} Write */
/** @typedef {import("./enrolment.js").Enrolled} Enrolled */
/** @typedef {import("./rows.js").State} State */

const TIMEOUT_MS = 30_000;
const ZEROS = "0".repeat(64);

export class Enrolling {
  /**
   * @param {World} world
   * @param {import("./ledger.js").Ledger} ledger
   * @param {import("./vault.js").Vault} vault
   */
  constructor(world, ledger, vault) {
    this.world = world;
    this.ledger = ledger;
    this.vault = vault;
    /** @type {Enrolment | null} */
    this.under = null;
    /** @type {{ code: string, enrolment: Enrolment } | null} */
    this._tried = null;
    /** @type {Enrolled | null} */
    this.done = null;
    /** @type {FurtherStaff | null} */
    this._further = null;
    /** @type {Awaited<ReturnType<FurtherStaff["ask"]>>} */
    this._came = null;
  }

  /** @param {Uint8Array} step */
  _post = async (step) => {
    const reply = await this.world.send({
      method: "POST",
      path: "/sync/v1/enrol",
      headers: { "content-type": "application/octet-stream" },
      body: step,
      timeout_ms: TIMEOUT_MS,
    });
    if (reply.status === 200) return reply.body;
    throw problemIn(reply);
  };

  /** @param {string} code @param {string} label */
  async begin(code, label) {
    const { random, clock } = this.world;
    this.done = null;
    this.under = null;
    // The same code again, when an answer was lost: the same bytes must go (PROTOCOL 3.1).
    if (this._tried?.code !== code) {
      const enrolment = await Enrolment.begin(code, { app: APP, label, random, clock });
      this._tried = { code, enrolment };
    }
    const { enrolment } = this._tried;
    const digits = await enrolment.digits(this._post);
    this.under = enrolment;
    return { digits };
  }

  /** @returns {Promise<"waiting" | "confirmed" | "expired">} */
  async asked() {
    if (this.done) return "confirmed";
    if (!this.under) throw { code: "not_enrolling" };
    return said(this.under.ask(this._post), (found) => {
      this.done = found;
    });
  }

  giveUp() {
    this.under = null;
    this._tried = null;
    this.done = null;
  }

  /**
   * Everything that is kept, in one write; the vault is open then.
   * @param {string} name @param {string} passphrase
   */
  async finish(name, passphrase) {
    const { done, ledger, vault } = this;
    if (!done) throw { code: "not_enrolling" };
    const key = { suite: done.suite, private: done.signing };
    // Enrolled once more while somebody is in: what is here stays readable, under the same key.
    const again = Boolean(ledger.state && !ledger.app.wiped_why);
    // It locked itself meanwhile: a new key would close what the old one has sealed for ever.
    if (again && !vault.me) throw { code: "locked" };
    const panels = done.panels.map(({ id }) => id);
    const writes = again
      ? await vault.admit(done.staff, name, passphrase, key)
      : await vault.found(done.staff, name, passphrase, key);
    writes.push(...(await (again ? this._carried(panels) : this._unreadable())));
    writes.push({
      store: "meta",
      key: "kem",
      value: await vault.seal("meta", "kem", done.kem),
    });
    const state = stateOf(done, (ledger.state?.gen ?? 0) + 1);
    state.saved = ledger.state?.saved ?? 0;
    writes.push({ store: "meta", key: "state", value: state });
    const app = { ...ledger.app, wiped_why: "" };
    if (!again) app.position_on = false; // others say anew whether they want it
    writes.push({ store: "meta", key: "app", value: app }, { store: "meta", key: "wiped" });
    // Who worked with it before comes back by a code of their own.
    for (const old of await ledger.disk.keys("staff")) {
      if (old !== done.staff) writes.push({ store: "staff", key: old });
    }
    try {
      await ledger.disk.write([...writes, ...ballast()]);
    } catch (error) {
      vault.lock();
      throw error;
    }
    this.giveUp();
    await ledger.load();
    if (again) await vault.unlock(done.staff, passphrase);
  }

  /**
   * What has no receipt goes into the chain of the new device (PROTOCOL 9, last lines). Copies come
   * anew: it may be for other panels, or for less of them. @param {Hex[]} panels
   * @returns {Promise<Write[]>}
   */
  async _carried(panels) {
    const own = this.ledger
      .rows("own")
      .filter(([, row]) => row.state === "open" || row.state === "sent")
      .map(([key, row]) => ({
        store: "own",
        key,
        value: { ...row, state: "open", was: [], epoch: 0, seq: 0 },
      }));
    /** @type {Write[]} */
    const writes = own.map((each) => ({ ...each, store: /** @type {const} */ ("own") }));
    for (const store of /** @type {const} */ (["person", "index", "gone", "hall"])) {
      for (const key of await this.ledger.disk.keys(store)) writes.push({ store, key });
    }
    // Who is in none of its panels has left: what waits for them is for sending only.
    const carried = new Set(panels);
    for (const { id, panels: of } of this.ledger.entries.all) {
      if (of.some((each) => carried.has(each))) continue;
      writes.push({ store: "gone", key: id, value: { at: 0, panel: of[0] ?? "" } });
    }
    return writes;
  }

  /** What only the key before this one could open. @returns {Promise<Write[]>} */
  async _unreadable() {
    /** @type {Write[]} */
    const writes = [];
    for (const store of /** @type {const} */ ([
      "fate",
      "own",
      "person",
      "index",
      "looked",
      "draft",
      "hall",
    ])) {
      for (const key of await this.ledger.disk.keys(store)) writes.push({ store, key });
    }
    return writes;
  }

  // ---- further staff ------------------------------------------------------------------------

  /** @param {string} code @param {import("./keys.js").Unlocked} keys */
  async beginStaff(code, keys) {
    const { random } = this.world;
    this._came = null;
    this._further = await FurtherStaff.begin(code, {
      device: this.ledger.facts.device,
      kem: keys.kem,
      by: keys.signer,
      trust: keys.trust,
      version: keys.server.version,
      random,
    });
    return { digits: await this._further.digits(this._post) };
  }

  /** @returns {Promise<"waiting" | "confirmed" | "expired">} */
  async askedStaff() {
    if (this._came) return "confirmed";
    if (!this._further) throw { code: "not_enrolling" };
    return said(this._further.ask(this._post), (found) => {
      this._came = found;
    });
  }

  /**
   * `name`: as they call themselves; the server's word for them goes before it.
   * @param {string} name @param {string} passphrase
   */
  async finishStaff(name, passphrase) {
    const came = this._came;
    if (!came) throw { code: "not_enrolling" };
    const key = { suite: this.ledger.facts.suite, private: came.signing };
    const writes = await this.vault.admit(came.staff, came.name || name, passphrase, key);
    await this.ledger.disk.write(writes);
    this._further = null;
    this._came = null;
  }
}

/**
 * @template T
 * @param {Promise<T | null>} asked
 * @param {(found: T) => void} take
 * @returns {Promise<"waiting" | "confirmed" | "expired">}
 */
async function said(asked, take) {
  try {
    const found = await asked;
    if (!found) return "waiting";
    take(found);
    return "confirmed";
  } catch (error) {
    if (/** @type {{ code?: string }} */ (error)?.code === "code_expired") return "expired";
    throw error;
  }
}

/** @param {Enrolled} done @param {number} gen @returns {State} */
function stateOf(done, gen) {
  const blank = { epoch: 0, csn: 0, snap: null };
  return {
    gen,
    device: done.device,
    suite: done.suite,
    district: done.district,
    trust: hex(done.trust),
    bundle: text(done.bundle.bundle),
    panels: done.panels,
    restricted: done.restricted,
    schema: SCHEMA,
    chain_epoch: done.epoch,
    seq: 0,
    prev: ZEROS,
    most: TARGET_CHANGES,
    high: 0,
    counter: 0,
    saved: 0,
    server_now: done.now,
    offset: null,
    sigma: 0,
    outcomes_seen: 0,
    backed_epoch: 0,
    backed_seq: 0,
    backed_at: 0,
    lease: done.lease,
    feed_epoch: 0,
    trust_epoch: 0,
    checkpoint: 0,
    checkpoint_root: "",
    checkpoint_before: null,
    misses: 0,
    head_epoch: 1,
    head_seq: 0,
    head_digest: ZEROS,
    behind: false,
    probe: false,
    cursors: Object.fromEntries(done.panels.map(({ id }) => [id, blank])),
    ask: {},
    takes_pictures: false,
    suspended: false,
    audit_alarm: false,
    digest_alarm: false,
    clock_off: 0,
    last: 0,
    names: "",
    facility_name: "",
    records: 0,
    refused_since: 0,
  };
}
