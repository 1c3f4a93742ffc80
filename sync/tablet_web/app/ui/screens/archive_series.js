// What one measure of an archive has to show over time: its points, the target they are held
// against and why, as server/rules/goals.py has it for the portal. The target's numbers come from
// the exported catalogue. Pure. Values are integers times 10**places of the measure.

import { words as allWords } from "../../words/zh/records.js";
import { dayWords } from "../../words/zh/time.js";
import { dayNumber, fullYears } from "../ages.js";
import { decimal } from "./archive_values.js";

/** @typedef {import("../../types.js").Rec} Rec */
/** @typedef {import("../catalogue.js").Catalogue} Catalogue */
/** @typedef {"pressure" | "glucose" | "weight"} Measure */
/** @typedef {"goal" | "healthy" | "agreed" | "none"} Why */
/**
 * In target from `least` on and below `below`; null: no limit on that side. `upper`: the upper
 * limit as people say it (up to 68.0 kg, not below 68.1).
 * @typedef {{ below: number | null, least: number | null, upper: number | null, through: boolean }} Goal
 */
/** @typedef {{ rec: Rec, value: number }} Reading */
/** @typedef {{ name: "sbp" | "dbp" | "fpg" | "weight", places: number, goal: Goal, points: Reading[] }} Line */
/** @typedef {{ measure: Measure, why: Why, lines: Line[] }} Series */
/**
 * @typedef {{ records: Rec[], birth: string, treated: { pressure: boolean, glucose: boolean },
 *   today: string, catalogue: Catalogue,
 *   evaluate: (expression: unknown, scope: { known: Record<string, unknown> }) => unknown }} Given
 */

const words = allWords.charts;
export const MEASURES = /** @type {const} */ (["pressure", "glucose", "weight"]);
const STEPS = { sbp: 10, dbp: 10, fpg: 100, weight: 20 };
const ARMS = [
  ["bp_l_sys", "bp_l_dia"],
  ["bp_r_sys", "bp_r_dia"],
];
const YEAR_DAYS = 365.25;
const ENOUGH = 3;
const NONE = { below: null, least: null, upper: null, through: false };

/** @param {Goal} goal @param {number} value @returns {-1 | 0 | 1} */
export function side(goal, value) {
  if (goal.below !== null && value >= goal.below) return 1;
  return goal.least !== null && value < goal.least ? -1 : 0;
}

/** @param {number | null} below @param {number | null} [least] @param {boolean} [through] @returns {Goal} */
const goalOf = (below, least = null, through = false) => ({
  below,
  least,
  through,
  upper: below !== null && through ? below - 1 : below,
});

/** @param {Measure} measure @param {Given} given @returns {Series} */
export function seriesOf(measure, given) {
  const records = given.records
    .filter((rec) => rec.cls === "A" && !rec.voided && !lost(rec, given.catalogue))
    .sort((a, b) => (a.on === b.on ? a.at - b.at : a.on < b.on ? -1 : 1));
  if (measure === "pressure") return pressure(records, given);
  return measure === "glucose" ? glucose(records, given) : weight(records, given);
}

/** A visit that did not take place measured nothing. @param {Rec} rec @param {Catalogue} catalogue */
function lost(rec, catalogue) {
  const waiver = catalogue.kind(rec.kind, rec.v)?.waiver;
  return Boolean(waiver && rec.body[waiver.field]);
}

/** @param {Rec[]} records @param {Given} given @returns {Series} */
function pressure(records, given) {
  /** @type {Map<string, { rec: Rec, sbp: number, dbp: number }>} */
  const found = new Map();
  for (const rec of records) {
    const pairs = ("sbp" in rec.body ? [["sbp", "dbp"]] : ARMS)
      .map((pair) => pair.map((name) => rec.body[name]))
      .filter((pair) => pair.every(Number.isInteger));
    pairs.sort((a, b) => Number(b[0]) - Number(a[0]) || Number(b[1]) - Number(a[1]));
    if (!pairs.length) continue;
    const [sbp, dbp] = pairs[0].map(Number);
    const key = `${rec.on} ${sbp} ${dbp}`; // two forms of one visit say the same reading
    if (!found.has(key)) found.set(key, { rec, sbp, dbp });
  }
  const treated = given.treated.pressure;
  const [high, low] = pressureGoal(given, treated);
  const all = [...found.values()];
  return {
    measure: "pressure",
    why: treated ? "goal" : "healthy",
    lines: [
      {
        name: "sbp",
        places: 0,
        goal: goalOf(high),
        points: all.map(({ rec, sbp }) => ({ rec, value: sbp })),
      },
      {
        name: "dbp",
        places: 0,
        goal: goalOf(low),
        points: all.map(({ rec, dbp }) => ({ rec, value: dbp })),
      },
    ],
  };
}

/** @param {Given} given @param {boolean} treated @returns {[number | null, number | null]} */
function pressureGoal({ catalogue, evaluate, birth, today }, treated) {
  if (!treated) {
    const raised = catalogue.rule("P03")?.numbers ?? {};
    return [raised.sbp ?? null, raised.dbp ?? null];
  }
  const computed = catalogue
    .kind("htn_followup")
    ?.computed.find((each) => each.name === "sbp_goal");
  const age = birth ? fullYears(birth, today) : null;
  const goal = computed
    ? evaluate(computed.expression, { known: { age, birth, on: today } })
    : null;
  return [typeof goal === "number" ? goal : null, catalogue.raw.goals.dbp];
}

/** @param {Rec[]} records @param {Given} given @returns {Series} */
function glucose(records, { catalogue, treated }) {
  const numbers = catalogue.raw.next_steps.number;
  /** In hundredths. @param {string} name */
  const step = (name) => {
    const found = numbers[name];
    return found ? found.value * 10 ** (2 - (found.places ?? 0)) : null;
  };
  const least = step("P19.fpg_low");
  const below = treated.glucose
    ? step("P16.fpg")
    : (catalogue.rule("P12")?.numbers.fpg_from ?? null);
  return {
    measure: "glucose",
    why: treated.glucose ? "goal" : "healthy",
    lines: [
      {
        name: "fpg",
        places: 2,
        // At or below the lowest value is an emergency, so the band begins just above it.
        goal: goalOf(below, least === null ? null : least + 1),
        points: valuesOf(records, "fpg", 2, catalogue),
      },
    ],
  };
}

/** @param {Rec[]} records @param {Given} given @returns {Series} */
function weight(records, { catalogue, birth, today }) {
  const { adult, children, mothers } = catalogue.raw.goals;
  const grown = birth !== "" && fullYears(birth, today) >= adult;
  const apart = grown
    ? records.filter((rec) => !children.includes(rec.kind) && !mothers.includes(rec.kind))
    : records;
  const [goal, why] = grown ? weightGoal(apart, catalogue) : [NONE, "none"];
  const points = valuesOf(apart, "weight", 1, catalogue);
  return {
    measure: "weight",
    why: /** @type {Why} */ (why),
    lines: [{ name: "weight", places: 1, goal, points }],
  };
}

/** Up to the goal agreed on; else within the healthy band of the newest height. @param {Rec[]} records @param {Catalogue} catalogue @returns {[Goal, Why]} */
function weightGoal(records, catalogue) {
  const { bmi_least: thin, bmi_below: heavy } = catalogue.raw.goals;
  const height = valuesOf(records, "height", 1, catalogue).at(-1)?.value ?? 0;
  const agreed = valuesOf(records, "weight_target", 1, catalogue).at(-1)?.value;
  const square = height ** 2;
  // BMI in tenths times height in tenths of cm, squared, is weight in tenths of kg times 10**6.
  const least = square ? Math.ceil((thin * square) / 1e6) : null;
  if (agreed !== undefined) {
    const fits = least !== null && least < agreed + 1;
    return [goalOf(agreed + 1, fits ? least : null, true), "agreed"];
  }
  if (square) return [goalOf(Math.ceil((heavy * square) / 1e6), least), "healthy"];
  return [NONE, "none"];
}

/** What records say of a field, in 10**-places; said twice on one day it counts once. @param {Rec[]} records @param {string} name @param {number} places @param {Catalogue} catalogue @returns {Reading[]} */
function valuesOf(records, name, places, catalogue) {
  /** @type {Map<string, Reading>} */
  const found = new Map();
  for (const rec of records) {
    const value = rec.body[name];
    const field = catalogue.kind(rec.kind, rec.v)?.fields.find((each) => each.name === name);
    if (!field || !Number.isInteger(value)) continue;
    const scaled = Math.round(Number(value) * 10 ** (places - (field.type.places ?? 0)));
    const key = `${rec.on} ${scaled}`;
    if (!found.has(key)) found.set(key, { rec, value: scaled });
  }
  return [...found.values()];
}

// ---- what is seen of it -------------------------------------------------------------------------

/** The same with the points of the last so many years; 0 for all. @param {Series} whole @param {string} today @param {number} years @returns {Series} */
export function within(whole, today, years) {
  if (!years) return whole;
  const since = dayNumber(today) - Math.round(YEAR_DAYS * years);
  const lines = whole.lines.map((line) => ({
    ...line,
    points: line.points.filter(({ rec }) => dayNumber(rec.on) >= since),
  }));
  return { ...whole, lines };
}

/** The shortest range that has something to compare. @param {Series} whole @param {string} today */
export function firstRange(whole, today) {
  return [1, 3].find((years) => within(whole, today, years).lines[0].points.length >= ENOUGH) ?? 0;
}

/** A value as every page writes it: glucose of followups has one place. @param {Line} line @param {number} value */
export const number = (line, value) => {
  const text = decimal(value, line.places);
  return line.places > 1 && text.endsWith("0") ? text.slice(0, -1) : text;
};

/** A limit as people say it: of glucose with one place. @param {Line} line @param {number} value */
export const bound = (line, value) =>
  line.places > 1 ? decimal(Math.round(value / 10 ** (line.places - 1)), 1) : number(line, value);

/** 低于 150, 3.9 到 7.0. @param {Line} line */
export function limits(line) {
  const { least, upper } = line.goal;
  if (upper === null) return least === null ? "" : words.least(bound(line, least));
  if (least === null) return words.below(bound(line, upper));
  return words.between(bound(line, least), bound(line, upper));
}

/** What chart and band are drawn from. @param {Series} seen @returns {import("../charts.js").Row[]} */
export function rowsOf(seen) {
  return seen.lines.map((line) => {
    const { goal } = line;
    const bounds = [goal.below, goal.least].filter((each) => each !== null);
    const own = seen.why !== "healthy";
    const alone = seen.lines.length === 1;
    const text = alone
      ? (own ? words.bandGoalOnly : words.bandHealthyOnly)(limits(line))
      : (own ? words.bandGoal : words.bandHealthy)(words.lines[line.name], limits(line));
    return {
      points: line.points.map(({ rec, value }) => ({
        day: dayNumber(rec.on),
        value,
        side: side(goal, value),
        text: number(line, value),
      })),
      below: goal.below,
      least: goal.least,
      words: bounds.length ? text : "",
      ticks: bounds.map((each) => [
        each,
        bound(line, each === goal.below ? (goal.upper ?? each) : each),
      ]),
      step: STEPS[line.name],
    };
  });
}

/** The first day, one between, the last. @param {Series} seen @param {string} today @returns {[number, string][]} */
export function daysOf(seen, today) {
  const days = seen.lines[0].points.map(({ rec }) => rec.on);
  const first = days[0];
  const last = days[days.length - 1];
  const year = last.slice(0, 4);
  /** @param {string} day */
  const month = (day) =>
    day.slice(0, 4) === year
      ? allWords.onlyMonth(Number(day.slice(5, 7)))
      : allWords.shortMonth(Number(day.slice(0, 4)), Number(day.slice(5, 7)));
  const end = year === today.slice(0, 4) ? dayWords(last, today) : shortMonthOf(last);
  if (first === last) return [[dayNumber(last), end]];
  const middle = days.slice(1, -1);
  const between = middle.length ? [middle[Math.floor(middle.length / 2)]] : [];
  return [
    [dayNumber(first), month(first)],
    ...between.map((day) => /** @type {[number, string]} */ ([dayNumber(day), month(day)])),
    [dayNumber(last), end],
  ];
}

/** @param {string} day */
const shortMonthOf = (day) => allWords.shortMonth(Number(day.slice(0, 4)), Number(day.slice(5, 7)));

/** The finding, as a sentence for who does not see the chart. @param {Series} seen */
export function describe(seen) {
  return seen.lines
    .map((line) => {
      const values = line.points.map(({ value }) => value);
      const out = values.filter((value) => side(line.goal, value)).length;
      const none = line.goal.below === null && line.goal.least === null;
      const said = seen.why === "healthy" ? words.healthy : words.goal;
      return words.line({
        what: words.lines[line.name],
        least: number(line, Math.min(...values)),
        most: number(line, Math.max(...values)),
        unit: words.units[line.name],
        goal: none ? words.noGoal : said(limits(line)),
        out: none ? "" : out ? words.outTimes(out) : words.inside,
      });
    })
    .join("");
}

/** The newest value and how it stands. @param {Series} whole */
export function newest(whole) {
  const last = whole.lines.map((line) => ({ line, point: line.points[line.points.length - 1] }));
  const sides = last.map(({ line, point }) => side(line.goal, point.value));
  const value = last.map(({ line, point }) => number(line, point.value)).join("/");
  const none = last.every(({ line }) => line.goal.below === null && line.goal.least === null);
  const out = last.filter((_, n) => sides[n]);
  const way = sides.find((each) => each) === -1 ? "low" : "high";
  const key = out.length > 1 ? "both_high" : out.length ? `${out[0].line.name}_${way}` : whole.why;
  const chips = /** @type {Record<string, string>} */ (words.chips);
  return {
    value,
    on: last[0].point.rec.on,
    tone: /** @type {"alarm" | "done"} */ (out.length ? "alarm" : "done"),
    sign: /** @type {"up" | "down" | "check"} */ (
      out.length ? (way === "low" ? "down" : "up") : "check"
    ),
    chip: none ? "" : (chips[key] ?? ""),
  };
}
