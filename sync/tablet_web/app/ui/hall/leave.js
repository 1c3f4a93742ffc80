// At the door: what is still missing, in large words, before somebody goes.

import { words } from "../../words/zh/hall.js";
import { html, useRef, useState } from "../html.js";
import { Button } from "../parts/button.js";
import { FaultBox, useCall } from "../parts/fault.js";
import { icon } from "../parts/icon.js";
import { sentenceOf } from "./alarm.js";
import { Several } from "./desk_person.js";
import { named, stationOf } from "./ground.js";
import { Lens } from "./lens.js";
import { Full, Outcome } from "./outcome.js";
import { Reasons } from "./reasons.js";
import { lookUp } from "./look_up.js";
import { ScanBox, toField } from "./scan_box.js";
import { Who } from "./who.js";

/** @typedef {import("./ground.js").Here} Here */
/** @typedef {import("../../types.js").HallPerson} HallPerson */
/** @typedef {import("./look_up.js").Found} Found */
/** @typedef {{ at: "scan" } | Found | { at: "gone", person: HallPerson }} Stage */

/** @param {{ here: Here }} props */
export function Leave({ here }) {
  const { switches, sound } = here;
  const [stage, setStage] = useState(/** @type {Stage} */ ({ at: "scan" }));
  const call = useCall();
  const busy = useRef(false);
  const idle = stage.at === "scan";
  const take = (/** @type {Found} */ found) => {
    if (found.at === "person") sound(soundOf(found.person));
    setStage(found);
    toField();
  };
  const found = async (/** @type {string} */ text, /** @type {"camera" | "type"} */ input) => {
    if (busy.current) return;
    busy.current = true;
    await call.run(async () => take(await lookUp(here, text, input)));
    busy.current = false;
  };
  const back = () => {
    setStage({ at: "scan" });
    toField();
  };
  return html`<div class=${`hall-desk ${idle ? "idle" : ""}`}>
    <div class="hall-left">
      ${idle && html`<h1>${words.leave}</h1>`}
      <${ScanBox}
        found=${(/** @type {string} */ text) => found(text, "type")}
        enter=${idle ? null : back}
        low=${!idle}
      />
      <div class="hall-lens" hidden=${!idle || !switches.camera}>
        ${switches.camera &&
        html`<${Lens}
          on=${!call.busy}
          found=${(/** @type {string} */ text) => found(text, "camera")}
        />`}
      </div>
      <${FaultBox} fault=${call.fault} />
      <${Shown} here=${here} stage=${stage} take=${take} setStage=${setStage} back=${back} />
    </div>
  </div>`;
}

/**
 * @param {{ here: Here, stage: Stage, take: (found: Found) => void,
 *   setStage: (stage: Stage) => void, back: () => void }} props
 */
function Shown({ here, stage, take, setStage, back }) {
  return html`${stage.at === "several" &&
  html`<${Several}
    people=${stage.people}
    choose=${(/** @type {HallPerson} */ person) => take({ at: "person", person, scan: null })}
    back=${back}
  />`}
  ${stage.at === "outcome" && html`<${Outcome} outcome=${stage.scan.outcome} go=${back} />`}
  ${stage.at === "person" &&
  html`<${Going}
    key=${stage.person.who}
    here=${here}
    person=${stage.person}
    back=${back}
    gone=${(/** @type {HallPerson} */ person) => setStage({ at: "gone", person })}
  />`}
  ${stage.at === "gone" &&
  html`<${Full}
    tone="done"
    sign="check"
    title=${words.left}
    name="left"
    acts=${html`<${Button} main big onClick=${back}>${words.go_on}<//>`}
    ><${Who} person=${stage.person}
  /><//>`}`;
}

/** @param {HallPerson} person */
const open = (person) => person.alarms.filter((each) => each.acted === null);

/** @param {HallPerson} person */
function soundOf(person) {
  if (open(person).length) return "critical";
  if (person.phase === "expected") return "not_on_list";
  return person.missing.length ? "missing" : "all_done";
}

/** @param {{ here: Here, person: HallPerson, back: () => void, gone: (person: HallPerson) => void }} props */
function Going({ here, person, back, gone }) {
  const { engine, view, sound, again, attend } = here;
  const [asks, setAsks] = useState(false);
  const call = useCall();
  const leave = (/** @type {string} */ why) =>
    call.run(async () => {
      await engine.hallLeave(view.day, person.who, why || undefined);
      sound("saved");
      again();
      gone(person);
    });
  const alarms = open(person);
  if (asks) {
    return html`<${Reasons}
      title=${words.leave_why}
      reasons=${words.leave_reasons}
      save=${words.leave_save}
      back=${words.stay}
      call=${call}
      chosen=${leave}
      away=${() => setAsks(false)}
    />`;
  }
  if (alarms.length) {
    return html`<${Full}
      tone="alarm"
      sign="stop"
      title=${words.leave_alarm}
      name="alarm"
      acts=${html`<${Button} big onClick=${() => setAsks(true)}>${words.leave_anyway}<//>
        <${Button} main alarm big onClick=${() => attend(alarms)}>${words.acted}<//>`}
    >
      <${Who} person=${person} />
      ${alarms.map((each) => html`<p class="bold">${sentenceOf(each, here)}</p>`)}
    <//>`;
  }
  if (person.phase === "expected") {
    return html`<${Full}
      tone="due"
      sign="people"
      title=${words.not_in_yet}
      name="not_in"
      acts=${html`<${Button} main big onClick=${back}>${words.go_on}<//>`}
      ><${Who} person=${person}
    /><//>`;
  }
  return html`<${Missing}
      here=${here}
      person=${person}
      back=${back}
      leave=${leave}
      ask=${() => setAsks(true)}
      call=${call}
    /><${FaultBox} fault=${call.fault} />`;
}

/**
 * @param {{ here: Here, person: HallPerson, back: () => void, leave: (why: string) => void,
 *   ask: () => void, call: ReturnType<typeof useCall> }} props
 */
function Missing({ here, person, back, leave, ask, call }) {
  const { view } = here;
  const { missing } = person;
  if (!missing.length) {
    return html`<${Full}
      tone="done"
      sign="check"
      title=${words.all_done}
      name="all_done"
      acts=${html`<${Button} main big busy=${call.busy} onClick=${() => leave("")}
        >${words.leave_now}<//
      >`}
    >
      <${Who} person=${person} />
      <p>${words.all_done_next}</p>
    <//>`;
  }
  const next = stationOf(view, missing[0] ?? "");
  return html`<${Full}
    tone="due"
    sign="flag"
    title=${html`${words.still}<span class="missing">${named(view, missing, words.join)}</span>`}
    name="missing"
    acts=${html`<${Button} big onClick=${ask}>${words.leave_anyway}<//>
      <${Button} main big onClick=${back}>${words.go_to_next}<//>`}
  >
    <${Who} person=${person} />
    ${next &&
    html`<p class="bold">
      ${[words.go_to(next.label), words.wait_of(next.waiting)].join(words.comma)}
      ${next.note && html` <span class="mark">${next.note}</span>`}
    </p>`}
    ${missing.length > 1 &&
    html`<ul class="still">
      ${missing.slice(1).map((id) => {
        const each = stationOf(view, id);
        return html`<li key=${id}>
          ${icon("right")}${each?.label ?? id}
          <span class="quiet">${words.wait_of(each?.waiting ?? 0)}</span>
        </li>`;
      })}
    </ul>`}
  <//>`;
}
