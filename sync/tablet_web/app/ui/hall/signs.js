// Signs that only a hall needs, drawn like those of parts/icon.js.

import { html } from "../html.js";

/** @type {Record<string, string[]>} */
const SIGNS = {
  loud: ["M4 9.5v5h3.5L12 19V5L7.5 9.5z", "M15.5 9a4.2 4.2 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11"],
  quiet: ["M4 9.5v5h3.5L12 19V5L7.5 9.5z", "M15.5 9.5l5 5M20.5 9.5l-5 5"],
  print: [
    "M7 9V3.5h10V9",
    "M5 9h14a1.5 1.5 0 0 1 1.5 1.5V16H17M7 16H3.5v-5.5A1.5 1.5 0 0 1 5 9",
    "M7 13.5h10v7H7z",
  ],
  out: ["M13 4H5v16h8", "M10 12h10.5M16.5 8l4 4-4 4"],
};

/** @param {"loud" | "quiet" | "print" | "out"} name */
export function sign(name) {
  return html`<svg class="i" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    ${SIGNS[name]?.map((d) => html`<path d=${d} />`)}
  </svg>`;
}
