// The papers somebody carries through the hall: the route sheet in large type, a label a tube.

import { paper as words } from "../../words/zh/hall.js";
import { dayAndWeek, dayOf, hour } from "../../words/zh/time.js";
import { html } from "../html.js";
import { pathOf as squares } from "../parts/qr.js";
import { pathOf as bars } from "./code128.js";
import { stationOf } from "./ground.js";
import { grouped, ticketText } from "./mask.js";

/** @typedef {import("../../types.js").HallView} HallView */
/** @typedef {import("../../types.js").HallPerson} HallPerson */
/** @typedef {import("../../types.js").HallLabel} HallLabel */
/** @typedef {{ data: ArrayLike<number>, width: number, height: number }} Symbol */

const QUIET = 4;

/** @param {HallPerson} person */
const about = (person) =>
  [words.sex[person.sex], words.born(person.birth)].filter(Boolean).join(" ");

/** @param {{ symbol: Symbol }} props */
function Square({ symbol }) {
  const size = symbol.width + 2 * QUIET;
  return html`<svg
    class="p-code"
    viewBox=${`0 0 ${size} ${size}`}
    shape-rendering="crispEdges"
    aria-hidden="true"
  >
    <path d=${squares(symbol)} />
  </svg>`;
}

/**
 * @param {{ view: HallView, person: HallPerson, now: number, ticket: string,
 *   symbol: Symbol | null, voids: boolean }} props
 */
export function RouteSheet({ view, person, now, ticket, symbol, voids }) {
  const today = dayOf(now);
  return html`<article class="p-sheet">
    <header>
      <div>
        <p>${view.facility}</p>
        <h1>${words.sheet}</h1>
        <p>${dayAndWeek(view.on, today)} ${view.place}</p>
      </div>
      ${symbol && html`<${Square} symbol=${symbol} />`}
    </header>
    <div class="p-who">
      <div>
        <p class="p-name">${person.name}</p>
        <p>${about(person)}</p>
        ${person.tail && html`<p>${words.tail(person.tail)}</p>`}
      </div>
      <div class="p-ticket">
        <p>${words.ticket}</p>
        <p class="p-number">${ticket ? ticketText(ticket) : words.no_ticket}</p>
      </div>
    </div>
    ${voids && html`<p class="p-void">${words.voids}</p>`}
    <ol class="p-stations">
      ${person.route.map((id) => {
        const station = stationOf(view, id);
        const done = person.parts.some((part) => part.station === id && part.mark === "1");
        return html`<li key=${id}>
          <span class=${`p-box ${done ? "on" : ""}`}></span>
          <b>${station?.label ?? id}</b>
          ${station?.note && html`<span class="p-note">${station.note}</span>`}
        </li>`;
      })}
    </ol>
    <footer>
      <p>${words.checks}</p>
      <p>${words.back}</p>
      <p class="p-small">${words.printed(hour(now))}</p>
    </footer>
  </article>`;
}

/** @param {{ view: HallView, person: HallPerson, now: number, ticket: string, labels: HallLabel[] }} props */
export function Labels({ view, person, ticket, labels }) {
  return html`${labels.map((label) => {
    const { d, wide } = bars(label.number);
    return html`<article class="p-label" key=${label.number}>
      <p class="p-top"><b>${person.name}</b><span>${about(person)}</span></p>
      <svg viewBox=${`0 0 ${wide} 1`} preserveAspectRatio="none" shape-rendering="crispEdges">
        <path d=${d} />
      </svg>
      <p class="p-digits">${grouped(label.number)}</p>
      <p class="p-top">
        <b>${label.label}</b><span>${ticketText(ticket)} ${view.on.slice(5)}</span>
      </p>
    </article>`;
  })}`;
}
