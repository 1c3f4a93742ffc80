// The rescue file: all ready batches as one file for Downloads, and one read back in. It holds
// what only the server can open, so a locked tablet gives it too.

import { words } from "../../words/zh/rescue.js";
import { words as shell } from "../../words/zh/shell.js";
import { html, useEffect, useRef, useState } from "../html.js";
import { Button } from "../parts/button.js";
import { Card, Pairs } from "../parts/card.js";
import { Chip } from "../parts/chip.js";
import { FaultBox, useCall } from "../parts/fault.js";
import { icon } from "../parts/icon.js";

/** @typedef {import("../../types.js").Engine} Engine */
/** @typedef {import("../../types.js").Status} Status */
/** @typedef {{ name: string, address: string, batches: number, changes: number }} Made */

/** As in engine/rescue.js. */
const FILE_BYTES = 32 * 1024 * 1024;

/** Makes the file and hands it to the browser; the link stays for a second try. @param {Engine} engine */
function useRescue(engine) {
  const [made, setMade] = useState(/** @type {Made | null} */ (null));
  const call = useCall();
  const kept = useRef("");
  const forget = () => {
    if (kept.current) URL.revokeObjectURL(kept.current);
  };
  useEffect(() => forget, []);
  const make = () =>
    call.run(async () => {
      const file = await engine.rescueFile();
      forget();
      kept.current = URL.createObjectURL(
        new Blob([/** @type {any} */ (file.bytes)], { type: "application/octet-stream" }),
      );
      setMade({ ...file, address: kept.current });
      const link = document.createElement("a");
      link.href = kept.current;
      link.download = file.name;
      link.click();
      await engine.rescueKept();
    });
  return { made, make, ...call };
}

/** @param {{ engine: Engine }} props */
function ReadIn({ engine }) {
  const [batches, setBatches] = useState(-1);
  const { busy, fault, run } = useCall();
  const read = (/** @type {Event} */ event) => {
    const input = /** @type {HTMLInputElement} */ (event.target);
    const file = input.files?.[0];
    if (!file) return;
    setBatches(-1);
    run(async () => {
      // Before it is in memory: what is so large is a film, or meant to bring the tablet down.
      if (file.size > FILE_BYTES) throw { code: "not_a_rescue_file" };
      const bytes = new Uint8Array(await file.arrayBuffer());
      setBatches((await engine.readRescue(bytes)).batches);
    }).finally(() => {
      input.value = "";
    });
  };
  return html`<${Card} title=${words.in_title}>
    <p>${words.in_hint}</p>
    <${FaultBox} fault=${fault} />
    ${batches >= 0 &&
    html`<p role="status" class="gap-above">
      <${Chip} tone="done" sign="check"> ${words.in_done(batches)}<//>
    </p>`}
    <div class="btns plain">
      <label class="btn file">
        ${icon(busy ? "clock" : "box")}${busy ? words.in_reading : words.in_choose}
        <input type="file" onChange=${read} disabled=${busy} />
      </label>
    </div>
  <//>`;
}

/** @param {{ engine: Engine, status: Status }} props */
export function RescueSwitch({ engine, status }) {
  const { rescue_on, persisted } = status.storage;
  const { busy, fault, run } = useCall();
  const must = rescue_on && !persisted;
  return html`<${Card} title=${words.switch_title}>
    <p>
      <${Chip} tone=${rescue_on ? "done" : "wait"} sign=${rescue_on ? "check" : "x"}>
        ${rescue_on ? words.on : words.off}<//
      >
    </p>
    <p>${must ? words.must_hint : words.on_hint}</p>
    <${FaultBox} fault=${fault} />
    ${!must &&
    html`<div class="btns plain">
      <${Button}
        busy=${busy}
        main=${!persisted && !rescue_on}
        onClick=${() => run(() => engine.setRescue(!rescue_on))}
        >${rescue_on ? words.turn_off : words.turn_on}<//
      >
    </div>`}
  <//>`;
}

function About() {
  return html`<${Card} title=${words.when_title}>
      <ul class="dots">
        ${words.when_lines.map((line) => html`<li>${line}</li>`)}
      </ul>
    <//>
    <${Card} title=${words.how_title}>
      <ol class="dots">
        ${words.how_lines.map((line) => html`<li>${line}</li>`)}
      </ol>
    <//>`;
}

/** What the browser was given, and the link for a second try. @param {{ made: Made }} props */
function Kept({ made }) {
  return html`<section class="ticket" role="status">
    <div><p class="bold">${words.saved(made.batches, made.changes)}</p></div>
    <div class="tear"></div>
    <div>
      <p>${words.saved_next}</p>
      <p class="gap-above">
        <a class="btn full" href=${made.address} download=${made.name}>${made.name}</a>
      </p>
    </div>
  </section>`;
}

/** @param {import("../screens.js").Props} props */
export function Rescue({ engine, status, back }) {
  const { sync, now, stage } = status;
  const { made, make, busy, fault } = useRescue(engine);
  const some = sync.ready_batches > 0;
  return html`<main class="body">
    <div class="head">
      <h1>${words.title}<span class="mark">${words.marked}</span></h1>
    </div>
    <div class="cols list">
      <div>
        <${Card}
          ><p>${words.what}</p>
          ${stage !== "new" &&
          html`<div class="gap-above">
            <${Pairs}
              rows=${[
                [words.now, words.ready(sync.ready_batches)],
                [words.before, sync.last_rescue ? words.last(sync.last_rescue, now) : words.never],
              ]}
            />
          </div>`}
        <//>
        <${About} />
      </div>
      <aside>
        ${made && html`<${Kept} made=${made} />`}
        <${ReadIn} engine=${engine} />
        ${stage === "open" && html`<${RescueSwitch} engine=${engine} status=${status} />`}
        <div class="thumb">
          <${FaultBox} fault=${fault} />
          <${Button} full sign="left" onClick=${back}>${shell.back}<//>
          <${Button}
            main
            big
            full
            sign="save"
            disabled=${!some}
            busy=${busy}
            doing=${words.making}
            onClick=${make}
            >${some ? words.make : words.nothing}<//
          >
        </div>
      </aside>
    </div>
  </main>`;
}
