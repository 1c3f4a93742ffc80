// The clear headers of GWB1 and GWD1 (SPEC 2.1): one grammar, narrower than JSON, so that two
// parsers cannot read two meanings out of one signature. This app writes packed ones and reads both.
// Exports: readUp, readDown, refuse, HEADER_MAX, REPLACES_MAX. Binary values are hex here.

import { hex, text, unb64u } from "../wire/bytes.js";
import { Refused } from "./refused.js";

/** @typedef {import("../types.js").Hex} Hex */
/** @typedef {import("../types.js").Suite} Suite */
/**
 * @typedef {{ suite: Suite, kid: Hex, device: Hex, signer: Hex, epoch: number, seq?: number,
 *   counter?: number, prev?: Hex, root?: Hex, replaces?: number[] }} UpHeader
 */
/**
 * @typedef {{ suite: Suite, kid: Hex, signer: Hex, device: Hex, request: Hex, feedEpoch: number,
 *   trust: number }} DownHeader
 */

export const HEADER_MAX = 1024;
export const REPLACES_MAX = 32;
const NUMBER = "(?:0|[1-9][0-9]{0,15})";
const PAIR = `"([a-z])":("[A-Za-z0-9_-]{1,64}"|${NUMBER}|\\[${NUMBER}(?:,${NUMBER})*\\])`;
const HEADER = new RegExp(`^\\{${PAIR}(?:,${PAIR})*\\}$`);
const PAIRS = new RegExp(PAIR, "g");

/** @param {Uint8Array} bytes @returns {UpHeader} */
export function readUp(bytes) {
  const pairs = pairsOf(bytes);
  const { suite, ...named } = names(pairs, "vskdaeqcprx");
  const zeros = [...pairs].some(([key, value]) => "pr".includes(key) && /^"A+"$/.test(value));
  const outside = pairs.has("c");
  if (outside === pairs.has("q") || zeros) refuse();
  if (outside && ["p", "r", "x"].some((key) => pairs.has(key))) refuse();
  const replaces = pairs.has("x") ? list(pairs.get("x")) : [];
  return {
    suite,
    ...named,
    epoch: number(pairs.get("e"), 1),
    ...(outside ? { counter: number(pairs.get("c"), 0) } : { seq: number(pairs.get("q"), 1) }),
    ...(pairs.has("p") ? { prev: binary(pairs.get("p"), 32) } : {}),
    ...(pairs.has("r") ? { root: binary(pairs.get("r"), 32) } : {}),
    ...(replaces.length ? { replaces } : {}),
  };
}

/** @param {Uint8Array} bytes @returns {DownHeader} */
export function readDown(bytes) {
  const pairs = pairsOf(bytes);
  return {
    ...names(pairs, "vskadqft"),
    request: binary(pairs.get("q"), 32),
    feedEpoch: number(pairs.get("f"), 0),
    trust: number(pairs.get("t"), 0),
  };
}

/** @returns {never} */
export function refuse() {
  throw new Refused("bad_header");
}

/** @param {Uint8Array} bytes @returns {Map<string, string>} */
function pairsOf(bytes) {
  if (bytes.length > HEADER_MAX || bytes.some((byte) => byte > 0x7e)) refuse();
  const written = text(bytes);
  if (!HEADER.test(written)) refuse();
  const found = [...written.matchAll(PAIRS)];
  const pairs = new Map(found.map((each) => [each[1], each[2]]));
  if (pairs.size !== found.length || pairs.get("v") !== "1") refuse();
  const suite = pairs.get("s") ?? "";
  if (/^[0-9]+$/.test(suite) && suite !== "1" && suite !== "3") throw new Refused("unknown_suite");
  return pairs;
}

/** What both headers name. @param {Map<string, string>} pairs @param {string} known */
function names(pairs, known) {
  if ([...pairs.keys()].some((key) => !known.includes(key))) refuse();
  return {
    suite: /** @type {Suite} */ (number(pairs.get("s"), 1)),
    kid: binary(pairs.get("k"), 8),
    device: binary(pairs.get("d"), 16),
    signer: binary(pairs.get("a"), 8),
  };
}

/** @param {string | undefined} value @param {number} least */
function number(value, least) {
  const found = value && /^[0-9]+$/.test(value) ? Number(value) : -1;
  if (found < least || found > Number.MAX_SAFE_INTEGER) refuse();
  return found;
}

/** @param {string | undefined} value */
function list(value) {
  if (!value?.startsWith("[")) refuse();
  const numbers = value
    .slice(1, -1)
    .split(",")
    .map((each) => number(each, 1));
  if (numbers.length > REPLACES_MAX) refuse();
  if (numbers.some((each, at) => at > 0 && each <= numbers[at - 1])) refuse();
  return numbers;
}

/** @param {string | undefined} value @param {number} size @returns {Hex} */
function binary(value, size) {
  if (!value?.startsWith('"')) refuse();
  try {
    const raw = unb64u(value.slice(1, -1));
    return raw.length === size ? hex(raw) : refuse();
  } catch {
    refuse();
  }
}
