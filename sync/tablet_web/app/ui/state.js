// What the pages share while they are open: the engine's last word, the two switches of the tablet,
// whether a new version waits, what a form wants said in the strip. Only the switches are kept.

import { useEffect, useState } from "./html.js";
import { dress, keep, kept } from "./look.js";

/** @typedef {import("../types.js").Status} Status */
/** @typedef {import("../types.js").Hex} Hex */

/**
 * @typedef {object} Shared
 * @property {Status | null} status
 * @property {{ residents: Hex[] } | null} changed A new object with every change that came in.
 * @property {{ days: Hex[] } | null} hall Likewise, of checkup days.
 * @property {"" | "waiting" | "taken"} update
 * @property {boolean} daylight
 * @property {"right" | "left"} hand
 * @property {string} strip Of the page that is open; "" the usual words.
 * @property {(() => void) | null} install Asks whether to put the app among the tablet's own.
 * @property {"" | "second" | "no_engine"} trouble
 */

/** @type {Shared} */
let shared = {
  status: null,
  changed: null,
  hall: null,
  update: "",
  install: null,
  ...kept(),
  strip: "",
  trouble: "",
};
/** @type {Set<() => void>} */
const listeners = new Set();

export function get() {
  return shared;
}

/** @param {Partial<Shared>} some */
export function set(some) {
  shared = { ...shared, ...some };
  for (const listener of listeners) listener();
}

/** The two switches of the tablet. @param {Partial<import("./look.js").Look>} some */
export function turn(some) {
  set(some);
  keep({ daylight: shared.daylight, hand: shared.hand });
  wear();
}

/** The page wears the switches. */
export function wear() {
  dress({ daylight: shared.daylight, hand: shared.hand });
}

export function useShared() {
  const [, redraw] = useState(0);
  useEffect(() => {
    let last = 0;
    const listener = () => {
      last += 1;
      redraw(last);
    };
    listeners.add(listener);
    listener();
    return () => {
      listeners.delete(listener);
    };
  }, []);
  return shared;
}

/** What the strip says while this page is open, e.g. when a draft was kept last. @param {string} text */
export function useStrip(text) {
  useEffect(() => {
    set({ strip: text });
    return () => set({ strip: "" });
  }, [text]);
}
