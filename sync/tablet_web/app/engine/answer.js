// What a tablet believes of an answer: that it is the server's, meant for this question, and newer
// than all before (PROTOCOL 2.1). And how it reads one: ids become hex, rows keep their bytes.

import { openBody, parseDown, verify } from "../crypto/envelope.js";
import { bundleOf, signingKeys } from "../crypto/trust.js";
import { concat, hex, unbase64, utf8 } from "../wire/bytes.js";
import { Malformed, readExact } from "../wire/slices.js";

/** @typedef {import("../types.js").Hex} Hex */
/** @typedef {import("../wire/bytes.js").Bytes} Bytes */
/** @typedef {import("./keys.js").Unlocked} Unlocked */
/** @typedef {import("./rows.js").State} State */
/** @typedef {import("./rows.js").CursorAt} CursorAt */
/**
 * @typedef {{ put: "leave", id: Hex }
 *   | { put: "resident", id: Hex, rev: number, cls: string, raw: Bytes }
 *   | { put: "plan", id: Hex, rev: number, cls: string, raw: Bytes }
 *   | { put: "event", id: Hex, resident: Hex, of: Hex | null, on: string, rev: number, cls: string, raw: Bytes }} Row
 * @typedef {{ panel: Hex, epoch: number, start: number, end: number, rows: Row[],
 *   roster: Hex[] | null, snap_rows: Row[], snap: CursorAt["snap"], more: boolean,
 *   root: Hex | null, again: Row[], mended: number[] }} Page
 * @typedef {{ bytes: Bytes, signature: Bytes }} Signed
 * @typedef {{ size: number, root: Bytes, at: number, signature: Bytes, proof: Bytes[] }} Told
 * @typedef {{ now: number, head: { epoch: number, seq: number, digest: Hex } | null,
 *   receipt: Signed | null, pages: Page[], more: boolean,
 *   outcomes: { n: number, change: Hex, state: string, reason: string, at: number }[],
 *   commands: { do: string, ms: number }[],
 *   backed_up: { epoch: number, seq: number, at: number } | null, lease: number,
 *   trust: Signed | null, checkpoint: Told | null, refused: string, say: string,
 *   names: import("./directory.js").Told | null, halls: import("./hall_days.js").Page[] }} Answer
 * @typedef {{ device: Hex, epoch: number, seq: number, batch: Hex, at: number, n: number,
 *   states: [number, string, string?, Record<string, string>?][], whole: string, beside: boolean }} Receipt
 */

const ANSWER_BYTES = 16 * 1024 * 1024;
const RECEIPT = utf8("gongwei/receipt\0");

/**
 * The answer to a request, and its feed epoch. Anything else is refused as not_the_server and
 * changes nothing.
 * @param {Unlocked} keys @param {State} state @param {Hex} request digest @param {Uint8Array} bytes
 */
export async function opened(keys, state, request, bytes) {
  try {
    const sealed = await parseDown(bytes, ANSWER_BYTES);
    const { header } = sealed;
    if (header.request !== request || header.device !== state.device) throw new Malformed("other");
    const known = keys.signing.find((each) => each.kid === header.signer);
    if (known) await verify(sealed, known);
    const restored = header.feedEpoch > state.trust_epoch;
    const older = header.trust < keys.server.version && !restored;
    if (header.feedEpoch < state.feed_epoch || older) throw new Malformed("older");
    const answer = readAnswer(await openBody(sealed, keys.kem, ANSWER_BYTES));
    const server = answer.trust ? await bundle(keys, state, answer.trust, restored) : null;
    if (!known) {
      // A key that only the bundle inside names: nothing but that bundle has been looked at.
      const signers = server ? await signingKeys(server, state.suite) : [];
      const signer = signers.find((each) => each.kid === header.signer);
      if (!signer) throw new Malformed("signer");
      await verify(sealed, signer);
    }
    return { answer, feedEpoch: header.feedEpoch, server };
  } catch (error) {
    if (isBug(error)) throw error;
    throw { code: "not_the_server" };
  }
}

/** @param {Unlocked} keys @param {State} state @param {Signed} signed @param {boolean} restored */
async function bundle(keys, state, signed, restored) {
  const server = await bundleOf(signed.bytes, signed.signature, keys.trust);
  if (server.version < keys.server.version && !restored) throw new Malformed("older bundle");
  return server;
}

/** @param {unknown} error */
const isBug = (error) => error instanceof ReferenceError || error instanceof RangeError;

/** Whether a key that may sign receipts signed this one. @param {Unlocked} keys @param {Signed} signed */
export async function receiptHolds(keys, { bytes, signature }) {
  for (const key of keys.signing) {
    if (await key.verify(concat(RECEIPT, bytes), signature)) return true;
  }
  return false;
}

const id = (/** @type {string} */ said) => hex(unbase64(said));

/** @param {Uint8Array} bytes @returns {Answer} */
export function readAnswer(bytes) {
  const { value, exact } = readExact(bytes);
  if (value.v !== 1 || !Number.isSafeInteger(value.now)) throw new Malformed("answer");
  const { head, receipt, backed_up, trust, checkpoint } = value;
  return {
    now: value.now,
    head: head ? { epoch: head.epoch, seq: head.seq, digest: id(head.digest) } : null,
    receipt: receipt ? signed(exact(receipt.receipt), receipt) : null,
    outcomes: (value.outcomes ?? []).map((/** @type {any} */ each) => ({
      n: each.n,
      change: id(each.change),
      state: each.state,
      reason: each.reason ?? "",
      at: each.at ?? 0,
    })),
    pages: (value.pages ?? []).map((/** @type {any} */ each) => pageOf(each, exact)),
    more: value.more ?? false,
    commands: (value.commands ?? []).map((/** @type {any} */ c) => ({ do: c.do, ms: c.ms ?? 0 })),
    backed_up: backed_up ?? null,
    lease: value.lease ?? 0,
    trust: trust ? signed(exact(trust.bundle), trust) : null,
    checkpoint: checkpoint ? told(checkpoint) : null,
    refused: value.refused ?? "",
    say: value.say ?? "",
    names: value.names ? directoryOf(value.names) : null,
    halls: (value.halls ?? []).map((/** @type {any} */ told) => ({ told, exact })),
  };
}

/** @param {any} value @returns {import("./directory.js").Told} */
function directoryOf({ version, facilities, staff, regions, teams, grounds }) {
  return {
    version: id(version),
    facilities: (facilities ?? []).map((/** @type {any} */ each) => [id(each[0]), each[1]]),
    staff: (staff ?? []).map((/** @type {any} */ each) => [id(each[0]), each[1], each[2]]),
    regions: regions ?? [],
    teams: (teams ?? []).map((/** @type {any} */ each) => [id(each[0]), each[1], each[2]]),
    grounds: grounds ?? [],
  };
}

/** @param {Bytes} bytes @param {{ signature: string }} part @returns {Signed} */
const signed = (bytes, part) => ({ bytes, signature: unbase64(part.signature) });

/** @param {any} value @returns {Told} */
function told({ size, root, at, signature, proof }) {
  const path = (proof ?? []).map(unbase64);
  return { size, root: unbase64(root), at, signature: unbase64(signature), proof: path };
}

/** @param {any} value @param {(part: object) => Bytes} exact @returns {Page} */
function pageOf(value, exact) {
  const rows = (/** @type {any[] | undefined} */ list) =>
    (list ?? []).map((each) => rowOf(each, exact));
  return {
    panel: id(value.panel),
    epoch: value.epoch,
    start: value.start,
    end: value.end,
    rows: rows(value.rows),
    roster: typeof value.roster === "string" ? rosterOf(unbase64(value.roster)) : null,
    snap_rows: rows(value.snap_rows),
    snap: value.snap ?? null,
    more: value.more ?? false,
    root: typeof value.root === "string" ? id(value.root) : null,
    again: rows(value.again),
    mended: value.mended ?? [],
  };
}

/** @param {Bytes} ids */
function rosterOf(ids) {
  const found = [];
  for (let at = 0; at < ids.length; at += 16) found.push(hex(ids.subarray(at, at + 16)));
  return found;
}

/** @param {any} value @param {(part: object) => Bytes} exact @returns {Row} */
function rowOf(value, exact) {
  if (value.put === "leave") return { put: "leave", id: id(value.id) };
  const raw = exact(value);
  const { rev, cls } = value;
  if (value.put === "event") {
    const { change } = value;
    const of = value.of ? id(value.of) : null;
    const named = { id: id(change.id), resident: id(change.resident), of, on: change.on };
    return { put: "event", ...named, rev, cls, raw };
  }
  if (value.put === "resident") return { put: "resident", id: id(value.id), rev, cls, raw };
  if (value.put === "plan") return { put: "plan", id: id(value.id), rev, cls, raw };
  throw new Malformed("row");
}

/** @param {Uint8Array} bytes @returns {Receipt} */
export function readReceipt(bytes) {
  const { value } = readExact(bytes);
  return {
    device: id(value.device),
    epoch: value.epoch,
    seq: value.seq,
    batch: id(value.batch),
    at: value.at,
    n: value.n,
    states: value.states ?? [],
    whole: value.whole ?? "",
    beside: value.beside ?? false,
  };
}
