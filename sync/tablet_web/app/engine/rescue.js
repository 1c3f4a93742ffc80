// The rescue file (PROTOCOL 4.6): ready batches out of the tablet by hand, and back into one.

import { sha256 } from "../crypto/hash.js";
import { parseUp } from "../crypto/envelope.js";
import { concat, hex, u32be, utf8 } from "../wire/bytes.js";
import { ENVELOPE_BYTES, placeOf, readyOf } from "./outbox.js";

/** @typedef {import("../types.js").Hex} Hex */
/** @typedef {import("./ledger.js").Ledger} Ledger */
/** @typedef {import("./outbox.js").Outbox} Outbox */

const MAGIC = "GWR1";
/** Of a file that is read in; as much as the server takes at once. */
const FILE_BYTES = 32 * 1024 * 1024;

/**
 * All ready batches as one file, given out from now on. Works locked.
 * @param {Ledger} ledger
 * @param {Outbox} outbox
 * @param {number} now
 */
export async function rescueFile(ledger, outbox, now) {
  const step = ledger.step();
  /** @type {Uint8Array[]} */
  const parts = [utf8(MAGIC)];
  const ready = step.rows("batch").filter(([, row]) => row.state === "ready");
  const found = step.state ? readyOf(step) : ready;
  const stale = step.rows("batch").filter(([, row]) => row.state === "stale");
  const all = [...found, ...stale.filter(([key]) => !found.some(([each]) => each === key))];
  let changes = 0;
  for (const [key, row] of all) {
    const bytes = await ledger.disk.get("batch", `b${key.slice(1)}`);
    const body = /** @type {Uint8Array} */ (bytes);
    outbox.giveOut(step, key);
    parts.push(u32be(body.length), body);
    changes += row.ids.length;
  }
  await step.commit();
  const at = new Date(now + 8 * 3_600_000).toISOString();
  const stamp = at.slice(0, 16).replace(/[-:]/g, "").replace("T", "-");
  const device = ledger.state?.device.slice(-8) ?? "tablet";
  return {
    name: `gongwei-${device}-${stamp}.gwr1`,
    bytes: concat(...parts),
    batches: all.length,
    changes,
  };
}

/**
 * Batches of a rescue file come into the outbox as they are, to be sent from here. Twice is once.
 * @param {Ledger} ledger
 * @param {Uint8Array} file
 * @param {number} now
 */
export async function readRescue(ledger, file, now) {
  if (file.length > FILE_BYTES) throw { code: "not_a_rescue_file" };
  const step = ledger.step();
  let batches = 0;
  for (const bytes of envelopes(file)) {
    const { header } = await parseUp(bytes, ENVELOPE_BYTES).catch(() => {
      throw { code: "not_a_rescue_file" };
    });
    const digest = hex(await sha256(bytes));
    const here = step.rows("batch").some(([, row]) => row.digest === digest);
    if (here || header.seq === undefined) continue;
    const name = placeOf(0, header.epoch, header.seq, digest);
    step.put("batch", `m.${name}`, {
      gen: 0,
      epoch: header.epoch,
      seq: header.seq,
      digest,
      state: "ready",
      out: true,
      staff: "",
      ids: [],
      prev: header.prev ?? "",
      at: now,
      oldest: now,
      beside: false,
      taken: 0,
      size: bytes.length,
      posted: 0,
      brought: true,
    });
    step.put("batch", `b.${name}`, bytes);
    batches += 1;
  }
  await step.commit();
  return { batches };
}

/** What stands whole in a file; one that was cut off is taken up to there. @param {Uint8Array} file */
function* envelopes(file) {
  const magic = new TextDecoder("latin1").decode(file.subarray(0, 4));
  if (magic !== MAGIC) {
    yield file;
    return;
  }
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  let at = 4;
  while (at + 4 <= file.length) {
    const size = view.getUint32(at);
    if (size === 0 || size > ENVELOPE_BYTES || at + 4 + size > file.length) return;
    yield file.slice(at + 4, at + 4 + size);
    at += 4 + size;
  }
}
