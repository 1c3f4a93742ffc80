// What the engine does without being asked: exchange when a network shows, after a save, after a
// failure in its own time, and now and then; lock when nobody touches it.

/** @typedef {import("./engine.js").Engine} Engine */

const LOOK_MS = 10_000;
/** With nothing to send, for what others have written. */
const EVERY_MS = 300_000;
const SHOWS_MS = 2_000;

export class Auto {
  /** @param {Engine} engine @param {import("../types.js").World} world */
  constructor(engine, world) {
    this.engine = engine;
    this.world = world;
    /** On the monotonic clock. */
    this._due = world.mono() + SHOWS_MS;
    engine._wake = (ms) => this._within(ms);
  }

  begin() {
    setInterval(() => {
      this.engine.idle().catch(() => {});
      this._look();
    }, LOOK_MS);
    setTimeout(() => this._look(), SHOWS_MS);
  }

  /** A network shows: soon, but not everybody in the same moment. */
  shows() {
    const [random] = this.world.random(1);
    this._within(200 + (random / 255) * SHOWS_MS);
  }

  /** @param {number} ms */
  _within(ms) {
    this._due = Math.min(this._due, this.world.mono() + ms);
    setTimeout(() => this._look(), ms + 50);
  }

  async _look() {
    const { engine, world } = this;
    if (world.mono() < this._due || !world.online()) return;
    if (engine._courier.rests()) return;
    this._due = world.mono() + EVERY_MS;
    const { stage, sync } = await engine.status();
    const useful = stage === "open" || ((stage === "locked" || stage === "wiped") && waits(sync));
    if (!useful) return;
    await engine.sync().catch(() => {});
    const again = engine._courier.nextTry;
    if (again !== null) this._within(Math.max(0, again - world.clock()));
  }
}

/** @param {import("../types.js").SyncState} sync */
const waits = (sync) => sync.ready_batches > 0 || sync.photos_waiting > 0;
