// A state at a glance: colour, sign and word, square like the label of a folder.

import { html } from "../html.js";
import { icon } from "./icon.js";

/** @typedef {"due" | "alarm" | "done" | "voice" | "wait"} Tone */

/** @param {{ tone?: Tone, sign: import("./icon.js").IconName, children?: any }} props */
export function Chip({ tone = "wait", sign, children }) {
  return html`<span class=${`chip ${tone}`}>${icon(sign)}${children}</span>`;
}
