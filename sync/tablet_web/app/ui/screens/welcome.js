// A tablet that is nobody's yet: whether this browser is good for it, and the way in.

import { words as all } from "../../words/zh/enrolment.js";
import { checkup, passes, persist } from "../checkup.js";
import { html, useEffect, useState } from "../html.js";
import { Button } from "../parts/button.js";
import { Card } from "../parts/card.js";
import { Chip } from "../parts/chip.js";
import { icon } from "../parts/icon.js";
import { useShared } from "../state.js";

/** @typedef {import("../../types.js").Checkup} Checkup */
/** @typedef {Exclude<keyof Checkup, "suites">} Point */

const words = all.welcome;
const NEEDED = /** @type {Point[]} */ (["secure", "service_worker", "webcrypto", "indexeddb"]);
const WISHED = /** @type {Point[]} */ (["persisted", "camera"]);

/** @param {Checkup} found */
function suiteWords({ suites }) {
  if (suites.length === 2) return words.both_suites;
  return suites[0] === 1 ? words.suite_1 : words.suite_3;
}

/** @param {{ found: Checkup | null, point: Point, needed: boolean, children?: any }} props */
function Row({ found, point, needed, children }) {
  const [label, otherwise] = words.found[point];
  const good = found?.[point];
  const state = !found
    ? html`<${Chip} sign="clock">${words.looking}<//>`
    : good
      ? html`<${Chip} tone="done" sign="check">${words.good}<//>`
      : needed
        ? html`<${Chip} tone="alarm" sign="x">${words.bad}<//>`
        : html`<${Chip} tone="due" sign="warn">${words.less}<//>`;
  const said = point === "webcrypto" && found && good ? suiteWords(found) : "";
  return html`<li>
    <span><b>${label}</b>${said && html` <span class="quiet">${said}</span>`}</span>
    ${state} ${found && !good && html`<p class="then">${otherwise}</p>`}
    ${found && !good && children}
  </li>`;
}

/** @param {{ title: string, sign: import("../parts/icon.js").IconName, lines: readonly string[], open?: boolean }} props */
function Told({ title, sign, lines, open }) {
  return html`<details class="card told" open=${open}>
    <summary><h2>${icon(sign)} ${title}</h2></summary>
    <ul class="dots">
      ${lines.map((line) => html`<li>${line}</li>`)}
    </ul>
  </details>`;
}

/** @param {{ found: Checkup | null, keep: () => void, refused: boolean }} props */
function Checks({ found, keep, refused }) {
  return html`<${Card} class="low" title=${words.checks}>
    <ul class="lines two">
      ${NEEDED.map((point) => html`<${Row} found=${found} point=${point} needed=${true} />`)}
      ${WISHED.map(
        (point) =>
          html`<${Row} found=${found} point=${point} needed=${false}>
            ${point === "persisted" &&
            html`<p class="then"><${Button} onClick=${keep}>${words.ask_persist}<//></p>
              <p class="then msg look" role="status">${refused && words.persist_refused}</p>`}
          <//>`,
      )}
    </ul>
  <//>`;
}

/** What this browser can do, and whether it would not promise to keep. */
function useCheckup() {
  const [found, setFound] = useState(/** @type {Checkup | null} */ (null));
  const [refused, setRefused] = useState(false);
  useEffect(() => {
    checkup().then(setFound);
  }, []);
  const keep = async () => {
    await persist();
    const now = await checkup();
    setRefused(!now.persisted);
    setFound(now);
  };
  return { found, refused, keep };
}

/** @param {import("../screens.js").Props} props */
export function Welcome({ go }) {
  const { found, refused, keep } = useCheckup();
  const { install } = useShared();
  const blocked = found !== null && !passes(found);
  return html`<main class="body">
    <div class="head">
      <h1>${words.title}<span class="mark">${words.marked}</span></h1>
    </div>
    <div class="cols list">
      <div>
        <p class="lead">${words.intro}</p>
        <${Checks} found=${found} keep=${keep} refused=${refused} />
        <${Told} title=${words.limits} sign="shield" lines=${words.limits_lines} open=${true} />
        <${Told}
          title=${words.browsers}
          sign="tablet"
          lines=${words.browsers_lines}
          open=${blocked}
        />
      </div>
      <aside>
        ${install &&
        html`<${Card}>
          <p>${words.install_hint}</p>
          <div class="btns"><${Button} sign="plus" onClick=${install}>${words.install}<//></div>
        <//>`}
        <${Card}>
          <p>${words.rescue_hint}</p>
          <div class="btns">
            <${Button} sign="box" onClick=${() => go("rescue")}> ${words.rescue} <//>
          </div>
        <//>
        <div class="thumb">
          <p class="quiet gap-below">${words.code_from}</p>
          <${Button}
            main
            big
            full
            sign=${blocked ? "stop" : "key"}
            disabled=${!found || blocked}
            onClick=${() => {
              persist();
              go("enrol");
            }}
            >${!found ? words.looking : blocked ? words.blocked : words.start}<//
          >
        </div>
      </aside>
    </div>
  </main>`;
}
