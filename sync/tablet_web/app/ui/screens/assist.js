// Assisted mode: what can be done here for somebody without a phone, and what became of what was.

import { words } from "../../words/zh/assist.js";
import { html, useEffect, useState } from "../html.js";
import { Button } from "../parts/button.js";
import { Card } from "../parts/card.js";
import { Chip } from "../parts/chip.js";
import { Empty } from "../parts/empty.js";
import { asFault, FaultBox } from "../parts/fault.js";
import { icon } from "../parts/icon.js";
import { ready } from "../parts/qr.js";
import { AssistBar } from "./assist_bar.js";

/** @typedef {import("../screens.js").Props} Props */
/** @typedef {import("../../types.js").Mine} Mine */

/** @param {string} kind */
const isAct = (kind) => kind in words.acts;

/** @param {Mine} mine @returns {{ tone: import("../parts/chip.js").Tone, sign: import("../parts/icon.js").IconName }} */
function lookOf({ state, reason }) {
  if (state === "applied") return { tone: "done", sign: "check" };
  if (state === "quarantined" || (state === "held" && reason !== "act")) {
    return { tone: "due", sign: "warn" };
  }
  return { tone: "wait", sign: "clock" };
}

/** @param {{ mine: Mine, now: number, go: Props["go"] }} props */
function Done({ mine, now, go }) {
  const { kind, at, state, reason, change, resident } = mine;
  return html`<li class="act-done">
    <div>
      <b>${words.acts[kind]?.name}</b>${" "}
      <span class="quiet">${words.at(at, now)}</span>
      <p><${Chip} ...${lookOf(mine)}>${words.fate(state, reason)}<//></p>
    </div>
    ${kind === "act_switch" &&
    html`<${Button} onClick=${() => go("assist_docket", { resident, act: change })}
      >${words.paper}<//
    >`}
  </li>`;
}

/** @param {Props} props */
export function Assist({ engine, status, params, go, changed }) {
  const { resident } = params;
  const [done, setDone] = useState(/** @type {Mine[] | null} */ (null));
  const [fault, setFault] = useState(/** @type {import("../../types.js").Fault | null} */ (null));
  useEffect(ready, []);
  useEffect(() => {
    let here = true;
    engine.mine().then(
      (all) =>
        here && setDone(all.filter((each) => each.resident === resident && isAct(each.kind))),
      (error) => here && setFault(asFault(error)),
    );
    return () => {
      here = false;
    };
  }, [engine, resident, changed]);
  return html`<${AssistBar} engine=${engine} status=${status} resident=${resident} />
    <main class="body assist">
      <p class="lead">${words.present}</p>
      <${FaultBox} fault=${fault} />
      <div class="cols list">
        <ul class="act-list">
          ${Object.entries(words.acts).map(
            ([kind, { name, say }]) =>
              html`<li key=${kind}>
                <button
                  type="button"
                  class="btn full act"
                  onClick=${() => go("assist_act", { resident, kind })}
                >
                  <span><b>${name}</b><span class="quiet">${say}</span></span
                  >${icon("right")}
                </button>
              </li>`,
          )}
        </ul>
        <aside>
          <${Card} title=${words.done_title}>
            ${done && !done.length
              ? html`<${Empty} now=${words.done_none} next=${words.done_none_next} />`
              : html`<ul class="plain">
                  ${(done ?? []).map(
                    (mine) =>
                      html`<${Done} key=${mine.change} mine=${mine} now=${status.now} go=${go} />`,
                  )}
                </ul>`}
            <p class="quiet">${words.told}</p>
          <//>
          <div class="thumb">
            <${Button} big full onClick=${() => go("archive", { resident })}>${words.back}<//>
          </div>
        </aside>
      </div>
    </main>`;
}
