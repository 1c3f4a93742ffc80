import { html } from "../html.js";
import { icon } from "./icon.js";

/** What is under way; a bar beside the words that say the same where the end is known. @param {{ done: number, of: number, say: any }} props */
export function Bar({ done, of, say }) {
  return html`<div class="progress">
    <p class="tick" aria-live="polite">${icon("clock")}<span>${say}</span></p>
    ${of > 0 &&
    html`<progress aria-hidden="true" max=${of} value=${Math.min(done, of)}></progress>`}
  </div>`;
}
