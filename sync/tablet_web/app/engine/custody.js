// What the server says of this tablet's batches: where its chain stands, what it holds, what is
// safe. A batch goes from ready to held with its signed receipt, back to ready when a restored
// server no longer has it, and away when a verified backup does (PROTOCOL 4 and 6).

import { DAY_MS } from "./civil.js";
import { TARGET_CHANGES } from "./outbox.js";

/** @typedef {import("../types.js").Hex} Hex */
/** @typedef {import("./answer.js").Answer} Answer */
/** @typedef {import("./answer.js").Receipt} Receipt */
/** @typedef {import("./ledger.js").Step} Step */
/** @typedef {[change: Hex, state: string, reason: string]} Fate */

const KEEP_SEALED_MS = 90 * DAY_MS;
const ASIDE = ["proposal", "held", "quarantined"];
/** The server could not read it: this tablet has the only copy that anybody can. */
export const UNREAD = ["malformed", "too_large", "unread"];

/**
 * Where the server's chain of this tablet stands. `restored`: its feed epoch has risen; then
 * nothing vouches for what it took beside the chain: the newest backup may have been begun after
 * that, and after the restore that lost it.
 * @param {Step} step
 * @param {NonNullable<Answer["head"]>} head
 * @param {{ mine: boolean, restored: boolean }} told
 */
export function takeHead(step, head, { mine, restored }) {
  const state = step.facts;
  state.head_epoch = head.epoch;
  state.head_seq = head.seq;
  state.head_digest = head.digest;
  // Somebody else went on from where this copy began: stop, start again behind that head.
  if (!mine && head.epoch >= state.chain_epoch) state.behind = true;
  if (!restored) return;
  // It came back from a backup and may hold less than it gave receipts for: send those again.
  // What stands there may be another copy's: then none of ours is vouched for.
  const [epoch, seq] = mine ? [head.epoch, head.seq] : [0, 0];
  for (const [key, row] of step.rows("batch")) {
    if (row.state !== "held" || row.gen !== state.gen) continue;
    const after = row.epoch > epoch || (row.epoch === epoch && row.seq > seq);
    if (after || row.beside) step.put("batch", key, { ...row, state: "ready" });
  }
  for (const [id, row] of step.rows("photo")) {
    if (row.state === "held") step.put("photo", id, { ...row, state: "waiting" });
  }
}

/**
 * Custody of one batch: kept, with what became of each of its changes.
 * @param {Step} step
 * @param {Uint8Array} raw exact bytes, verified
 * @param {Receipt} receipt
 * @param {Uint8Array | undefined} known the receipt that was here before
 * @returns {Fate[]}
 */
export function takeReceipt(step, raw, receipt, known) {
  const state = step.facts;
  const found = step
    .rows("batch")
    .find(([, row]) => row.gen === state.gen && row.digest === receipt.batch);
  if (!found || receipt.device !== state.device) return [];
  const [key, row] = found;
  step.put("batch", key, { ...row, state: "held", beside: receipt.beside, taken: receipt.at });
  if (known && same(known, raw)) return []; // a repeat: outcomes may have said more since
  const { epoch, seq, at } = receipt;
  step.put("receipt", receipt.batch, { gen: state.gen, epoch, seq, at, body: raw });
  if (receipt.whole && row.ids.length > 1) {
    halve(step, row.ids, receipt.seq);
    return [];
  }
  state.most = Math.min(TARGET_CHANGES, state.most * 2);
  const plain = receipt.whole ? "quarantined" : "applied";
  const states = new Map(receipt.states.map((each) => [each[0], each]));
  return row.ids.map((change, index) => {
    const [, said, reason = ""] = states.get(index) ?? [
      index,
      plain,
      receipt.whole ? "unread" : "",
    ];
    // A repeat under another envelope: what became of it the first time is what counts.
    return said === "duplicate" ? [change, reason || "applied", ""] : [change, said, reason];
  });
}

/**
 * The server could not read a batch as a whole: what it holds is closed again in halves, until one
 * bad change stands alone and no longer takes others with it.
 * @param {Step} step @param {Hex[]} ids @param {number} seq
 */
export function halve(step, ids, seq) {
  step.facts.most = Math.max(1, Math.floor(ids.length / 2));
  for (const id of ids) {
    const own = step.get("own", id);
    if (own?.state !== "sent") continue;
    step.put("own", id, { ...own, state: "open", was: [...new Set([...own.was, seq])] });
  }
}

/**
 * What the server says became of a change.
 * @param {Step} step @param {Fate} fate @param {number} at of the receipt; 0: of a later outcome
 */
export function takeFate(step, [change, told, why], at) {
  const row = step.get("fate", change);
  // Whose archive a guest of a checkup day has is the facility's to find: here all is done.
  const guest = row?.hall && told === "held" && why === "guest";
  const [state, reason] = guest ? ["applied_guest", ""] : [told, why];
  if (row) step.put("fate", change, { ...row, state, reason, receipt: row.receipt || at });
  const own = step.get("own", change);
  if (!own) return;
  const aside = ASIDE.includes(state) || reason === "declined";
  const kept = aside && UNREAD.includes(reason);
  step.put("own", change, { ...own, state: kept ? "kept" : aside ? "aside" : "receipted" });
}

/**
 * Batches of the chain up to the mark are in a verified backup; those beside it are when they were
 * taken before it was begun. The rest goes after ninety days.
 * @param {Step} step @param {NonNullable<Answer["backed_up"]>} mark @param {number} now
 */
export function dropBackedUp(step, mark, now) {
  const state = step.facts;
  for (const [key, row] of step.rows("batch")) {
    if (row.state !== "held" || row.gen !== state.gen) continue;
    const passed = row.epoch < mark.epoch || (row.epoch === mark.epoch && row.seq <= mark.seq);
    const safe = row.beside ? row.taken < mark.at : passed;
    if (!safe && now - row.taken <= KEEP_SEALED_MS) continue;
    step.put("batch", key);
    step.put("batch", `b${key.slice(1)}`);
  }
  state.backed_epoch = mark.epoch;
  state.backed_seq = mark.seq;
  state.backed_at = mark.at;
}

/**
 * What is only kept to be looked at goes after ninety days: fates of changes at their end. Clock
 * readings of a run go with the last change that was made in it.
 * @param {Step} step @param {number} now @param {Hex} session of this run
 */
export function dropOld(step, now, session) {
  const used = new Set(step.rows("own").map(([, own]) => own.session));
  for (const [id] of step.rows("session")) {
    if (id !== session && !used.has(id)) step.put("session", id);
  }
  for (const [id, row] of step.rows("fate")) {
    if (!row.receipt || now - row.receipt <= KEEP_SEALED_MS) continue;
    const own = step.get("own", id);
    if (own && own.state !== "receipted" && own.state !== "aside") continue;
    step.put("fate", id);
    if (own) step.put("own", id);
  }
}

/** @param {Uint8Array} a @param {Uint8Array} b */
const same = (a, b) => a.length === b.length && a.every((byte, at) => byte === b[at]);
