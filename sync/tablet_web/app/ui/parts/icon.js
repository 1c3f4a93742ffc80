// The signs that stand beside words, drawn by line. A state is never a sign alone: a word follows.

import { html } from "../html.js";

const CIRCLE = (/** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ r) =>
  `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`;

/** Name -> paths on a field of 24 x 24. */
export const ICONS = Object.freeze({
  box: ["M12 3.5v11M7.5 10.5L12 15l4.5-4.5M4 16v4.5h16V16"],
  cal: [
    "M5.5 5h13a2 2 0 0 1 2 2v11.5a2 2 0 0 1-2 2h-13a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2z",
    "M3.5 10h17M8 2.8v4M16 2.8v4",
  ],
  camera: ["M4 7.5h3.5L9 5h6l1.5 2.5H20V19H4z", CIRCLE(12, 13, 3.4)],
  check: ["M4 12.5l5.2 5L20 6.5"],
  clock: [CIRCLE(12, 12, 9), "M12 7v5.2l3.4 2"],
  cloud: ["M7.5 18.5h9.7a4 4 0 0 0 .5-8A6 6 0 0 0 6.4 9.7a4.5 4.5 0 0 0 1.1 8.8z"],
  down: ["M12 4v15.5M5.5 13L12 19.5l6.5-6.5"],
  eye: ["M2.5 12S6 5.8 12 5.8 21.5 12 21.5 12 18 18.2 12 18.2 2.5 12 2.5 12z", CIRCLE(12, 12, 2.8)],
  file: ["M3.5 5h6.5l2 2.5h8.5V19h-17z", "M3.5 10.5h17"],
  find: [CIRCLE(10.5, 10.5, 6.5), "M15.5 15.5L21 21"],
  flag: ["M5 21.5V3.5h13l-3 4.7 3 4.8H5"],
  hand: [
    "M8 12V5.5a1.5 1.5 0 0 1 3 0V11M11 10.5v-6a1.5 1.5 0 0 1 3 0V11M14 10.5V6a1.5 1.5 0 0 1 3 0v8.5c0 4-2.2 6.5-5.5 6.5-2.8 0-4.3-1.3-5.5-3.5L3.8 13.5c-.7-1.4 1-2.5 2-1.3L8 14.5",
  ],
  home: ["M3.5 11.5L12 4l8.5 7.5M6 9.8V20h12V9.8"],
  key: [CIRCLE(8, 15.5, 4.5), "M11.3 12.3L20 3.6M16.5 7.1l3 3"],
  left: ["M15 5l-7 7 7 7"],
  lock: ["M5.5 10.5h13v10h-13z", "M8 10.5V7.5a4 4 0 0 1 8 0v3M12 14.5v2.5"],
  off: [
    "M7.5 18.5h9.7a4 4 0 0 0 2.3-7.2M16.6 8.7A6 6 0 0 0 9 7M6.4 9.7A4.5 4.5 0 0 0 7.5 18.5M3.5 3.5l17 17",
  ],
  pen: ["M4 20l1-4.6L16.2 4.2l3.6 3.6L8.6 19z", "M13.8 6.6l3.6 3.6"],
  people: [
    CIRCLE(9, 8, 3.5),
    "M2.5 20c.4-4 3-6 6.5-6s6.1 2 6.5 6M16 5.2a3.2 3.2 0 0 1 0 5.9M18 14.5c2 .8 3.2 2.7 3.5 5.5",
  ],
  phone: [
    "M6.2 3.5l3 .3 1.3 4-2 1.9a12 12 0 0 0 5.8 5.8l1.9-2 4 1.3.3 3c-.2 1.6-1.6 2.7-3.3 2.5C10 19.5 4.5 14 3.7 6.8c-.2-1.7.9-3.1 2.5-3.3z",
  ],
  plus: ["M12 5v14M5 12h14"],
  qr: ["M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h2.5M20 14v2.5M14 18v2h3M20 20v-.1"],
  right: ["M9 5l7 7-7 7"],
  save: ["M4 4h13l3 3v13H4z", "M8 4v5h7V4M8 20v-6h8v6"],
  settings: ["M4 7h9M19 7h1M4 17h1M11 17h9", CIRCLE(16, 7, 2.6), CIRCLE(8, 17, 2.6)],
  shield: [
    "M12 3l7.5 2.8v6c0 4.6-3 7.8-7.5 9.4-4.5-1.6-7.5-4.8-7.5-9.4v-6z",
    "M8.5 12l2.6 2.5 4.4-4.8",
  ],
  stop: ["M8 2.8h8L21.2 8v8L16 21.2H8L2.8 16V8z", "M12 7.5v5.2M12 16.3v.1"],
  sun: [
    CIRCLE(12, 12, 4.2),
    "M12 2.5v2.3M12 19.2v2.3M2.5 12h2.3M19.2 12h2.3M5.3 5.3l1.6 1.6M17.1 17.1l1.6 1.6M5.3 18.7l1.6-1.6M17.1 6.9l1.6-1.6",
  ],
  swap: ["M4 8h14l-3.6-3.6M20 16H6l3.6 3.6"],
  tablet: [
    "M7 2.8h10a2 2 0 0 1 2 2v14.4a2 2 0 0 1-2 2H7a2 2 0 0 1-2-2V4.8a2 2 0 0 1 2-2z",
    "M11 18h2",
  ],
  up: ["M12 20V4.5M5.5 11L12 4.5l6.5 6.5"],
  voice: ["M4 4.5h16v11H11l-5 4.5v-4.5H4z", "M8 8.5h8M8 11.7h5"],
  warn: ["M12 3.5l9.3 16.5H2.7z", "M12 10v4.4M12 17.2v.1"],
  x: ["M5.5 5.5l13 13M18.5 5.5l-13 13"],
});

/** @typedef {keyof typeof ICONS} IconName */

/** A sign for the eye only: the word beside it is what is read out. @param {IconName} name */
export function icon(name) {
  return html`<svg class="i" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    ${ICONS[name].map((d) => html`<path d=${d} />`)}
  </svg>`;
}
