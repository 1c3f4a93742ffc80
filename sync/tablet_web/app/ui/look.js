// How the screen looks on this tablet: which light, which hand. The only thing that is kept where
// anybody who holds the tablet can read it: it says nothing of anybody.

/** @typedef {{ daylight: boolean, hand: "right" | "left" }} Look */

const KEPT = "gongwei-tablet-switches";
/** @type {Look} */
const PLAIN = { daylight: false, hand: "right" };

/** @returns {Look} */
export function kept() {
  if (typeof localStorage === "undefined") return PLAIN;
  try {
    const found = JSON.parse(localStorage.getItem(KEPT) ?? "{}");
    return { daylight: found.daylight === true, hand: found.hand === "left" ? "left" : "right" };
  } catch {
    return PLAIN;
  }
}

/** @param {Look} look */
export function keep(look) {
  try {
    localStorage.setItem(KEPT, JSON.stringify(look));
  } catch {
    // A browser that keeps nothing: the switch holds until the app is closed.
  }
}

/** The root element wears them, where the style sheets look. @param {Look} look */
export function dress({ daylight, hand }) {
  const root = document.documentElement;
  if (daylight) root.dataset.light = "daylight";
  else delete root.dataset.light;
  if (hand === "left") root.dataset.hand = "left";
  else delete root.dataset.hand;
}
