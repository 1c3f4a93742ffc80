// A tablet at a station: who waits, by ticket; scanned or pressed, what the station fills in.

import { words } from "../../words/zh/hall.js";
import { html, useRef, useState } from "../html.js";
import { Button } from "../parts/button.js";
import { Card } from "../parts/card.js";
import { Chip } from "../parts/chip.js";
import { Empty } from "../parts/empty.js";
import { FaultBox, useCall } from "../parts/fault.js";
import { Several } from "./desk_person.js";
import { named, stationOf, useAsked } from "./ground.js";
import { Lens } from "./lens.js";
import { lookUp } from "./look_up.js";
import { Outcome } from "./outcome.js";
import { ScanBox, toField } from "./scan_box.js";
import { StationForm } from "./station_form.js";
import { PersonRow } from "./who.js";

/** @typedef {import("./ground.js").Here} Here */
/** @typedef {import("../../types.js").HallPerson} HallPerson */
/** @typedef {import("../../types.js").HallStation} HallStation */
/** @typedef {import("./look_up.js").Found} Found */
/** @typedef {{ at: "list", said: string } | Found} Stage */

const ROWS = 12;

/** @param {{ here: Here }} props */
export function StationPage({ here }) {
  const [choosing, setChoosing] = useState(false);
  const station = stationOf(here.view, here.switches.station);
  if (!station || choosing) {
    const choose = (/** @type {string} */ id) => {
      here.turn({ station: id });
      setChoosing(false);
    };
    return html`<${Choose} here=${here} choose=${choose} />`;
  }
  return html`<${At}
    key=${station.id}
    here=${here}
    station=${station}
    other=${() => setChoosing(true)}
  />`;
}

/** @param {{ here: Here, choose: (id: string) => void }} props */
function Choose({ here, choose }) {
  return html`<section class="hall-choose">
    <h1>${words.choose_station}</h1>
    <p class="quiet">${words.choose_station_next}</p>
    <div class="grid">
      ${here.view.stations.map(
        (each) =>
          html`<button
            type="button"
            class="btn big"
            key=${each.id}
            onClick=${() => choose(each.id)}
          >
            <span
              ><b>${each.label}</b><span class="quiet">${words.waiting(each.waiting)}</span></span
            >
          </button>`,
      )}
    </div>
  </section>`;
}

/** @param {{ here: Here, station: HallStation, other: () => void }} props */
function At({ here, station, other }) {
  const { sound } = here;
  const [stage, setStage] = useState(/** @type {Stage} */ ({ at: "list", said: "" }));
  const call = useCall();
  const busy = useRef(false);
  const take = (/** @type {Found} */ found) => {
    if (found.at === "person") sound("found");
    setStage(found);
    toField();
  };
  const found = async (/** @type {string} */ text, /** @type {"camera" | "type"} */ input) => {
    if (busy.current) return;
    busy.current = true;
    await call.run(async () => take(await lookUp(here, text, input)));
    busy.current = false;
  };
  const back = (said = "") => {
    setStage({ at: "list", said });
    toField();
  };
  const person = (/** @type {HallPerson} */ one) => take({ at: "person", person: one, scan: null });
  if (stage.at === "person") {
    return html`<${StationForm}
      key=${stage.person.who}
      here=${here}
      station=${station}
      person=${stage.person}
      scan=${stage.scan}
      back=${back}
    />`;
  }
  const idle = stage.at === "list";
  return html`<div class=${`hall-desk ${idle ? "idle" : ""}`}>
    <div class="hall-left">
      ${idle &&
      html`<div class="head">
        <h1>${station.label} <span class="mark">${words.waiting(station.waiting)}</span></h1>
        <span class="push"><${Button} onClick=${other}>${words.change_station}<//></span>
      </div>`}
      <${ScanBox}
        found=${(/** @type {string} */ text) => found(text, "type")}
        enter=${idle ? null : () => back()}
        low=${!idle}
      />
      <${FaultBox} fault=${call.fault} />
      ${stage.at === "list" &&
      stage.said &&
      html`<p class="hall-said" role="status">${stage.said}</p>`}
      ${stage.at === "several" &&
      html`<${Several} people=${stage.people} choose=${person} back=${() => back()} />`}
      ${stage.at === "outcome" &&
      html`<${Outcome} outcome=${stage.scan.outcome} go=${() => back()} />`}
      ${idle && html`<${Queue} here=${here} station=${station} open=${person} />`}
    </div>
    <${Beside} here=${here} station=${station} idle=${idle} busy=${call.busy} found=${found} />
  </div>`;
}

/**
 * @param {{ here: Here, station: HallStation, idle: boolean, busy: boolean,
 *   found: (text: string, input: "camera" | "type") => void }} props
 */
function Beside({ here, station, idle, busy, found }) {
  return html`<aside class="hall-side" hidden=${!idle}>
    <div class="hall-lens" hidden=${!here.switches.camera}>
      ${here.switches.camera &&
      html`<${Lens} on=${!busy} found=${(/** @type {string} */ text) => found(text, "camera")} />`}
    </div>
    ${station.note && html`<${Card}><p class="bold">${station.note}</p><//>`}
    <section class="thumb">
      <${Button} sign="camera" full onClick=${() => here.turn({ camera: !here.switches.camera })}
        >${here.switches.camera ? words.lens_off : words.lens_on}<//
      >
    </section>
  </aside>`;
}

/** @param {{ here: Here, station: HallStation, open: (person: HallPerson) => void }} props */
function Queue({ here, station, open }) {
  const { engine, view } = here;
  const [most, setMost] = useState(ROWS);
  const people = useAsked(() => engine.hallQueue(view.day, station.id), [view, station.id]);
  if (!people) return html`<p class="quiet">${words.opening}</p>`;
  if (!people.length) {
    return html`<${Card}><${Empty} now=${words.nobody} next=${words.nobody_next} /><//>`;
  }
  return html`<section class="hall-queue">
    <h2 class="vh">${words.waiting_list}</h2>
    <ul class="visits">
      ${people
        .slice(0, most)
        .map(
          (person) =>
            html`<${PersonRow}
              key=${person.who}
              person=${person}
              side=${person.next === station.id
                ? html`<${Chip} tone="done" sign="check">${words.next_here}<//>`
                : html`<${Chip} sign="clock"
                    >${words.before(named(view, [person.next], words.join))}<//
                  >`}
              open=${() => open(person)}
            />`,
        )}
    </ul>
    ${people.length > most &&
    html`<${Button} full onClick=${() => setMost(most + 40)}
      >${words.more(Math.min(40, people.length - most))}<//
    >`}
  </section>`;
}
