// Days and hours as staff read them: 今天 08:12, 11-23 07:50, 11月23日 周一. Always Shanghai's day,
// whatever the tablet's own time zone says.

const ZONE_MS = 8 * 3600 * 1000;
const DAY_MS = 24 * 3600 * 1000;
const WEEK = "日一二三四五六";

/** @param {number} value */
const two = (value) => String(value).padStart(2, "0");

/** The civil day of an instant. @param {number} at */
export function dayOf(at) {
  return new Date(at + ZONE_MS).toISOString().slice(0, 10);
}

/** 08:12 @param {number} at */
export function hour(at) {
  return new Date(at + ZONE_MS).toISOString().slice(11, 16);
}

/** 今天 08:12, 昨天 08:12, 11-21 08:12, with the year when it is not this one. @param {number} at @param {number} now */
export function when(at, now) {
  const day = dayOf(at);
  if (day === dayOf(now)) return `今天 ${hour(at)}`;
  if (day === dayOf(now - DAY_MS)) return `昨天 ${hour(at)}`;
  const short = day.slice(0, 4) === dayOf(now).slice(0, 4) ? day.slice(5) : day;
  return `${short} ${hour(at)}`;
}

/** 11月23日, with the year when it is not this one. @param {string} day @param {string} today */
export function dayWords(day, today) {
  const [year, month, date] = day.split("-");
  const short = `${Number(month)}月${Number(date)}日`;
  return year === today.slice(0, 4) ? short : `${year}年${short}`;
}

/** 11月23日 周一 @param {string} day @param {string} today */
export function dayAndWeek(day, today) {
  return `${dayWords(day, today)} 周${WEEK[new Date(`${day}T00:00:00Z`).getUTCDay()]}`;
}

/** Whole days from one civil day to another. @param {string} from @param {string} to */
export function daysBetween(from, to) {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / DAY_MS);
}

/** 45 秒, 3 分钟, 2 小时, 5 天: never less than it is. @param {number} ms */
export function span(ms) {
  if (ms < 60_000) return `${Math.max(1, Math.ceil(ms / 1000))} 秒`;
  if (ms < 3600_000) return `${Math.ceil(ms / 60_000)} 分钟`;
  if (ms < 2 * DAY_MS) return `${Math.ceil(ms / 3600_000)} 小时`;
  return `${Math.floor(ms / DAY_MS)} 天`;
}

/** 1,204 @param {number} value */
export function count(value) {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** 9:05 of a countdown. @param {number} ms */
export function clock(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  return `${Math.floor(seconds / 60)}:${two(seconds % 60)}`;
}

/** 12 MB @param {number} bytes */
export function size(bytes) {
  if (bytes < 1e6) return `${Math.max(1, Math.round(bytes / 1e3))} KB`;
  return bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
