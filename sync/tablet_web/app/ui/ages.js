// Ages and days that run, as staff read them: 女 71岁, 还有 3 天, 过期 2 天.

import { words } from "../words/zh/records.js";
import { daysBetween } from "../words/zh/time.js";

/** @typedef {import("../types.js").Day} Day */
/** @typedef {import("./parts/chip.js").Tone} Tone */
/** @typedef {import("./parts/icon.js").IconName} IconName */

const SOON_DAYS = 7;
const TODDLER = 3;

/** Days since 1970 of a civil day. @param {Day} day */
export const dayNumber = (day) => daysBetween("1970-01-01", day);

/**
 * What is left until a day. `tone`: alarm (over), due (within a week), wait.
 * @param {Day} due @param {Day} today
 * @returns {{ days: number, tone: Tone, sign: IconName, text: string }}
 */
export function left(due, today) {
  const days = daysBetween(today, due);
  if (days < 0) return { days, tone: "alarm", sign: "warn", text: words.overdue(-days) };
  const tone = days <= SOON_DAYS ? "due" : "wait";
  return { days, tone, sign: "clock", text: days ? words.daysLeft(days) : words.dueToday };
}

/** Full years between two days. @param {Day} from @param {Day} to */
export function fullYears(from, to) {
  const years = Number(to.slice(0, 4)) - Number(from.slice(0, 4));
  return to.slice(5) < from.slice(5) ? years - 1 : years;
}

/** 71岁; of a small child the months, of a newborn the days. @param {Day | ""} birth @param {Day} today */
export function ageText(birth, today) {
  if (!birth) return "";
  const years = fullYears(birth, today);
  if (years >= TODDLER) return words.years(years);
  const months =
    (Number(today.slice(0, 4)) - Number(birth.slice(0, 4))) * 12 +
    (Number(today.slice(5, 7)) - Number(birth.slice(5, 7))) -
    (today.slice(8) < birth.slice(8) ? 1 : 0);
  return months > 0 ? words.months(months) : words.days(Math.max(0, daysBetween(birth, today)));
}

/** @param {string} sex */
export const sexText = (sex) =>
  sex === "1" ? words.male : sex === "2" ? words.female : words.unknownSex;

/** 柳湾村 3 组 12 号: the village, and where in it. @param {{ village: string, address: string }} line */
export const placeText = ({ village, address }) =>
  !village || address.includes(village) ? address : `${village} ${address}`.trim();

/** 女 71岁: what stands beside a name. @param {{ sex: string, birth: Day | "" }} line @param {Day} today */
export const personText = (line, today) =>
  [sexText(line.sex), ageText(line.birth, today)].filter(Boolean).join(" ");
