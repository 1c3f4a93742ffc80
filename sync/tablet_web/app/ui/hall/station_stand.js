// How somebody stands with a station: signed in or not, done before, the tubes with their labels.

import { words } from "../../words/zh/hall.js";
import { html, useState } from "../html.js";
import { Button } from "../parts/button.js";
import { Card } from "../parts/card.js";
import { FaultBox, useCall } from "../parts/fault.js";
import { icon } from "../parts/icon.js";
import { grouped } from "./mask.js";
import { printed } from "./print.js";
import { sign } from "./signs.js";

/** @typedef {import("./ground.js").Here} Here */
/** @typedef {import("../../types.js").HallPerson} HallPerson */
/** @typedef {import("../../types.js").HallStation} HallStation */

const DONE = "1";
const TAKEN_BACK = "3";

/** What was said of this station before. @param {HallPerson} person @param {HallStation} station */
const before = (person, station) =>
  person.parts.find((each) => each.station === station.id && each.mark !== TAKEN_BACK);

/** How this person stands with the station. @param {{ here: Here, person: HallPerson, station: HallStation, busy: boolean, takeBack: () => void }} props */
export function Standing({ here, person, station, busy, takeBack }) {
  const earlier = before(person, station);
  const call = useCall();
  const [came, setCame] = useState(person.phase !== "expected");
  const { engine, view, again } = here;
  const signIn = () =>
    call.run(async () => {
      await engine.hallCheckIn(view.day, { who: person.who }, "3");
      setCame(true);
      again();
    });
  return html`<div class="hall-stand">
    ${!came &&
    html`<${Card}
      ><p class="bold">${icon("people")} ${words.not_in}</p>
      <p>${words.not_in_next}</p>
      <${FaultBox} fault=${call.fault} />
      <${Button} full busy=${call.busy} doing=${words.checking_in} onClick=${signIn}
        >${words.check_in}<//
      ><//
    >`}
    ${!person.route.includes(station.id) &&
    html`<${Card}
      ><p class="bold">${icon("eye")} ${words.not_routed}</p>
      <p>${words.not_routed_next}</p><//
    >`}
    ${earlier &&
    html`<${Card}
      ><p class="bold">
        ${icon("check")}
        ${earlier.mark === DONE ? words.done_at(earlier.at) : words.not_done_at(earlier.at)}
      </p>
      <p>${words.done_again}</p>
      <${Button} full busy=${busy} onClick=${takeBack}>${words.take_back}<//><//
    >`}
    ${station.tubes.length > 0 &&
    html`<${Tubes} here=${here} person=${person} station=${station} />`}
    ${station.note && html`<${Card}><p class="bold">${icon("flag")} ${station.note}</p><//>`}
  </div>`;
}

/** The labels of this person's tubes, to be held against what is in the hand. @param {{ here: Here, person: HallPerson, station: HallStation }} props */
function Tubes({ here, person, station }) {
  const { engine, view } = here;
  const [sheet, setSheet] = useState(person.sheet);
  const call = useCall();
  const labels = (sheet?.labels ?? []).filter(({ tube }) => station.tubes.includes(tube));
  const print = () =>
    call.run(async () => {
      const made = await engine.hallSheet(view.day, person.who);
      setSheet(made.sheet);
      printed(here, made, sheet !== null);
    });
  return html`<${Card} title=${words.labels_of}>
    ${labels.length
      ? html`<ul class="hall-tubes">
          ${labels.map(
            (each) =>
              html`<li key=${each.number}>
                <b>${each.label}</b><span>${grouped(each.number)}</span>
              </li>`,
          )}
        </ul>`
      : html`<p>${words.no_labels}</p>`}
    <${FaultBox} fault=${call.fault} />
    <${Button} full busy=${call.busy} onClick=${print}
      >${sign("print")}${labels.length ? words.reprint : words.print_labels}<//
    >
  <//>`;
}
