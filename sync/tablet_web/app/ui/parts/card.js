import { html } from "../html.js";
import { icon } from "./icon.js";

/** A white sheet with a heading. @param {{ title?: any, sign?: import("./icon.js").IconName, class?: string, id?: string, children?: any }} props */
export function Card({ title, sign, class: more = "", id, children }) {
  return html`<section class=${`card ${more}`} id=${id}>
    ${title && html`<h2>${sign && html`${icon(sign)} `}${title}</h2>`}${children}
  </section>`;
}

/** Label and value, one under the other: `rows` of [label, value]. @param {{ rows: ([string, any] | null | false)[] }} props */
export function Pairs({ rows }) {
  const shown = /** @type {[string, any][]} */ (rows.filter(Boolean));
  return html`<dl class="pairs">
    ${shown.map(
      ([label, value]) =>
        html`<dt>${label}</dt>
          <dd>${value}</dd>`,
    )}
  </dl>`;
}
