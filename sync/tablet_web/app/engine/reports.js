// What every envelope says of the tablet: where it stands, what it let go, who was read offline.
// Reports count as told only when the answer to that very envelope shows it (PROTOCOL 5).

import { base64, text, unhex } from "../wire/bytes.js";
import { bucketsOf, rootOf } from "./sums.js";

/** @typedef {import("../types.js").Hex} Hex */
/** @typedef {import("./ledger.js").Ledger} Ledger */
/** @typedef {import("./ledger.js").Step} Step */
/** What one envelope has told: to be forgotten once the server has it.
 * @typedef {{ purged: Hex[], looked: string[], checkpoint: number | null, cursors: boolean }} Told */

export const APP = "gongwei-tablet/1";
/** 2: what is owed to residents; 3: records with pictures; 4: names, and reasons of what is owed; 5: checkup days;
 * 6: registers in short. */
export const SCHEMA = 6;
const READS = 500;
const PURGED = 2000;

export class Reporter {
  /**
   * @param {Ledger} ledger
   * @param {{ clock(): number }} world
   */
  constructor(ledger, world) {
    this.ledger = ledger;
    this.world = world;
    /** @type {import("./keys.js").Unlocked | null} */
    this.keys = null;
  }

  /** What also a stored batch says. @param {Step} step @returns {Record<string, unknown>} */
  basics(step) {
    const { keys } = this;
    if (!keys) throw { code: "locked" };
    const state = step.facts;
    const waiting = step
      .rows("own")
      .filter(([, own]) => own.state === "open" || own.state === "sent");
    return {
      v: 1,
      app: APP,
      schema: SCHEMA,
      staff: base64(unhex(keys.me)),
      created: this.world.clock(),
      outcomes_seen: state.outcomes_seen,
      pending: waiting.length,
      oldest: waiting.length ? Math.min(...waiting.map(([, own]) => own.at)) : null,
      trust: keys.server.version,
      checkpoint: state.checkpoint,
      ...(state.names ? { names: base64(unhex(state.names)) } : {}),
    };
  }

  /**
   * Cursors and reports, for an envelope that leaves at once.
   * @param {Step} step
   * @returns {Promise<{ said: Record<string, unknown>, told: Told }>}
   */
  async all(step) {
    const state = step.facts;
    const { sealer } = this.ledger;
    if (!sealer) throw { code: "locked" };
    const gone = step
      .rows("gone")
      .filter(([, row]) => row.at !== 0)
      .slice(0, PURGED);
    // The server takes a reading for that of who signs the envelope.
    const mine = step.rows("looked").filter(([, row]) => row.staff === this.keys?.me);
    // Before its first copy came this device was given nobody's archive, and the server logs nothing.
    const given = Object.values(state.cursors).some((each) => each.epoch > 0);
    const looked = given ? mine.slice(0, READS) : [];
    const reads = [];
    for (const [key, row] of looked) {
      const plain = JSON.parse(text(await sealer.unseal("looked", key, row.sealed)));
      const { resident, purpose } = plain;
      reads.push({ resident: base64(unhex(resident)), at: row.at, purpose });
    }
    const digests = await this._claims(step);
    const said = {
      cursors: Object.entries(state.cursors).map(([panel, { epoch, csn, snap }]) => ({
        panel: base64(unhex(panel)),
        epoch,
        csn,
        ...(snap ? { snap } : {}),
      })),
      ...hallCursors(state),
      ...(gone.length ? { purged: gone.map(([who, { at }]) => this._purged(step, who, at)) } : {}),
      ...(reads.length ? { reads } : {}),
      ...(digests.length ? { digests } : {}),
    };
    const told = {
      purged: gone.map(([who]) => who),
      looked: looked.map(([key]) => key),
      checkpoint: state.checkpoint,
      cursors: true,
    };
    return { said, told };
  }

  /** @param {Step} step @param {Hex} who @param {number} at */
  _purged(step, who, at) {
    return { resident: base64(unhex(who)), at, waiting: [] };
  }

  /** For panels whose sum differed last time: our sum and our buckets. @param {Step} step */
  async _claims(step) {
    const state = step.facts;
    const found = [];
    for (const [panel, cursor] of Object.entries(state.cursors)) {
      if (!state.ask[panel] || cursor.snap) continue;
      const members = step.everybody().filter((each) => each.panels.includes(panel));
      found.push({
        panel: base64(unhex(panel)),
        csn: cursor.csn,
        root: base64(unhex(rootOf(members))),
        buckets: (await bucketsOf(members)).map((each) => base64(unhex(each))),
      });
    }
    return found;
  }

  /** The server has taken these. @param {Step} step @param {Told} told */
  wasTold(step, told) {
    for (const who of told.purged) {
      const row = step.get("gone", who);
      if (row && row.at !== 0) step.put("gone", who);
    }
    for (const key of told.looked) step.put("looked", key);
  }
}

/** How far each checkup day is here. Of a new chain the day is told anew, with a series of its own. @param {import("./rows.js").State} state */
function hallCursors({ halls = {}, hall_counts, chain_epoch }) {
  const all = Object.entries(halls).map(([day, { epoch, csn, version }]) => ({
    day: base64(unhex(day)),
    epoch,
    csn,
    version: hall_counts?.[day]?.chain === chain_epoch ? version : 0,
  }));
  return all.length ? { halls: all } : {};
}
