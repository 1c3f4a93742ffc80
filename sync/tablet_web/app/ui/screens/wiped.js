// A tablet whose readable copies are gone: what was written still travels, then it starts anew.

import { wiped as words } from "../../words/zh/rescue.js";
import { html } from "../html.js";
import { Button } from "../parts/button.js";
import { Card } from "../parts/card.js";
import { FaultBox, useCall } from "../parts/fault.js";
import { Waiting } from "./unlock.js";

/** @param {import("../screens.js").Props} props */
export function Wiped(props) {
  const { engine, status, go } = props;
  const { busy, fault, run } = useCall();
  const left = status.sync.ready_batches;
  const [why, marked] = words.titles[status.wiped_why] ?? words.titles[""];
  const next = left > 0 ? words.next_waiting : words.next_done;
  return html`<main class="body">
    <div class="head">
      <h1>${why}<span class="mark">${marked}</span></h1>
    </div>
    <div class="cols list">
      <div>
        <${Card} sign="shield" title=${words.kept}><p>${words.kept_now(left)}</p><//>
        <${Card} title=${words.next}>
          <ol class="dots">
            ${next.map((line) => html`<li>${line}</li>`)}
          </ol><//
        >
      </div>
      <aside>
        ${left > 0 && html`<${Waiting} ...${props} short />`}
        <div class="thumb">
          <${FaultBox} fault=${fault} />
          ${left === 0 &&
          html`<${Button}
            full
            sign="x"
            busy=${busy}
            doing=${words.starting}
            onClick=${() => run(() => engine.startOver())}
            >${words.start_over}<//
          >`}
          <${Button} main big full sign="key" onClick=${() => go("enrol")}>${words.enrol}<//>
        </div>
      </aside>
    </div>
  </main>`;
}
