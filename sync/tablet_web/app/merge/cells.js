// How edits of one cell come together, and what of it is shown (PROTOCOL 7.1, 7.2). Pure.
// Exports: EMPTY, cellsIn, idOf, put, choose, claims, isPresent.
//
// Ids are hex here, so that they sort as their bytes do; `cellsIn` reads cells of the wire.

import { hex, unbase64 } from "../wire/bytes.js";

/** @typedef {import("../types.js").Hex} Hex */
/** @typedef {"staff" | "resident" | "import" | "registrar"} Author */
/** @typedef {{ change: Hex, value: any, author: Author, staff: Hex, at: number }} Placed */
/** @typedef {{ heads: Placed[], seen: Hex[], claimed: Hex[] }} Cell */
/** @typedef {{ value: any, head: Placed | null, others: Placed[], conflict: boolean }} Shown */
/**
 * @typedef {{ is: "prefer", order: string[] } | { is: "agreed",
 *   else: string } | { is: "highest" }} Safer
 */

/** @type {Cell} */
export const EMPTY = { heads: [], seen: [], claimed: [] };

/** Policies of cells that staff decide: what a resident says there is a claim. */
const CLAIMED = ["clinical", "set", "identity", "terminal", "authority"];

/** @param {string} said base64 of an id @returns {Hex} */
export const idOf = (said) => hex(unbase64(said));

/**
 * Cells as a ResidentPut carries them, whole or in short (PROTOCOL 8.1), in order of name: pages
 * show them in this order.
 * @param {any} said @returns {[string, Cell][]}
 */
export function cellsIn(said) {
  const [acts, others] = Array.isArray(said) ? said : [[], said];
  const cells = Object.entries(others).map(([name, cell]) => [name, cellOf(cell)]);
  for (const [change, author, staff, at, values] of acts) {
    const by = { change: idOf(change), author, staff: idOf(staff), at };
    for (const [name, value] of Object.entries(values)) {
      cells.push([name, { ...EMPTY, heads: [{ ...by, value }] }]);
    }
  }
  cells.sort(([one], [other]) => (one < other ? -1 : 1));
  return /** @type {[string, Cell][]} */ (cells);
}

/** @param {[[string, any, Author, string, number][]?, string[]?, string[]?]} said @returns {Cell} */
function cellOf([heads = [], seen = [], claimed = []]) {
  return {
    heads: heads.map(([change, value, author, staff, at]) => ({
      change: idOf(change),
      value,
      author,
      staff: idOf(staff),
      at,
    })),
    seen: seen.map(idOf),
    claimed: claimed.map(idOf),
  };
}

/**
 * The cell after an edit that saw these ids. Twice is once; any order of arrival gives the same.
 * `claim`: it is one, and takes away nothing but the resident's own.
 * @param {Cell} cell @param {Placed} head @param {Hex[]} saw @param {boolean} [claim]
 * @returns {Cell}
 */
export function put(cell, head, saw, claim = false) {
  if (cell.heads.some((each) => each.change === head.change)) return cell;
  const replaced = new Set(saw);
  replaced.delete(head.change);
  const heads = cell.heads.filter(
    (each) => !replaced.has(each.change) || (claim && each.author !== "resident"),
  );
  const own = head.author === "resident";
  const gone = cell.seen.includes(head.change) || (own && cell.claimed.includes(head.change));
  if (!gone) heads.push(head);
  heads.sort((a, b) => (a.change < b.change ? -1 : 1));
  const memory = [...new Set([...(claim ? cell.claimed : cell.seen), ...replaced])].sort();
  return claim ? { ...cell, heads, claimed: memory } : { ...cell, heads, seen: memory };
}

/**
 * Pure choice among the heads. Ties are broken by change id, never by clock.
 * @param {Cell} cell @param {string} policy @param {Safer | null} [safer] @returns {Shown}
 */
export function choose({ heads }, policy, safer = null) {
  const claimed = CLAIMED.includes(policy) && heads.some((each) => each.author === "resident");
  return claimed ? withClaims(heads, policy, safer) : chosen(heads, policy, safer);
}

/**
 * What the resident says of a cell that staff decide and nobody has answered.
 * @param {Cell} cell @param {string} policy @returns {Placed[]}
 */
export function claims({ heads }, policy) {
  if (!CLAIMED.includes(policy)) return [];
  const { said, own } = sides(heads);
  const absent = policy === "set" && !said.some((each) => isPresent(each.value));
  const distinct = new Set(said.map((each) => canonical(each.value)));
  return own.filter((each) => {
    if (absent && !isPresent(each.value)) return false;
    return distinct.size !== 1 || !distinct.has(canonical(each.value));
  });
}

/** Whether a set element's value says that it is there. @param {unknown} value */
export const isPresent = (value) => value !== null && value !== undefined && value !== false;

/** Died, moved out: whether it has come to that. @param {unknown} value */
const isSettled = (value) => isPresent(value) && value !== 0 && value !== "0";

/**
 * What others say, and what the resident does; a claim of null says nothing.
 * @param {Placed[]} heads
 */
const sides = (heads) => ({
  said: heads.filter((each) => each.author !== "resident"),
  own: heads.filter((each) => each.author === "resident" && each.value !== null),
});

/** Equal exactly when two values are the same JSON value. @param {any} value @returns {string} */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (!value || typeof value !== "object") return JSON.stringify(value ?? null);
  const members = Object.keys(value).sort();
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join()}}`;
}

/** @param {Placed[]} heads */
const agree = (heads) => new Set(heads.map((each) => canonical(each.value))).size === 1;

/** @param {Placed[]} heads @param {Placed} head @param {boolean} conflict @returns {Shown} */
const shown = (heads, head, conflict) => ({
  value: head.value,
  head,
  others: heads.filter((each) => each !== head),
  conflict,
});

/** @param {Placed[]} heads @param {string} policy @param {Safer | null} safer @returns {Shown} */
function chosen(heads, policy, safer) {
  const last = heads.at(-1);
  if (!last) return { value: null, head: null, others: [], conflict: false };
  if (agree(heads)) return { value: last.value, head: last, others: [], conflict: false };
  /** @param {(each: Placed) => boolean} fits */
  const highest = (fits) => heads.filter(fits).at(-1);
  if (policy === "set") {
    const present = highest((each) => isPresent(each.value));
    return shown(heads, present ?? last, present !== undefined);
  }
  if (policy === "resident") {
    const own = highest((each) => each.author === "resident");
    return shown(heads, own ?? last, own === undefined);
  }
  if (policy === "note") return shown(heads, last, false);
  if (policy === "terminal") {
    return shown(heads, highest((each) => isSettled(each.value)) ?? last, true);
  }
  return saferOf(heads, safer);
}

/** @param {Placed[]} heads @param {Safer | null} safer @returns {Shown} */
function saferOf(heads, safer) {
  if (!safer) return shown(heads, /** @type {Placed} */ (heads.at(-1)), true);
  const value = safest(
    heads.map((each) => each.value),
    safer,
  );
  const best = canonical(value);
  const head = heads.filter((each) => canonical(each.value) === best).at(-1);
  if (head) return shown(heads, head, true);
  // Safer than both: of two blood groups neither is relied on.
  return { value, head: null, others: heads, conflict: true };
}

/** @param {Placed[]} heads @param {string} policy @param {Safer | null} safer @returns {Shown} */
function withClaims(heads, policy, safer) {
  const { said, own } = sides(heads);
  if (!own.length) return chosen(said, policy, safer);
  if (policy === "set") return claimedElement(said, own);
  const last = said.at(-1);
  if (!last) return { value: null, head: null, others: own, conflict: true };
  const both = heads.filter((each) => said.includes(each) || own.includes(each));
  if (agree(both)) return { value: last.value, head: last, others: [], conflict: false };
  if (policy === "clinical" && safer) return saferOfClaims(said, own, safer);
  return shown(both, chosen(said, policy, safer).head ?? last, true);
}

/**
 * Add wins, whoever added; of equals what staff wrote stands for both.
 * @param {Placed[]} said
 * @param {Placed[]} own
 * @returns {Shown}
 */
function claimedElement(said, own) {
  const both = [...own, ...said];
  const last = /** @type {Placed} */ (both.at(-1));
  if (agree(both)) {
    const conflict = !said.length && isPresent(last.value);
    return { value: last.value, head: last, others: [], conflict };
  }
  const present = both.filter((each) => isPresent(each.value)).at(-1);
  return shown(both, present ?? last, present !== undefined);
}

/**
 * The safer of all values; a claim that there is none ("") is no value to choose.
 * @param {Placed[]} said
 * @param {Placed[]} own
 * @param {Safer} safer
 * @returns {Shown}
 */
function saferOfClaims(said, own, safer) {
  const both = [...own, ...said];
  const found = saferOf(
    both.filter((each) => each.value !== ""),
    safer,
  );
  if (!found.head) return { value: found.value, head: null, others: both, conflict: true };
  return shown(both, found.head, true);
}

/**
 * Of several values the one to show until somebody has decided; it may be none of them.
 * @param {any[]} values
 * @param {Safer} safer
 */
function safest(values, safer) {
  const [first, ...rest] = values;
  if (safer.is === "agreed") {
    return rest.every((each) => written(each) === written(first)) ? first : safer.else;
  }
  const before = safer.is === "prefer" ? preferred(safer.order) : higher;
  return rest.reduce((best, each) => (before(each, best) ? each : best), first);
}

/**
 * The code that comes first in `order`; others last, in their own order.
 * @param {string[]} order
 */
function preferred(order) {
  const rank = (/** @type {string} */ code) =>
    (order.indexOf(code) + order.length + 1) % (order.length + 1);
  return (/** @type {any} */ a, /** @type {any} */ b) => {
    const [one, other] = [written(a), written(b)];
    return rank(one) < rank(other) || (rank(one) === rank(other) && one < other);
  };
}

/** The highest code, for scales on which higher means more care. @param {any} a @param {any} b */
function higher(a, b) {
  const weight = (/** @type {string} */ code) => (/^[0-9]+$/.test(code) ? BigInt(code) : -1n);
  const [one, other] = [written(a), written(b)];
  return weight(one) > weight(other) || (weight(one) === weight(other) && one > other);
}

/** A value as a code; the words for what is none are those of the server. @param {any} value */
function written(value) {
  if (value === null || value === undefined) return "None";
  if (value === true) return "True";
  return value === false ? "False" : String(value);
}
