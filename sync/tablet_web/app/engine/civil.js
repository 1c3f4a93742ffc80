// Civil days of Asia/Shanghai, which has had no summer time since 1991 and will meet none here.

/** @typedef {import("../types.js").Day} Day */

export const DAY_MS = 86_400_000;
const OFFSET_MS = 8 * 3_600_000;

/** The civil day of an instant. @param {number} at ms UTC @returns {Day} */
export function dayOf(at) {
  return new Date(at + OFFSET_MS).toISOString().slice(0, 10);
}

/** @param {Day} day @param {number} days @returns {Day} */
export function plusDays(day, days) {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}
