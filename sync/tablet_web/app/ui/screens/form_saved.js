// After a form: what was kept, what follows and by when, and where to go on.

import { words } from "../../words/zh/form.js";
import { html } from "../html.js";
import { Button } from "../parts/button.js";
import { icon } from "../parts/icon.js";

/** @typedef {import("../screens.js").Props} Props */

/**
 * @param {{ name: string, labels: string[], due: string | null, today: string, resident: string,
 *   replace: Props["replace"] }} props
 */
export function Saved({ name, labels, due, today, resident, replace }) {
  return html`<main class="body">
    <div class="ticket saved" role="status">
      <div>
        <h1>${icon("check")} <span class="mark">${words.saved}</span></h1>
        <p class="bold">${name}</p>
        ${labels.map((each) => html`<p>${each}</p>`)}
        ${labels.length > 1 && html`<p>${words.savedMany(labels.length)}</p>`}
      </div>
      <div class="tear"></div>
      <div>
        ${due && html`<p class="bold">${words.nextDay(due, today)}</p>`}
        <p>${words.savedNext}</p>
      </div>
    </div>
    <div class="thumb saved-ways">
      <${Button} big onClick=${() => replace("archive", { resident })}>${words.toArchive}<//>
      <${Button} big main sign="home" onClick=${() => replace("home")}>${words.toHome}<//>
    </div>
  </main>`;
}
