// What is owed to whom and when: the plan as received, by the tablet's own day (PROTOCOL 8.6).

import { plusDays } from "./civil.js";
import { byName } from "./search.js";

/** @typedef {import("../types.js").Day} Day */
/** @typedef {import("../types.js").Due} Due */
/** @typedef {import("../types.js").Home} Home */
/** @typedef {import("../types.js").Line} Line */
/** @typedef {import("./register.js").OwnChange} OwnChange */
/** @typedef {import("./register.js").Words} Words */
/** @typedef {import("./rows.js").Entry} Entry */

/** How far ahead home looks for what can be done next. */
const LATER_DAYS = 30;

/**
 * What is owed and not missed, by due day.
 * @param {Pick<Entry, "plans">} entry
 * @param {OwnChange[]} own
 * @param {Day} today
 * @param {Words} words
 * @returns {Due[]}
 */
export function dueOf(entry, own, today, words) {
  const yesterday = plusDays(today, -1);
  const lately = own
    .filter(
      ({ row, plain }) => plain.on >= yesterday && row.state !== "kept" && row.state !== "aside",
    )
    .map(({ plain }) => plain);
  /** @type {Due[]} */
  const found = [];
  for (const { cls, year, items } of entry.plans) {
    for (const [rule, slot, opens, due, closes, reason] of items) {
      const first = `${year}-01-01`;
      const closing = closes === null || closes === undefined ? null : plusDays(first, closes);
      if (closing !== null && closing < today) continue;
      const opening = plusDays(first, opens);
      const kinds = words.doneBy.get(rule) ?? [];
      found.push({
        rule,
        slot,
        cls,
        opens: opening,
        due: plusDays(first, due),
        closes: closing,
        done: lately.some((each) => kinds.includes(each.kind) && each.on >= opening),
        reason: typeof reason === "string" ? reason : "",
      });
    }
  }
  return found.sort(
    (a, b) => compare(a.due, b.due) || compare(a.rule, b.rule) || compare(a.slot, b.slot),
  );
}

/** Can be done today and is not. @param {Due} due @param {Day} today */
export const isOpen = (due, today) => !due.done && due.opens <= today;

/**
 * Home from everybody's line: those with something to do today, by village, the most urgent first.
 * @param {Line[]} lines
 * @param {Day} today
 * @param {(line: Line) => boolean} visited
 * @returns {Home}
 */
export function homeOf(lines, today, visited) {
  /** @type {Map<string, Line[]>} */
  const villages = new Map();
  const later = { from: "", count: 0 };
  const end = plusDays(today, LATER_DAYS);
  const here = lines.filter((line) => line.status !== "dead" && line.status !== "moved_out");
  for (const line of here) {
    if (visited(line)) continue;
    if (line.due.some((due) => isOpen(due, today))) {
      const found = villages.get(line.village) ?? [];
      found.push(line);
      villages.set(line.village, found);
      continue;
    }
    const next = line.due.find((due) => !due.done && due.opens > today && due.opens <= end);
    if (!next) continue;
    later.count += 1;
    if (!later.from || next.opens < later.from) later.from = next.opens;
  }
  const urgent = (/** @type {Line} */ line) =>
    line.due.find((due) => isOpen(due, today))?.due ?? "9999-12-31";
  const sorted = [...villages].map(([name, found]) => ({
    name,
    lines: found.sort((a, b) => compare(urgent(a), urgent(b)) || byName(a, b)),
  }));
  sorted.sort((a, b) => compare(urgent(a.lines[0]), urgent(b.lines[0])) || compare(a.name, b.name));
  return {
    today,
    villages: sorted,
    done: lines.filter(visited).sort(byName),
    later: later.count ? later : null,
    residents: lines.length,
    disputed: lines.filter((line) => line.marks.includes("disputed")).sort(byName),
    empty: lines.length === 0,
  };
}

/** @param {string} a @param {string} b */
const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
