// What the first page makes of the list: which rows a range holds, what a row says. Pure.

import { words } from "../../words/zh/home.js";
import { daysBetween } from "../../words/zh/time.js";

/** @typedef {import("../../types.js").Line} Line */
/** @typedef {import("../../types.js").Due} Due */
/** @typedef {import("../../types.js").Home} HomeData */
/** @typedef {import("../catalogue.js").Catalogue} Catalogue */
/** @typedef {"today" | "week" | "all"} Range */
/** @typedef {{ line: Line, due: Due | undefined, others: number }} Visit */

export const RANGES = /** @type {const} */ (["today", "week", "all"]);
const REACH = { today: 0, week: 7, all: Number.POSITIVE_INFINITY };
/** Villages that begin unfolded, and rows of one before the rest is asked for. */
export const UNFOLDED = 4;
export const ROWS = 8;
export const MORE_ROWS = 40;
/** The draft, and the page, of an archive that is being opened. */
const NEW = "new_resident";

/** What can be done on that day, soonest first. @param {readonly Due[]} dues @param {string} today */
export function openDues(dues, today) {
  return dues
    .filter(
      (due) => !due.done && due.opens <= today && (due.closes === null || due.closes >= today),
    )
    .sort((a, b) => (a.due < b.due ? -1 : a.due > b.due ? 1 : 0));
}

/** @param {Line} line @param {string} today @returns {Visit} */
export function visitOf(line, today) {
  const open = openDues(line.due, today);
  return {
    line,
    due: open[0],
    others: Math.max(0, new Set(open.map((each) => each.rule)).size - 1),
  };
}

/**
 * Villages with the visits of a range, in the order the engine gave.
 * @param {HomeData} home @param {Range} range
 * @returns {{ name: string, visits: Visit[] }[]}
 */
export function villagesOf(home, range) {
  return home.villages
    .map(({ name, lines }) => ({
      name,
      visits: lines
        .map((line) => visitOf(line, home.today))
        .filter(({ due }) => within(due, home.today, range)),
    }))
    .filter(({ visits }) => visits.length);
}

/** @param {Due | undefined} due @param {string} today @param {Range} range */
function within(due, today, range) {
  if (range === "all") return true;
  return due !== undefined && daysBetween(today, due.due) <= REACH[range];
}

/** @param {{ visits: Visit[] }[]} villages */
export const tally = (villages) => villages.reduce((sum, each) => sum + each.visits.length, 0);

/** @param {Visit[]} visits @param {string} today */
export const overdue = (visits, today) =>
  visits.filter(({ due }) => due !== undefined && due.due < today).length;

/** What a service is called where a diagnosis must not stand: 随访服务，今年第 4 次. @param {Catalogue | null} catalogue @param {Due} due */
export function neutral(catalogue, due) {
  const rule = catalogue?.rule(due.rule);
  const kind = rule?.kinds.length ? catalogue?.kind(rule.kinds[0]) : undefined;
  const what = due.cls === "A" ? (kind?.neutral_label ?? words.service) : words.service;
  const turn = due.cls === "A" ? /^\d{4}-(\d+)$/.exec(due.slot)?.[1] : undefined;
  return turn ? words.turn(what, turn) : what;
}

/**
 * A form somebody began and put aside, newest first: whose, what, and the page that takes it up.
 * @param {readonly import("../../types.js").Draft[]} drafts @param {Catalogue} catalogue
 * @param {string} [resident] of this one only
 */
export function begunOf(drafts, catalogue, resident) {
  return drafts
    .filter((each) => each.kinds.length > 0 && (!resident || each.resident === resident))
    .sort((a, b) => b.at - a.at)
    .map(({ key, resident: whose, kinds, at, typed }) => {
      const labels = kinds.map((id) => catalogue.kind(id)?.neutral_label ?? words.service);
      const fresh = key === NEW;
      const amends = fresh ? "" : (key.split("/")[3] ?? "");
      const one = { resident: whose, kind: kinds[0], ...(amends ? { amends } : {}) };
      const own = /** @type {any} */ (typed);
      return {
        ...{ key, at, amends: amends !== "" },
        name: String((fresh ? own.typed?.name : own.name) ?? ""),
        what: fresh ? words.new_archive : [...new Set(labels)].join(words.join),
        to: fresh ? NEW : kinds.length > 1 ? "visit" : "form",
        params: fresh ? {} : kinds.length > 1 ? { resident: whose, kinds } : one,
      };
    });
}

/** Second line of a row: where, and what to be ready for. @param {Line} line */
export function place(line) {
  const where = line.village ? line.address.replace(line.village, "").trim() : line.address;
  const parts = [where];
  if (line.marks.includes("disputed")) parts.push(words.says);
  else if (line.marks.includes("conflict")) parts.push(words.conflict);
  return words.list(parts);
}
