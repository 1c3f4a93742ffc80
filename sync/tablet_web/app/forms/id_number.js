// What a citizen's ID number says (GB 11643), as the operations id_holder, id_birth and id_sex of
// the expression language; held to the same vectors as server/records/id_number.py.

import { parts } from "./days.js";

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const SIGNS = "10X98765432";
const PROVINCES = new Set(
  (
    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65" +
    " 71"
  ).split(" "),
);
const PERMITS = new Set(["810000", "820000", "830000"]);

/** @param {string} seventeen */
function checkSign(seventeen) {
  const total = WEIGHTS.reduce((sum, weight, at) => sum + weight * Number(seventeen[at]), 0);
  return SIGNS[total % 11];
}

/**
 * Without spaces, wide signs and small letters; fifteen digits made eighteen.
 * @param {string} text
 */
export function normalised(text) {
  const plain = text.normalize("NFKC").replace(/\s+/gu, "").toUpperCase();
  if (!/^[0-9]{15}$/.test(plain)) return plain;
  const digits = `${plain.slice(0, 6)}19${plain.slice(6)}`;
  return digits + checkSign(digits);
}

/** @param {string} number */
function holderOf(number) {
  if (number.startsWith("9")) return "foreigner";
  if (PERMITS.has(number.slice(0, 6))) return "hk_mo_tw";
  return PROVINCES.has(number.slice(0, 2)) ? "citizen" : null;
}

/**
 * @typedef {object} Told
 * @property {string} holder citizen, hk_mo_tw or foreigner
 * @property {string} birth
 * @property {string} sex "1" or "2"
 */

/**
 * What the number says; null where it cannot be one.
 * @param {string} text @returns {Told | null}
 */
export function readIdNumber(text) {
  const number = normalised(text);
  if (!/^[0-9]{17}[0-9X]$/.test(number)) return null;
  const holder = holderOf(number);
  const birth = `${number.slice(6, 10)}-${number.slice(10, 12)}-${number.slice(12, 14)}`;
  if (holder === null || parts(birth) === null) return null;
  if (checkSign(number.slice(0, 17)) !== number[17]) return null;
  return { holder, birth, sex: Number(number[16]) % 2 ? "1" : "2" };
}
