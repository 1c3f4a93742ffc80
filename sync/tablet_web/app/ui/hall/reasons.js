// Why something is not done: one of the usual reasons, or a line of one's own.

import { words } from "../../words/zh/hall.js";
import { html, useState } from "../html.js";
import { Button } from "../parts/button.js";
import { FaultBox } from "../parts/fault.js";
import { icon } from "../parts/icon.js";

const MOST = 200;

/**
 * @param {{ title: string, reasons: readonly string[], save: string, back: string,
 *   call: ReturnType<typeof import("../parts/fault.js").useCall>,
 *   chosen: (why: string) => void, away: () => void }} props
 */
export function Reasons({ title, reasons, save, back, call, chosen, away }) {
  const [picked, setPicked] = useState("");
  const [text, setText] = useState("");
  const [tried, setTried] = useState(false);
  const why = text.trim() || picked;
  const done = () => {
    setTried(true);
    if (why) chosen(why);
  };
  return html`<section class="hall-reasons">
    <h1>${title}</h1>
    <fieldset class="hall-did">
      <legend class="vh">${title}</legend>
      ${reasons.map(
        (each) =>
          html`<label class="hall-pick" key=${each}
            ><input
              type="radio"
              name="hall-why"
              checked=${picked === each}
              onChange=${() => {
                setPicked(each);
                setText("");
              }}
            />${each}</label
          >`,
      )}
    </fieldset>
    <div class="f">
      <label for="hall-why-text">${words.other_reason}</label>
      <span class="in box"
        ><input
          id="hall-why-text"
          value=${text}
          maxlength=${MOST}
          autocomplete="off"
          onInput=${(/** @type {any} */ event) => {
            setText(event.target.value);
            setPicked("");
          }}
      /></span>
    </div>
    ${tried &&
    !why &&
    html`<p class="msg" role="alert">${icon("warn")}<span>${words.reason_missing}</span></p>`}
    <${FaultBox} fault=${call.fault} />
    <div class="btns">
      <${Button} big onClick=${away}>${back}<//>
      <${Button} big main busy=${call.busy} doing=${words.saving} onClick=${done}>${save}<//>
    </div>
  </section>`;
}
