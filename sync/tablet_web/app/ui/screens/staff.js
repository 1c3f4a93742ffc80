// Who works with this tablet: a colleague comes by a code of their own, each with an own
// passphrase and an own signing key. What another has written stays theirs.

import { words as enrolment } from "../../words/zh/enrolment.js";
import { words as shell } from "../../words/zh/shell.js";
import { words } from "../../words/zh/staff.js";
import { html, useState } from "../html.js";
import { Button } from "../parts/button.js";
import { Card } from "../parts/card.js";
import { Chip } from "../parts/chip.js";
import { Entry } from "../parts/entry.js";
import { FaultBox, useCall } from "../parts/fault.js";
import { CodeStep, DigitsStep, FinishStep, PassTwice, wrongs } from "./letting_in.js";
import { Running } from "./unlock.js";

/** @param {{ engine: import("../../types.js").Engine, status: import("../../types.js").Status }} props */
function Change({ engine, status }) {
  const [old, setOld] = useState("");
  const [pass, setPass] = useState("");
  const [twice, setTwice] = useState("");
  const [asked, setAsked] = useState(false);
  const [done, setDone] = useState(false);
  const { busy, fault, run } = useCall();
  const found = wrongs(".", pass, twice);
  const bad = asked ? found : { pass: "", twice: "" };
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setAsked(true);
    setDone(false);
    if (!old || found.pass || found.twice) return;
    if (await run(() => engine.changePassphrase(old, pass))) {
      for (const set of [setOld, setPass, setTwice]) set("");
      setAsked(false);
      setDone(true);
    }
  };
  return html`<${Card} title=${words.change}
    ><form novalidate onSubmit=${submit}>
      <${Entry}
        id="old"
        type="password"
        label=${words.old}
        value=${old}
        onInput=${setOld}
        autocomplete="current-password"
        error=${asked && !old && words.old_missing}
      />
      <${PassTwice}
        label=${words.fresh}
        typed=${{ pass, twice }}
        wrong=${bad}
        set=${{ pass: setPass, twice: setTwice }}
      />
      <${FaultBox} fault=${fault} />
      ${busy && html`<${Running} status=${status} />`}
      ${done &&
      html`<p role="status" class="gap-above">
        <${Chip} tone="done" sign="check">${words.changed}<//>
      </p>`}
      <div class="btns plain">
        <${Button} type="submit" sign="key" busy=${busy} doing=${enrolment.finish.saving}
          >${words.change_do}<//
        >
      </div>
    </form><//
  >`;
}

/** @param {{ status: import("../../types.js").Status }} props */
function People({ status }) {
  const signs = /** @type {const} */ ({
    active: ["done", "check"],
    waiting: ["wait", "clock"],
    ended: ["alarm", "x"],
  });
  return html`<${Card} class="low" title=${words.people}>
    <ul class="lines two">
      ${status.staff.map((person) => {
        const [tone, sign] = signs[person.state];
        return html`<li>
          <span
            ><b>${person.name}</b>${person.id === status.me &&
            html` <span class="quiet">${words.you}</span>`}</span
          >
          <${Chip} tone=${tone} sign=${sign}>${words.states[person.state]}<//>
          ${person.state !== "active" && html`<p class="then">${words.why[person.state]}</p>`}
        </li>`;
      })}
    </ul>
  <//>`;
}

/** @param {import("../screens.js").Props} props */
export function Staff({ engine, status, back }) {
  const [step, setStep] = useState(/** @type {"" | "code" | "digits" | "finish"} */ (""));
  const [digits, setDigits] = useState("");
  if (step === "code") {
    return html`<${CodeStep}
      label=${false}
      title=${enrolment.enrol.title_staff}
      leave=${() => setStep("")}
      leave_words=${shell.back}
      send=${async (/** @type {string} */ code) => {
        setDigits((await engine.addStaff(code)).digits);
        setStep("digits");
      }}
    />`;
  }
  if (step === "digits") {
    return html`<${DigitsStep}
      digits=${digits}
      ask=${() => engine.staffAdded()}
      stop=${() => setStep("")}
      confirmed=${() => setStep("finish")}
    />`;
  }
  if (step === "finish") {
    return html`<${FinishStep}
      staff
      finish=${async (/** @type {string} */ name, /** @type {string} */ pass) => {
        await engine.finishStaff(name, pass);
        setStep("");
      }}
      running=${html`<${Running} status=${status} />`}
    />`;
  }
  return html`<main class="body">
    <div class="head"><h1>${words.title(status.staff.length)}</h1></div>
    <div class="cols list">
      <div class="stack">
        <${People} status=${status} /><${Change} engine=${engine} status=${status} />
      </div>
      <aside>
        <${Card}><p>${words.apart}</p><//>
        <div class="thumb">
          <${Button} full sign="left" onClick=${back}>${shell.back}<//>
          <${Button} main big full sign="plus" onClick=${() => setStep("code")}>${words.add}<//>
        </div>
      </aside>
    </div>
  </main>`;
}
