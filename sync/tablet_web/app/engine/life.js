// A tablet from enrolment to lock: the parts of the engine put together, opened and shut. One queue
// orders everything that changes something.

import { leaseOver, statusOf } from "./status.js";
import { Courier } from "./courier.js";
import { Directory } from "./directory.js";
import { Enrolling } from "./enrolling.js";
import { Exchange } from "./exchange.js";
import { unlocked } from "./keys.js";
import { Ledger } from "./ledger.js";
import { Outbox } from "./outbox.js";
import { OwnChanges } from "./own.js";
import { Photos } from "./photos.js";
import { Queue } from "./queue.js";
import { Reading } from "./reading.js";
import { Words } from "./register.js";
import { Reporter, SCHEMA } from "./reports.js";
import { Vault } from "./vault.js";
import { Wiping } from "./wiping.js";
import { Writing } from "./writing.js";
import { text } from "../wire/bytes.js";

/** @typedef {import("../types.js").Hex} Hex */
/** @typedef {import("../types.js").Said} Said */
/** @typedef {import("../types.js").Status} Status */
/** @typedef {import("../types.js").World} World */

const ENTERED_MS = 300;

export class Life {
  /** What knows checkup days, once one of them was met. @type {import("./hall.js").Hall | null} */
  _halls = null;
  /** The server is asked for a new lease: nothing is shown before it has said so. */
  _renewing = false;
  _telling = false;

  /** @param {World} world @param {(said: Said) => void} said */
  constructor(world, said) {
    this._world = world;
    this._said = said;
    const ledger = new Ledger(world.disk);
    const own = new OwnChanges(ledger, world);
    const reporter = new Reporter(ledger, world);
    const outbox = new Outbox(ledger, own, reporter, world);
    const directory = new Directory();
    const photos = new Photos(ledger, world);
    const queue = new Queue();
    const words = () => this._words;
    const halls = async () => (await this._knowsDays())._days;
    const from = { ledger, outbox, reporter, own, world, words, directory, halls };
    const exchange = new Exchange(from);
    const reading = new Reading({ ledger, own, photos, directory, world, words });
    const writing = new Writing({ ledger, own, outbox, photos, reading, world });
    const vault = new Vault(world, () => wiping.alsoGone());
    const wiping = new Wiping({ ledger, outbox, reporter, own, vault, world });
    // Also on the lock screen somebody is called as the server says, whatever was typed here.
    directory.heard = (names) => {
      const later = () => {}; // a full disk: at the next unlocking
      queue.run(() => vault.rename(names)).then((some) => some && this._tell(), later);
    };
    const together = { ledger, own, reporter, outbox, directory, photos, queue };
    this._parts = { ...together, reading, writing, vault, wiping };
    this._enrolling = new Enrolling(world, ledger, vault);
    this._courier = new Courier({
      ledger,
      exchange,
      outbox,
      photos,
      queue,
      world,
      changed: (residents) => this._changed(residents),
      halls: (days) => this._said({ event: "hall", days }),
      wiped: () => this._wiped(),
      lease_over: async () => this._shut(),
      ended: (staff) => this._ended(staff),
      authors: async () => {
        const all = await vault.staff();
        return new Set(all.filter((each) => each.state !== "ended").map(({ id }) => id));
      },
      drafted: () => (outbox.keys ? JSON.stringify(writing.drafts()) : null),
      said: () => this._tell(),
    });
    /** @type {Words} */
    this._words = new Words({ kinds: [], plan: [] }, NO_LETTERS);
    this._touched = { mono: 0, wall: 0 };
    this._storage = { persisted: true, used: 0, quota: 0 };
    this._loaded = this._load();
    this._loaded.catch(() => {});
  }

  /** What knows checkup days comes with the first thing of one. */
  async _knowsDays() {
    const { Hall } = await import("./hall.js").catch(() => {
      throw { code: "app_incomplete" };
    });
    this._halls ??= new Hall(
      /** @type {import("./engine.js").Engine} */ (/** @type {unknown} */ (this)),
    );
    return this._halls;
  }

  async _load() {
    const { data } = this._world;
    await this._measure();
    await this._parts.ledger.load();
    const [catalogue, letters] = await Promise.all([data("catalogue.json"), data("initials.json")]);
    this._words = new Words(
      /** @type {import("./register.js").Catalogue} */ (catalogue),
      /** @type {import("./initials.js").Letters} */ (letters),
    );
  }

  /** Whether the browser keeps the storage, and how much of it is used. */
  async _measure() {
    const { estimate } = this._world;
    if (estimate) this._storage = await estimate().catch(() => this._storage);
  }

  /** @template T @param {() => Promise<T>} work @returns {Promise<T>} */
  async _do(work) {
    await this._loaded;
    try {
      return await this._parts.queue.run(work);
    } finally {
      this._tell();
    }
  }

  /** Said once for all that changed in one turn. */
  _tell() {
    if (this._telling) return;
    this._telling = true;
    queueMicrotask(async () => {
      this._telling = false;
      const status = await this.status().catch(() => null); // the disk is gone: every call says so
      if (status) this._said({ event: "status", status });
    });
  }

  /** @returns {Promise<Status>} */
  async status() {
    await this._loaded;
    const { ledger, photos, vault } = this._parts;
    return statusOf({
      ledger,
      courier: this._courier,
      photos,
      world: this._world,
      me: this._renewing ? null : (this._parts.outbox.keys?.me ?? null),
      staff: await vault.staff(),
      enrolling: this._enrolling.under !== null,
      storage: this._storage,
    });
  }

  /** By itself after so many ms, where something does that. @param {number} _ms */
  _wake(_ms) {}

  // ---- enrolment ----------------------------------------------------------------------------

  /** @param {string} code @param {string} label */
  enrol(code, label) {
    return this._do(async () => {
      const { ledger } = this._parts;
      // Once more, as the server asks for it: whoever is in brings along what has no receipt.
      const here = ledger.state && !ledger.app.wiped_why;
      if (here && !this._parts.outbox.keys) throw { code: "locked" };
      return this._enrolling.begin(code, label);
    });
  }

  enrolled() {
    return this._do(() => this._enrolling.asked());
  }

  /** @param {string} name @param {string} passphrase */
  finish(name, passphrase) {
    return this._do(async () => {
      await this._enrolling.finish(name, passphrase);
      await this._enter();
    });
  }

  giveUpEnrolment() {
    return this._do(async () => this._enrolling.giveUp());
  }

  /** @param {string} code */
  addStaff(code) {
    return this._do(() => this._enrolling.beginStaff(code, this._parts.outbox.unlocked));
  }

  staffAdded() {
    return this._do(() => this._enrolling.askedStaff());
  }

  /** @param {string} name @param {string} passphrase */
  finishStaff(name, passphrase) {
    return this._do(() => this._enrolling.finishStaff(name, passphrase));
  }

  // ---- in and out ---------------------------------------------------------------------------

  /** What an exchange has changed. @param {Set<Hex>} residents */
  async _changed(residents) {
    const { reading, writing } = this._parts;
    if (!residents.size) return;
    await reading.refresh(residents);
    await writing.dropLeft();
    this._said({ event: "changed", residents: [...residents] });
  }

  /** This person's key was ended: where somebody else works on, they are out. @param {Hex} staff */
  async _ended(staff) {
    const { vault } = this._parts;
    if ((await vault.end(staff)) && vault.me === staff) this._shut();
  }

  /** The district has asked for it. */
  async _wiped() {
    await this._parts.wiping.byCommand();
    this._forget();
    await this._parts.ledger.load();
  }

  /** @param {Hex} staff @param {string} passphrase */
  async unlock(staff, passphrase) {
    await this._loaded;
    this._renewing = leaseOver(this._parts.ledger, this._world.clock());
    try {
      await this._do(() => this._judged(staff, passphrase));
      if (this._renewing) await this._renew();
    } finally {
      this._renewing = false;
      this._tell();
    }
  }

  /** @param {Hex} staff @param {string} passphrase */
  async _judged(staff, passphrase) {
    const { vault, ledger } = this._parts;
    try {
      await vault.unlock(staff, passphrase);
    } catch (error) {
      if (/** @type {{ code?: string }} */ (error)?.code === "wiped") {
        this._forget();
        await ledger.load();
      }
      throw error;
    }
    await this._enter();
  }

  /** The lease has ended: open again only after the server has said so. */
  async _renew() {
    await this._courier.run().catch(() => {});
    if (!leaseOver(this._parts.ledger, this._world.clock())) return;
    await this.lock();
    throw { code: "lease_over" };
  }

  /** Everything that is open while somebody is in. */
  async _enter() {
    const { ledger, vault, own, outbox, reporter, directory, reading, writing } = this._parts;
    const sealed = await ledger.disk.get("meta", "kem");
    const me = vault.me;
    if (!sealed || !me) throw { code: "storage_broken" };
    const kem = await vault.unseal("meta", "kem", /** @type {Uint8Array} */ (sealed));
    const keys = await unlocked(ledger.facts, me, vault.signer, kem);
    await ledger.unseal(vault);
    await own.unseal();
    const told = await ledger.disk.get("meta", "directory");
    if (told) {
      const plain = await vault.unseal("meta", "directory", /** @type {Uint8Array} */ (told));
      directory.take(JSON.parse(text(plain)));
    }
    outbox.keys = reporter.keys = keys;
    this._halls?._days.clear(); // of an enrolment before this one
    await reading.prepare();
    await writing.prepare();
    this._measure().then(() => this._tell()); // slow in some browsers, and nobody waits for it
    const step = ledger.step();
    upgrade(step.facts);
    // What somebody else could not close anew in their absence is closed now.
    if (step.state) await outbox.close(step);
    await step.commit(true);
    await this._parts.photos.signAnew(keys);
    await ledger.keepRoom();
    await writing.dropLeft(); // the app may have been killed between a leave and this
    this._touched = this._moment();
    this._wake(ENTERED_MS); // the first copy, and what came while nobody was in
  }

  lock() {
    return this._do(async () => this._shut());
  }

  /** Keys and everything readable leave the memory; what was saved is closed already. */
  _shut() {
    this._parts.vault.lock();
    this._forget();
  }

  _forget() {
    const { ledger, own, outbox, reporter, directory, reading, writing } = this._parts;
    outbox.keys = reporter.keys = null;
    ledger.seal();
    own.lock();
    directory.clear();
    this._halls?._days.clear();
    reading.clear();
    writing.clear();
    this._tell();
  }

  /** @param {string} old @param {string} fresh */
  changePassphrase(old, fresh) {
    return this._do(async () => {
      try {
        await this._parts.vault.changePassphrase(old, fresh);
      } catch (error) {
        if (/** @type {{ code?: string }} */ (error)?.code === "wiped") {
          this._forget();
          await this._parts.ledger.load();
        }
        throw error;
      }
    });
  }

  _moment() {
    return { mono: this._world.mono(), wall: this._world.clock() };
  }

  /** Somebody is there. Whoever wakes a tablet that slept past its time is not. */
  async touch() {
    if (this._still()) await this.idle();
    else this._touched = this._moment();
  }

  /** Nothing was touched for so long: by either clock, since one of them may sleep with the tablet. */
  _still() {
    const { mono, wall } = this._moment();
    const still = Math.max(mono - this._touched.mono, wall - this._touched.wall);
    return still > this._parts.ledger.app.idle_minutes * 60_000;
  }

  /** Locks when nothing was touched for so long, or the lease has ended. Asked from time to time. */
  async idle() {
    await this._loaded;
    if (!this._parts.outbox.keys) return;
    if (this._still() || leaseOver(this._parts.ledger, this._world.clock())) await this.lock();
  }

  /** @param {number} minutes */
  setIdleMinutes(minutes) {
    return this._app({ idle_minutes: Math.min(60, Math.max(1, Math.round(minutes))) });
  }

  /** @param {Partial<import("./rows.js").AppState>} changed */
  _app(changed) {
    return this._do(async () => {
      const step = this._parts.ledger.step();
      Object.assign(step.app, changed);
      await step.commit();
    });
  }
}

/** The newest schema that has added something to what panels bring. */
const OF_PANELS = 4;

/** @type {import("./initials.js").Letters} */
const NO_LETTERS = { first: 0, letters: "", also: {}, surnames: {}, compound: {}, most: 1 };

/** A tablet of an earlier schema takes a new snapshot, with what it could not hold. @param {import("./rows.js").State} state */
function upgrade(state) {
  for (const panel of state.schema < OF_PANELS ? Object.keys(state.cursors) : []) {
    state.cursors[panel] = { epoch: 0, csn: 0, snap: null };
  }
  state.schema = Math.max(state.schema, SCHEMA);
}
