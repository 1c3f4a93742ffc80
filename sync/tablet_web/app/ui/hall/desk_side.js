// Beside the scan: who was signed in last, what is printed, and the way for strangers.

import { words } from "../../words/zh/hall.js";
import { html, useState } from "../html.js";
import { Button } from "../parts/button.js";
import { Card } from "../parts/card.js";
import { Chip } from "../parts/chip.js";
import { icon } from "../parts/icon.js";
import { sign } from "./signs.js";
import { PersonRow } from "./who.js";

/** @typedef {import("./ground.js").Here} Here */
/** @typedef {import("./desk.js").DeskActs} DeskActs */

const SIZES = /** @type {const} */ (["a5", "a4", "roll"]);

/** What stands in the way of numbers or of the list. @param {{ here: Here }} props */
function Lacks({ here }) {
  const { view } = here;
  const said = !view.numbers
    ? [words.no_numbers, words.no_numbers_next]
    : !view.complete
      ? [words.incomplete, words.incomplete_next]
      : null;
  if (!said) return null;
  return html`<${Card}
    ><p class="bold">${icon("off")} ${said[0]}</p>
    <p>${said[1]}</p><//
  >`;
}

/** @param {{ here: Here, desk: DeskActs, guest: () => void }} props */
export function Side({ here, desk, guest }) {
  const [asked, setAsked] = useState("");
  const { switches, turn } = here;
  return html`<aside class="hall-side">
    <${Lacks} here=${here} />
    <${Card} title=${words.recent}>
      ${desk.last.length === 0
        ? html`<p class="quiet">${words.recent_none}</p>`
        : html`<ul class="recent">
            ${desk.last.map(
              (person) =>
                html`<${PersonRow}
                    key=${person.who}
                    person=${person}
                    side=${html`<${Chip} sign="check" tone="done"
                      >${words.at_hour(person.arrived ?? here.status.now)}<//
                    >`}
                    open=${() => setAsked(asked === person.who ? "" : person.who)}
                  />${asked === person.who &&
                  html`<li>
                    <${Button} full busy=${desk.call.busy} onClick=${() => desk.sheet(person.who)}
                      >${sign("print")}${words.reprint}<//
                    >
                  </li>`}`,
            )}
          </ul>`}
    <//>
    <${Papers} switches=${switches} turn=${turn} />
    <section class="thumb">
      <${Button} big full sign="pen" onClick=${guest}>${words.guest}<//>
    </section>
  </aside>`;
}

/** What is printed after a check-in, on what, and whether the camera is on. @param {{ switches: Here["switches"], turn: Here["turn"] }} props */
function Papers({ switches, turn }) {
  return html`<${Card}>
    <details class="told">
      <summary class="bold">${words.papers}</summary>
      <div class="switches">
        ${
          /** @type {const} */ (["sheet", "labels"]).map(
            (name) =>
              html`<label class="switch" key=${name}
                ><input
                  type="checkbox"
                  checked=${switches[name]}
                  onChange=${() => turn({ [name]: !switches[name] })}
                />${words[name]}</label
              >`,
          )
        }
        <div class="seg" role="radiogroup" aria-label=${words.paper}>
          ${SIZES.map(
            (each) =>
              html`<label key=${each}
                ><input
                  type="radio"
                  name="hall-paper"
                  checked=${switches.size === each}
                  onChange=${() => turn({ size: each })}
                />${words.sizes[each]}</label
              >`,
          )}
        </div>
        <${Button} sign="camera" full onClick=${() => turn({ camera: !switches.camera })}
          >${switches.camera ? words.lens_off : words.lens_on}<//
        >
      </div>
    </details>
  <//>`;
}
