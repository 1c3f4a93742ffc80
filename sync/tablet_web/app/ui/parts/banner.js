// What stands across a page until it is put right: one at most. It has no x: it goes when what it
// says is no longer so.

import { html } from "../html.js";
import { icon } from "./icon.js";

/**
 * @param {{ tone?: import("./chip.js").Tone, sign: import("./icon.js").IconName, title: any,
 *   children?: any, action?: any }} props
 */
export function Banner({ tone = "wait", sign, title, children, action }) {
  return html`<section class=${`banner ${tone}`} aria-label=${title}>
    ${icon(sign)}
    <div>
      <p class="bold">${title}</p>
      ${children && html`<p>${children}</p>`}
    </div>
    ${action && html`<div class="act">${action}</div>`}
  </section>`;
}
