// The end of everything readable: by command of the district, or after ten wrong tries. What was
// sealed for the server stays and is sent.

import { base64, unhex } from "../wire/bytes.js";

/** @typedef {import("../types.js").Write} Write */
/**
 * @typedef {{ ledger: import("./ledger.js").Ledger, outbox: import("./outbox.js").Outbox,
 *   reporter: import("./reports.js").Reporter, own: import("./own.js").OwnChanges,
 *   vault: import("./vault.js").Vault, world: import("../types.js").World }} Parts
 */

/** As many fit into one envelope with room to spare, and the server reads no more of one. */
const PURGED = 1000;

/** Where the last words of an enrolment lie. @param {number} gen */
export const farewellOf = (gen) => `f.${String(gen).padStart(9, "0")}`;

export class Wiping {
  /** @param {Parts} parts */
  constructor(parts) {
    this.parts = parts;
    /** @type {"tries" | "server"} */
    this._why = "tries";
  }

  /** What a wipe takes beside what the vault knows of, in the same write. @returns {Promise<Write[]>} */
  async alsoGone() {
    const { ledger } = this.parts;
    /** @type {Write[]} */
    const writes = ["kem", "directory"].map((key) => ({ store: "meta", key }));
    writes.push({ store: "meta", key: "app", value: { ...ledger.app, wiped_why: this._why } });
    for (const [id, row] of ledger.rows("photo")) {
      if (row.state !== "loose") {
        writes.push({ store: "photo", key: id, value: { ...row, sealed: new Uint8Array(0) } });
        continue;
      }
      writes.push({ store: "photo", key: id });
      for (const key of await ledger.disk.keys("photo_part", `${id}.`, `${id}/`)) {
        writes.push({ store: "photo_part", key });
      }
    }
    return writes;
  }

  /** The district asks for it: what waits is closed, one last word lies ready, then all of it goes. */
  async byCommand() {
    const { ledger, outbox, vault } = this.parts;
    const step = ledger.step();
    await outbox.close(step);
    await this._farewell(step);
    await step.commit(true);
    this._why = "server";
    try {
      await vault.wipe("server");
    } finally {
      this._why = "tries";
    }
  }

  /** One empty exchange with who was read here and that every copy is gone. @param {import("./ledger.js").Step} step */
  async _farewell(step) {
    const { outbox, reporter, own, world } = this.parts;
    const { said } = await reporter.all(step);
    const at = world.clock();
    const gone = new Set([
      ...step.everybody().map((each) => each.id),
      ...step.rows("gone").map(([who]) => who),
    ]);
    /** @type {Map<string, Set<number>>} */
    const waiting = new Map();
    const rows = step.rows("own").filter(([, row]) => row.state === "sent");
    for (const [n, plain] of (await own.plain(rows)).entries()) {
      const seqs = waiting.get(plain.resident) ?? new Set();
      waiting.set(plain.resident, seqs.add(rows[n][1].seq));
    }
    const purged = [...gone].map((who) => ({
      resident: base64(unhex(who)),
      at,
      waiting: [...(waiting.get(who) ?? [])].sort((a, b) => a - b),
    }));
    // It is sent after the last ready batch: when it arrives, nothing waits here any more.
    const name = farewellOf(step.facts.gen);
    for (let part = 0; part === 0 || part * PURGED < purged.length; part += 1) {
      const these = purged.slice(part * PURGED, (part + 1) * PURGED);
      const told = { ...(part ? {} : said), purged: these, pending: 0, oldest: null };
      const made = await outbox.empty(step, told);
      step.put("batch", `${name}.${String(part).padStart(3, "0")}`, made.bytes);
    }
  }
}
