// The records of one group: the list beside the record that is open.

import { words } from "../../words/zh/archive.js";
import { dayWords } from "../../words/zh/time.js";
import { html, useState } from "../html.js";
import { Button } from "../parts/button.js";
import { Chip } from "../parts/chip.js";
import { Empty } from "../parts/empty.js";
import { icon } from "../parts/icon.js";
import { Whole } from "./archive_record.js";
import { gist } from "./archive_values.js";

/** @typedef {import("./archive.js").Opened} Opened */
/** @typedef {import("../../types.js").Rec} Rec */

const ROWS = 20;

/** What a list says of a record: day, gist, who; and what is to be known at a glance. @param {{ opened: Opened, rec: Rec, open: () => void, current?: boolean }} props */
export function LineOf({ opened, rec, open, current = false }) {
  const { catalogue, reader } = opened;
  const kind = catalogue.kind(rec.kind, rec.v);
  const said = rec.statements.length > 0;
  const label = kind ? words.short(kind.label) : rec.kind;
  const about = [label, rec.by, rec.amended.length ? words.amended : ""]
    .filter(Boolean)
    .join(" · ");
  return html`<button
    type="button"
    class=${`record-line ${rec.voided ? "gone" : ""}`}
    aria-current=${current ? "true" : undefined}
    onClick=${open}
  >
    <span class="day">${dayWords(rec.on, reader.today)}</span>
    <span class="gist">${gist(kind, rec.body, reader)}<span class="quiet">${about}</span></span>
    <span class="chips"
      >${rec.voided && html`<${Chip} tone="alarm" sign="x">${words.voided}<//>`}${said &&
      html`<${Chip} tone="voice" sign="voice">${words.statement_short}<//>`}${rec.own &&
      html`<${Chip} tone=${toneOf(rec)} sign=${signOf(rec)}>${stateOf(rec)}<//>`}</span
    >
    <span class="go">${icon("right")}</span>
  </button>`;
}

const WAITS = ["open", "sent"];
const TAKEN = ["applied", "merged", "duplicate", "applied_guest"];

/** @param {Rec} rec */
export const stateOf = (rec) =>
  /** @type {Record<string, string>} */ (words.states)[rec.state] ?? words.states.open;

/** @param {Rec} rec @returns {import("../parts/chip.js").Tone} */
export const toneOf = (rec) =>
  WAITS.includes(rec.state) ? "wait" : TAKEN.includes(rec.state) ? "done" : "due";

/** @param {Rec} rec @returns {import("../parts/icon.js").IconName} */
export const signOf = (rec) =>
  WAITS.includes(rec.state) ? "cloud" : TAKEN.includes(rec.state) ? "check" : "clock";

/** @param {{ opened: Opened, records: Rec[], first?: string }} props */
export function Records({ opened, records, first = "" }) {
  const [chosen, setChosen] = useState(first);
  const [rows, setRows] = useState(ROWS);
  const at = Math.max(
    0,
    records.findIndex((rec) => rec.change === chosen),
  );
  const rec = records[at];
  const shown = Math.max(rows, at + 1);
  if (!rec) return html`<section class="card"><${Empty} now=${words.no_records} /></section>`;
  return html`<div class=${`cols half records ${chosen ? "reading" : ""}`}>
    <section class="card low list">
      <h2>${words.records(records.length)}</h2>
      <ul class="record-list">
        ${records.slice(0, shown).map(
          (each) =>
            html`<li key=${each.change}>
              <${LineOf}
                opened=${opened}
                rec=${each}
                current=${each === rec}
                open=${() => setChosen(each.change)}
              />
            </li>`,
        )}
      </ul>
      ${records.length > shown &&
      html`<div class="btns">
        <${Button} onClick=${() => setRows(shown + ROWS)}>${words.more}<//>
      </div>`}
    </section>
    <div class="one">
      <div class="back-to-list">
        <${Button} sign="left" onClick=${() => setChosen("")}>${words.back_to_list}<//>
      </div>
      <${Whole} key=${rec.change} opened=${opened} rec=${rec} />
    </div>
  </div>`;
}
