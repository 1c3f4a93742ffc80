// Civil days of the calendar as forms count them: texts "YYYY-MM-DD", no clock and no time zone.

const DAY = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/;
const LENGTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** @param {number} year */
const leap = (year) => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;

/** @param {number} year @param {number} month 1 to 12 */
export function lengthOf(year, month) {
  return month === 2 && leap(year) ? 29 : LENGTHS[month - 1];
}

/**
 * [year, month, day] of a text; null for no day of the calendar.
 * @param {unknown} text @returns {[number, number, number] | null}
 */
export function parts(text) {
  const found = typeof text === "string" ? DAY.exec(text) : null;
  if (!found) return null;
  const [year, month, day] = [Number(found[1]), Number(found[2]), Number(found[3])];
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > lengthOf(year, month)) return null;
  return [year, month, day];
}

/** @param {number} year @param {number} month @param {number} day */
const written = (year, month, day) =>
  `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;

/**
 * Days since 1970-01-01 in the proleptic calendar.
 * @param {[number, number, number]} day
 */
function numbered([year, month, day]) {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const inEra = y - era * 400;
  const inYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return (
    era * 146097 + inEra * 365 + Math.floor(inEra / 4) - Math.floor(inEra / 100) + inYear - 719468
  );
}

/**
 * Days from one to another; null when either is none.
 * @param {unknown} from @param {unknown} to @returns {number | null}
 */
export function daysBetween(from, to) {
  const [begin, end] = [parts(from), parts(to)];
  return begin && end ? numbered(end) - numbered(begin) : null;
}

/**
 * The day so many days on; null beyond the calendar.
 * @param {unknown} from @param {number} days @returns {string | null}
 */
export function daysLater(from, days) {
  const begin = parts(from);
  if (!begin) return null;
  const shifted = numbered(begin) + days + 719468;
  const era = Math.floor(shifted / 146097);
  const inEra = shifted - era * 146097;
  const years = Math.floor(
    (inEra - Math.floor(inEra / 1460) + Math.floor(inEra / 36524) - Math.floor(inEra / 146096)) /
      365,
  );
  const inYear = inEra - (365 * years + Math.floor(years / 4) - Math.floor(years / 100));
  const shiftedMonth = Math.floor((5 * inYear + 2) / 153);
  const day = inYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = years + era * 400 + (month <= 2 ? 1 : 0);
  return year >= 1 && year <= 9999 ? written(year, month, day) : null;
}

/**
 * The same day so many months on, the last of a shorter month; null beyond the calendar.
 * @param {unknown} from @param {number} months @returns {string | null}
 */
export function monthsLater(from, months) {
  const begin = parts(from);
  if (!begin) return null;
  const whole = begin[1] - 1 + months;
  const year = begin[0] + Math.floor(whole / 12);
  const month = (whole - Math.floor(whole / 12) * 12 + 1) | 0;
  if (!(year >= 1 && year <= 9999)) return null;
  return written(year, month, Math.min(begin[2], lengthOf(year, month)));
}

/**
 * Whole years between two days: the age of somebody born on the first.
 * @param {unknown} from @param {unknown} to @returns {number | null}
 */
export function fullYears(from, to) {
  const [begin, end] = [parts(from), parts(to)];
  if (!begin || !end) return null;
  const early = end[1] < begin[1] || (end[1] === begin[1] && end[2] < begin[2]);
  return end[0] - begin[0] - (early ? 1 : 0);
}

/**
 * Whole months between two days.
 * @param {unknown} from @param {unknown} to @returns {number | null}
 */
export function fullMonths(from, to) {
  const [begin, end] = [parts(from), parts(to)];
  if (!begin || !end) return null;
  const [first, last] = [/** @type {string} */ (from), /** @type {string} */ (to)];
  if (last < first) return -Number(fullMonths(to, from));
  const months = (end[0] - begin[0]) * 12 + end[1] - begin[1];
  const same = monthsLater(from, months);
  return same !== null && same <= last ? months : months - 1;
}

const WEEK = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4];

/** Day of the week, 0 is Sunday. @param {string} text */
export function weekday(text) {
  const found = parts(text);
  if (!found) return 0;
  const [year, month, day] = found;
  const y = month < 3 ? year - 1 : year;
  const sum = y + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400);
  return (sum + WEEK[month - 1] + day) % 7;
}
