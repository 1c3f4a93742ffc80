// The tablet's own switches: when it locks, which hand, which light, the rescue file, its version.

import { words } from "../../words/zh/settings.js";
import { html, useEffect, useState } from "../html.js";
import { Button } from "../parts/button.js";
import { Card } from "../parts/card.js";
import { FaultBox, useCall } from "../parts/fault.js";
import { icon } from "../parts/icon.js";
import { turn, useShared } from "../state.js";
import { lookForNew, version } from "../update.js";
import { RescueSwitch } from "./rescue.js";

const MINUTES = [2, 5, 10, 15];

/**
 * One of a few, each a target of its own.
 * @param {{ name: string, title: string, hint: string, value: unknown,
 *   choices: [unknown, string][], choose: (value: any) => void, children?: any }} props
 */
function Choice({ name, title, hint, value, choices, choose, children }) {
  return html`<section class="card">
    <fieldset>
      <legend><h2>${title}</h2></legend>
      <div class="seg">
        ${choices.map(
          ([each, said]) =>
            html`<label>
              <input
                type="radio"
                name=${name}
                checked=${each === value}
                onChange=${() => choose(each)}
              />
              ${each === value && icon("check")}${said}
            </label>`,
        )}
      </div>
      <p class="quiet gap-above">${hint}</p>
      ${children}
    </fieldset>
  </section>`;
}

function Version() {
  const { update, install } = useShared();
  const [mark, setMark] = useState("");
  const [said, setSaid] = useState("");
  const { busy, run } = useCall();
  useEffect(() => {
    version().then(setMark);
  }, []);
  const look = async () => {
    setSaid("");
    setSaid((await run(lookForNew)) ? words.newest : words.unreached);
  };
  return html`<${Card} title=${words.version}>
    <p>${words.version_is(mark)}</p>
    <p role="status">${update ? words.waiting : said}</p>
    <div class="btns plain">
      <${Button} sign="down" busy=${busy} doing=${words.looking} onClick=${look}
        >${words.look_new}<//
      >
      ${install && html`<${Button} sign="plus" onClick=${install}>${words.install}<//>`}
    </div>
  <//>`;
}

/** @param {Pick<import("../screens.js").Props, "engine" | "status">} props */
function PositionSwitch({ engine, status }) {
  const { fault, run } = useCall();
  return html`<${Choice}
    name="position"
    title=${words.position}
    hint=${words.position_hint}
    value=${status.position_on}
    choices=${[
      [false, words.position_off],
      [true, words.position_on],
    ]}
    choose=${(/** @type {boolean} */ to) => run(() => engine.setPosition(to))}
    ><${FaultBox} fault=${fault}
  /><//>`;
}

/** @param {Pick<import("../screens.js").Props, "engine">} props */
const Lock = ({ engine }) =>
  html`<div class="thumb">
    <${Button} main big full sign="lock" onClick=${() => engine.lock().catch(() => {})}
      >${words.lock}<//
    >
  </div>`;

/** @param {import("../screens.js").Props} props */
export function Settings({ engine, status, go }) {
  const { daylight, hand } = useShared();
  const { fault, run } = useCall();
  const minutes = [...new Set([...MINUTES, status.idle_minutes])].sort((a, b) => a - b);
  return html`<main class="body">
    <div class="head">
      <h1>${words.title}<span class="mark">${words.marked}</span></h1>
    </div>
    <div class="cols list">
      <div class="stack">
        <${Choice}
          name="idle"
          title=${words.idle}
          hint=${words.idle_hint}
          value=${status.idle_minutes}
          choices=${minutes.map((n) => [n, words.minutes(n)])}
          choose=${(/** @type {number} */ n) => run(() => engine.setIdleMinutes(n))}
          ><${FaultBox} fault=${fault}
        /><//>
        <${Choice}
          name="hand"
          title=${words.hand}
          hint=${words.hand_hint}
          value=${hand}
          choices=${[
            ["left", words.left],
            ["right", words.right],
          ]}
          choose=${(/** @type {"left" | "right"} */ to) => turn({ hand: to })}
        />
        <${Choice}
          name="light"
          title=${words.light}
          hint=${words.light_hint}
          value=${daylight}
          choices=${[
            [false, words.plain],
            [true, words.daylight],
          ]}
          choose=${(/** @type {boolean} */ to) => turn({ daylight: to })}
        />
        <${PositionSwitch} engine=${engine} status=${status} />
      </div>
      <aside>
        <${Card} title=${words.staff}>
          <p>${words.staff_hint(status.staff.length)}</p>
          <div class="btns plain">
            <${Button} sign="people" onClick=${() => go("staff")}> ${words.staff_open}<//>
          </div>
        <//>
        <${RescueSwitch} engine=${engine} status=${status} />
        <${Version} />
        <${Lock} engine=${engine} />
      </aside>
    </div>
  </main>`;
}
