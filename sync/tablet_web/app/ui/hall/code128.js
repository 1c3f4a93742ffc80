// Code 128 in set C: two digits a sign, as labels of tubes carry their specimen number (ISO/IEC
// 15417). Bars only; what is printed below them is the page's. Pure.

/** Widths of bar, space, bar, space, bar, space of each sign, 0 to 105; 105 begins set C. */
const WIDTHS =
  "212222222122222221121223121322131222122213122312132212221213221312231212112232122132122231" +
  "113222123122123221223211221132221231213212223112312131311222321122321221312212322112322211" +
  "212123212321232121111323131123131321112313132113132311211313231113231311112133112331132131" +
  "113123113321133121313121211331231131213113213311213131311123311321331121312113312311332111" +
  "314111221411431111111224111422121124121421141122141221112214112412122114122411142112142211" +
  "241211221114413111241112134111111242121142121241114212124112124211411212421112421211212141" +
  "214121412121111143111341131141114113114311411113411311113141114131311141411131211412211214" +
  "211232";
const STOP = "2331112";
const START_C = 105;
const SIGN = 6;
const MODULUS = 103;
/** White modules that stand before and behind. */
export const QUIET = 10;

/** @param {number} sign */
const widthsOf = (sign) => WIDTHS.slice(SIGN * sign, SIGN * sign + SIGN);

/**
 * The bars of a number, in modules.
 * @param {string} digits an even count of them
 * @returns {{ bars: { x: number, wide: number }[], wide: number }} `wide`: with both quiet zones
 */
export function barsOf(digits) {
  if (!/^([0-9]{2})+$/.test(digits)) throw new RangeError("digits in pairs");
  const signs = (digits.match(/../g) ?? []).map(Number);
  const check = signs.reduce((sum, sign, at) => sum + sign * (at + 1), START_C) % MODULUS;
  const widths = [START_C, ...signs, check].map(widthsOf).join("") + STOP;
  /** @type {{ x: number, wide: number }[]} */
  const bars = [];
  let x = QUIET;
  [...widths].map(Number).forEach((wide, at) => {
    if (at % 2 === 0) bars.push({ x, wide });
    x += wide;
  });
  return { bars, wide: x + QUIET };
}

/** One path for all bars, as high as 1. @param {string} digits */
export function pathOf(digits) {
  const { bars, wide } = barsOf(digits);
  return { d: bars.map((bar) => `M${bar.x} 0h${bar.wide}v1h-${bar.wide}z`).join(""), wide };
}
