// The list of visits: villages under their names, a row a resident, the rest when asked for.

import { words } from "../../words/zh/home.js";
import { left, personText } from "../ages.js";
import { html, useState } from "../html.js";
import { Chip } from "../parts/chip.js";
import { icon } from "../parts/icon.js";
import { MORE_ROWS, neutral, overdue, place, ROWS, UNFOLDED } from "./home_rows.js";

/** @typedef {import("./home_rows.js").Visit} Visit */
/** @typedef {import("../catalogue.js").Catalogue} Catalogue */
/** @typedef {{ today: string, catalogue: Catalogue | null, open: (id: string) => void }} Drawn */

/** @param {{ visit: Visit } & Drawn} props */
function Row({ visit, today, catalogue, open }) {
  const { line, due, others } = visit;
  const until = due ? left(due.due, today) : null;
  const what = due ? neutral(catalogue, due) : words.service;
  return html`<li>
    <button
      type="button"
      class=${`visit ${until && until.days < 0 ? "over" : ""}`}
      onClick=${() => open(line.id)}
    >
      <span class="who"
        ><b>${line.name}</b
        ><span class="quiet"
          >${personText(line, today)}${line.tail && ` · ${line.tail}`}</span
        ></span
      >
      <span class="what"
        >${others ? words.and_more(what, others + 1) : what}<span class="quiet"
          >${place(line)}</span
        ></span
      >
      ${until && html`<${Chip} tone=${until.tone} sign=${until.sign}>${until.text}<//>`}
      <span class="go">${icon("right")}</span>
    </button>
  </li>`;
}

/** One village: some rows, and the rest on demand. @param {{ village: { name: string, visits: Visit[] }, unfolded: boolean } & Drawn} props */
function Village({ village, unfolded, ...drawn }) {
  const { name, visits } = village;
  const [shown, setShown] = useState(unfolded ? ROWS : 0);
  const rest = visits.length - shown;
  const late = overdue(visits, drawn.today);
  const title = name || words.unknown_village;
  if (!shown) {
    return html`<button type="button" class="visits fold" onClick=${() => setShown(MORE_ROWS)}>
      <span><b>${title}</b> <span class="quiet">${words.left(visits.length)}</span></span>
      ${late > 0 && html`<${Chip} tone="alarm" sign="warn">${words.over(late)}<//>`}
      <span class="go">${icon("down")}</span>
    </button>`;
  }
  return html`<section>
    <h2 class="place">${title} <span class="quiet">${words.left(visits.length)}</span></h2>
    <ul class="visits">
      ${visits
        .slice(0, shown)
        .map((visit) => html`<${Row} key=${visit.line.id} visit=${visit} ...${drawn} />`)}
    </ul>
    ${rest > 0 &&
    html`<button type="button" class="btn full more" onClick=${() => setShown(shown + MORE_ROWS)}>
      ${words.more_rows(Math.min(rest, MORE_ROWS))}
    </button>`}
  </section>`;
}

/** @param {{ villages: { name: string, visits: Visit[] }[] } & Drawn} props */
export function Villages({ villages, ...drawn }) {
  return html`<div class="villages">
    ${villages.map(
      (village, n) =>
        html`<${Village}
          key=${village.name}
          village=${village}
          unfolded=${n < UNFOLDED}
          ...${drawn}
        />`,
    )}
  </div>`;
}

const NAMED = 6;

/** Who has been visited today, folded to one line. @param {{ lines: import("../../types.js").Line[] } & Drawn} props */
export function Done({ lines, today, open }) {
  if (!lines.length) return null;
  const names = lines.slice(0, NAMED).map((line) => line.name);
  const more = lines.length > NAMED ? words.and_others(lines.length) : "";
  return html`<details class="visits done-list">
    <summary class="visit ok">
      <span>${words.done}${names.join(words.join)}${more}</span>
      <${Chip} tone="done" sign="check">${words.saved(lines.length)}<//>
      <span class="go">${icon("down")}</span>
    </summary>
    <ul>
      ${lines.map(
        (line) =>
          html`<li key=${line.id}>
            <button type="button" class="visit short" onClick=${() => open(line.id)}>
              <span class="who"><b>${line.name}</b></span>
              <span class="quiet">${personText(line, today)}${line.tail && ` · ${line.tail}`}</span>
              <span class="go">${icon("right")}</span>
            </button>
          </li>`,
      )}
    </ul>
  </details>`;
}
