import { html } from "../html.js";

/** Nothing to list: one sentence what is true, one what comes next. @param {{ now: any, next?: any, action?: any }} props */
export function Empty({ now, next, action }) {
  return html`<div class="empty">
    <p class="bold">${now}</p>
    ${next && html`<p>${next}</p>`}${action}
  </div>`;
}
