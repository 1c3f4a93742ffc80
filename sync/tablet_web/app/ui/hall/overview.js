// The day as this tablet sees it: how many came, who waits where, and up to when others are known.

import { words } from "../../words/zh/hall.js";
import { dayAndWeek } from "../../words/zh/time.js";
import { html, useState } from "../html.js";
import { Button } from "../parts/button.js";
import { Card } from "../parts/card.js";
import { Chip } from "../parts/chip.js";
import { icon } from "../parts/icon.js";
import { named, useAsked } from "./ground.js";
import { PersonRow } from "./who.js";

/** @typedef {import("./ground.js").Here} Here */
/** @typedef {import("../../types.js").HallPhase} HallPhase */
/** @typedef {import("../../types.js").HallView} HallView */

const PHASES = /** @type {const} */ (["registered", "under_way", "finished", "left", "expected"]);
const ROWS = 40;

/** @param {{ here: Here, other: (() => void) | null }} props */
export function Overview({ here, other }) {
  const { view, status } = here;
  const [phase, setPhase] = useState(/** @type {HallPhase | ""} */ (""));
  const { counts } = view;
  const day = dayAndWeek(view.on, status.today);
  return html`<div class="hall-overview">
    <div class="head">
      <h1><span class="mark">${words.overview(view.arrived, view.people)}</span></h1>
      <span class="push">
        ${view.when === "today"
          ? day
          : view.when === "later"
            ? words.later(day, view.opens)
            : words.past}
        ${other && html` <${Button} onClick=${other}>${words.days}<//>`}
      </span>
    </div>
    <ul class="hall-figures">
      ${PHASES.map(
        (each) =>
          html`<li key=${each}>
            <button
              type="button"
              aria-pressed=${String(phase === each)}
              onClick=${() => setPhase(phase === each ? "" : each)}
            >
              <span>${words.counts[each]}</span><b>${counts[each]}</b>
              <span class="quiet">${phase === each ? words.closed : words.list}</span>
            </button>
          </li>`,
      )}
    </ul>
    ${phase && html`<${People} here=${here} phase=${phase} />`}
    <div class="cols list">
      <${Stations} view=${view} />
      <aside><${Known} here=${here} /></aside>
    </div>
  </div>`;
}

/** @param {{ here: Here, phase: HallPhase }} props */
function People({ here, phase }) {
  const { engine, view } = here;
  const people = useAsked(() => engine.hallList(view.day, phase), [view, phase]);
  if (!people) return html`<p class="quiet">${words.opening}</p>`;
  return html`<section class="hall-queue">
    <h2>${words.list_of(words.counts[phase], people.length)}</h2>
    <ul class="visits">
      ${people
        .slice(0, ROWS)
        .map(
          (person) =>
            html`<${PersonRow}
              key=${person.who}
              person=${person}
              side=${phase !== "expected" &&
              phase !== "finished" &&
              html`<${Chip} tone="due" sign="clock"
                >${words.still} ${named(view, person.missing.slice(0, 3), words.join)}<//
              >`}
            />`,
        )}
    </ul>
  </section>`;
}

/** @param {{ view: HallView }} props */
function Stations({ view }) {
  return html`<${Card} title=${words.stations}>
    <div class="tablebox">
      <table class="hall-table">
        <thead>
          <tr>
            <th scope="col">${words.station}</th>
            <th scope="col">${words.waits}</th>
            <th scope="col">${words.dones}</th>
          </tr>
        </thead>
        <tbody>
          ${view.stations.map(
            (each) =>
              html`<tr key=${each.id}>
                <th scope="row">${each.label}</th>
                <td><b>${each.waiting}</b></td>
                <td>${each.done}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  <//>`;
}

/** What these figures rest on. @param {{ here: Here }} props */
function Known({ here }) {
  const { view, status, go } = here;
  const { sync } = status;
  const { walk_ins, guests, doubled } = view.counts;
  return html`<${Card} title=${words.this_tablet}>
    <p>${sync.last === null ? words.never : words.online(sync.last)}</p>
    <p>${words.steps(view.waiting)}</p>
    ${!sync.online && html`<p>${icon("off")} ${words.offline_too}</p>`}
    ${walk_ins + guests > 0 && html`<p>${words.beside(walk_ins, guests)}</p>`}
    ${doubled > 0 && html`<p>${words.doubles(doubled)}</p>`}
    ${!view.complete && html`<p class="bold">${words.incomplete_next}</p>`}
    ${!view.numbers && html`<p class="bold">${words.no_numbers_next}</p>`}
    <div class="btns"><${Button} onClick=${() => go("sync")}>${words.to_sync}<//></div>
  <//>`;
}
