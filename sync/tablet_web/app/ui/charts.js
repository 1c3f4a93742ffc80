// Charts as inline SVG, by the rules of the look: the target as a band with its edge and its words,
// hollow circles in target, filled squares with their number out of it, three or four day labels.
// Each series has a panel of its own with its own scale, one below the other. Pure: values in, marks
// out; chart.js writes them down. The same rules as resident_portal/charts.py, at a tablet's width.

/** @typedef {{ day: number, value: number, side: -1 | 0 | 1, text: string }} Point */
/**
 * One series. `below`, `least`: the target's limits, null for none on that side. `words`: inside the
 * band. `ticks`: [value, text] of what stands at the limits. `step`: a round number of values.
 * @typedef {{ points: Point[], below: number | null, least: number | null, words: string,
 *   ticks: [number, string][], step: number }} Row
 */
/** @typedef {{ x: number, y: number, anchor: string, text: string, out?: boolean, size: number }} Label */
/** @typedef {{ left: number, right: number, first: number, span: number, low: number, high: number, top: number, tall: number }} Scale */
/**
 * @typedef {{ width: number, height: number,
 *   bands: { x: number, y: number, width: number, height: number, edges: number[] }[],
 *   lines: { series: number, points: string }[],
 *   marks: { x: number, y: number, out: boolean, series: number }[], texts: Label[] }} Drawing
 */

const TALL = { 1: 128, 2: 82 };
const SQUARE = 6;
const GAP = 12;
const SIGN = 0.56; // width of a digit by text size; a Chinese sign is as wide as high

/**
 * @param {Row[]} rows at least one with a point
 * @param {[number, string][]} days what may be written under the chart; first and last always are
 * @param {{ width?: number, size?: number }} [how]
 * @returns {Drawing}
 */
export function draw(rows, days, { width = 540, size = 14 } = {}) {
  const every = rows.flatMap((row) => row.points.map((point) => point.day));
  const first = Math.min(...every);
  const across = { left: leftOf(rows, size), right: width - 4, first };
  const span = Math.max(...every) - first;
  /** @type {Drawing} */
  const made = { width, height: 0, bands: [], lines: [], marks: [], texts: [] };
  let top = size + 8;
  for (const [n, row] of rows.entries()) {
    const [low, high] = ends(row);
    const tall = rows.length > 1 ? TALL[2] : TALL[1];
    const bottom = panel(made, row, { ...across, span, low, high, top, tall }, n + 1, size);
    const rises = rows[n + 1]?.points.some((point) => point.side) ? size : 0;
    top = bottom + GAP + rises;
  }
  const base = top - GAP + size + 2;
  const scale = { ...across, span, low: 0, high: 1, top: 0, tall: 1 };
  made.texts.push(...dayLabels(scale, days, base, size));
  made.height = base + 6;
  return made;
}

/** One series; says where its panel ends. @param {Drawing} made @param {Row} row @param {Scale} scale @param {number} series @param {number} size */
function panel(made, row, scale, series, size) {
  const strip = row.words ? size + 8 : 4;
  const bottom = scale.top + scale.tall;
  const placed = row.points.map(
    (point) =>
      /** @type {[number, number]} */ ([placeX(scale, point.day), placeY(scale, point.value)]),
  );
  if (row.words) {
    made.bands.push(band(scale, row, strip));
    made.texts.push(bandWords(scale, row, size, strip, placed));
  }
  made.texts.push(...ticks(scale, row, size, bottom));
  if (placed.length > 1) {
    const points = placed.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");
    made.lines.push({ series, points });
  }
  made.marks.push(...placed.map(([x, y], n) => ({ x, y, out: row.points[n].side !== 0, series })));
  const taken = made.texts.filter((each) => each.out);
  made.texts.push(...numbers(row.points, placed, size, scale, made.width, taken));
  return bottom + strip;
}

/** @param {Scale} scale @param {number} day */
function placeX(scale, day) {
  const inset = scale.left + 12;
  const end = scale.right - 16;
  if (!scale.span) return (inset + end) / 2;
  return inset + ((end - inset) * (day - scale.first)) / scale.span;
}

/** @param {Scale} scale @param {number} value */
const placeY = (scale, value) =>
  scale.top + (scale.tall * (scale.high - value)) / (scale.high - scale.low);

/** @param {Row[]} rows @param {number} size */
const leftOf = (rows, size) =>
  Math.round(Math.max(0, ...rows.flatMap((r) => r.ticks.map(([, t]) => t.length))) * size * SIGN) +
  10;

/**
 * Both ends of the scale: every value and every limit, rounded to a step unless it is a limit that
 * nothing lies beyond.
 * @param {Row} row @returns {[number, number]}
 */
export function ends(row) {
  const values = row.points.map((point) => point.value);
  const { step } = row;
  let low = Math.min(...values);
  let high = Math.max(...values);
  low = row.least !== null && row.least <= low ? row.least : Math.floor(low / step) * step;
  high = row.below !== null && row.below > high ? row.below : Math.ceil(high / step) * step;
  // The band is always in view, however far the values lie from it.
  if (row.below !== null && low > row.below - step) low = row.below - step;
  if (row.least !== null && high < row.least + step) high = row.least + step;
  if (high - low < 3 * step) {
    if (row.least === null) low = high - 3 * step;
    else high = low + 3 * step;
  }
  return [low, high];
}

/** @param {Scale} scale @param {Row} row @param {number} strip */
function band(scale, row, strip) {
  const top = row.below === null ? scale.top : placeY(scale, row.below);
  const foot = row.least === null ? scale.top + scale.tall + strip : placeY(scale, row.least);
  const edges = [];
  if (row.below !== null) edges.push(top);
  if (row.least !== null) edges.push(foot);
  return { x: scale.left, y: top, width: scale.right - scale.left, height: foot - top, edges };
}

/**
 * Inside the band: an open band has a strip for them below every point; in one with both limits they
 * stand in the first corner that neither a line nor a point runs through.
 * @param {Scale} scale @param {Row} row @param {number} size @param {number} strip
 * @param {[number, number][]} placed
 * @returns {Label}
 */
function bandWords(scale, row, size, strip, placed) {
  const text = row.words;
  const start = { x: scale.left + 6, anchor: "start", text, size };
  if (row.least === null) return { ...start, y: scale.top + scale.tall + strip - 6 };
  const end = { ...start, x: scale.right - 6, anchor: "end" };
  const top = row.below === null ? scale.top : placeY(scale, row.below);
  const heights = [placeY(scale, row.least) - 6, top + size + 4];
  const corners = heights.flatMap((y) => [start, end].map((each) => ({ ...each, y })));
  return corners.find((each) => !crossed(each, wide(text, size), placed)) ?? corners[0];
}

/** Whether a line through these places runs behind a label. @param {Label} label @param {number} width @param {[number, number][]} placed */
function crossed(label, width, placed) {
  const from = (label.anchor === "end" ? label.x - width : label.x) - SQUARE;
  const to = from + width + 2 * SQUARE;
  const top = label.y - label.size - SQUARE;
  const foot = label.y + SQUARE;
  const hit = (/** @type {number} */ x, /** @type {number} */ y) =>
    x > from && x < to && y > top && y < foot;
  return placed.some(([x, y], n) => {
    if (hit(x, y)) return true;
    const [px, py] = placed[n - 1] ?? [x, y];
    const steps = Math.ceil(Math.abs(x - px) / 4);
    for (let k = 1; k < steps; k += 1) {
      if (hit(px + ((x - px) * k) / steps, py + ((y - py) * k) / steps)) return true;
    }
    return false;
  });
}

/** Limits first; what would lie over another is left out. @param {Scale} scale @param {Row} row @param {number} size @param {number} bottom */
function ticks(scale, row, size, bottom) {
  /** @type {Label[]} */
  const made = [];
  for (const [value, text] of row.ticks) {
    const at = placeY(scale, value);
    const y = at + size * 0.36;
    if (at < scale.top - 2 || at > bottom + 2) continue;
    if (made.some((each) => Math.abs(y - each.y) < size)) continue;
    made.push({ x: scale.left - 6, y, anchor: "end", text, size });
  }
  return made;
}

/**
 * The numbers of points out of target, the newest first, beyond the point or else before it. One
 * that would lie over another or over a point is left to the table, but never the newest's.
 * @param {Point[]} points @param {[number, number][]} placed @param {number} size
 * @param {Scale} scale @param {number} width @param {Label[]} taken
 */
function numbers(points, placed, size, scale, width, taken) {
  /** @type {Label[]} */
  const made = [];
  const large = size + 1;
  for (let n = points.length - 1; n >= 0; n -= 1) {
    const point = points[n];
    if (!point.side) continue;
    const [x, y] = placed[n];
    const half = (point.text.length * large * SIGN) / 2;
    const middle = Math.min(Math.max(x, scale.left + half), width - half);
    const sides = [y - 10, y + large + 6];
    if (point.side < 0) sides.reverse();
    const others = placed.filter((_, k) => k !== n);
    const free = sides.filter((at) => isFree(middle, at, half, large, [...taken, ...made], others));
    if (!free.length && n === points.length - 1) free.push(sides[0]);
    if (free.length) {
      const label = { x: middle, y: free[0], anchor: "middle", text: point.text, size: large };
      made.push({ ...label, out: true });
    }
  }
  return made;
}

/** Whether a number there lies over no other number and no other point. @param {number} x @param {number} y @param {number} half @param {number} large @param {Label[]} taken @param {[number, number][]} others */
function isFree(x, y, half, large, taken, others) {
  const clear = taken.every(
    (each) =>
      Math.abs(each.x - x) >= half + (each.text.length * large * SIGN) / 2 ||
      Math.abs(each.y - y) >= large,
  );
  const over = others.some(
    ([a, b]) => Math.abs(a - x) < half + SQUARE && y - large - SQUARE < b && b < y + SQUARE,
  );
  return clear && !over;
}

/** @param {Scale} scale @param {[number, string][]} days @param {number} y @param {number} size @returns {Label[]} */
function dayLabels(scale, days, y, size) {
  if (days.length === 1) {
    return [{ x: placeX(scale, days[0][0]), y, anchor: "middle", text: days[0][1], size }];
  }
  const first = days[0][1];
  const last = days[days.length - 1][1];
  /** @type {Label[]} */
  const made = [
    { x: scale.left, y, anchor: "start", text: first, size },
    { x: scale.right, y, anchor: "end", text: last, size },
  ];
  const used = [
    [scale.left, scale.left + wide(first, size)],
    [scale.right - wide(last, size), scale.right],
  ];
  for (const [day, text] of days.slice(1, -1)) {
    const x = placeX(scale, day);
    const half = wide(text, size) / 2;
    if (used.every(([a, b]) => x + half + 8 <= a || x - half - 8 >= b)) {
      made.push({ x, y, anchor: "middle", text, size });
      used.push([x - half, x + half]);
    }
  }
  return made;
}

/** @param {string} text @param {number} size */
function wide(text, size) {
  let sum = 0;
  for (const sign of text) sum += (sign.charCodeAt(0) < 128 ? SIGN : 1) * size;
  return sum;
}
