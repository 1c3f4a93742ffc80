// Which screen may be shown now: an unlocked tablet goes where one wants, any other only where
// nothing of a person is read.

import { FIRST } from "./router.js";

/** @typedef {import("../types.js").Status} Status */

const DOORS = Object.freeze({
  new: "welcome",
  enrolling: "enrol",
  locked: "unlock",
  wiped: "wiped",
  open: FIRST,
});

/**
 * @param {Status["stage"]} stage
 * @param {string} wanted
 * @param {Record<string, { shut?: boolean }>} screens
 */
export function door(stage, wanted, screens) {
  const first = DOORS[stage];
  if (stage === "open") return screens[wanted] && !isDoor(wanted) ? wanted : FIRST;
  if (stage === "enrolling") return "enrol";
  if (wanted === "rescue") return wanted;
  // What was sealed under the old enrolment travels on beside the new one.
  if (wanted === "enrol" && (stage === "new" || stage === "wiped")) return wanted;
  return first;
}

/** Screens that stand before the unlocked tablet. @param {string} name */
function isDoor(name) {
  return name === "welcome" || name === "unlock" || name === "wiped" || name === "enrol";
}
