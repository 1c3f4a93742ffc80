import { html } from "../html.js";

/** A bar beside the words that say the same; for the eye only. @param {{ done: number, of: number, say: any }} props */
export function Bar({ done, of, say }) {
  return html`<div class="progress">
    <p aria-live="polite">${say}</p>
    <progress
      aria-hidden="true"
      max=${of || 1}
      value=${of ? Math.min(done, of) : undefined}
    ></progress>
  </div>`;
}
