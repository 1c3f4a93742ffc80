// The restricted part: on a page of its own, never on the first one and in no list, so that it is
// seen by whoever turns to it and by nobody who only looks over a shoulder.

import { words } from "../../words/zh/archive.js";
import { html } from "../html.js";
import { duesOf, restrictedRecords } from "./archive_facts.js";
import { Owed } from "./archive_plan.js";
import { Records } from "./archive_records.js";
import { Register } from "./archive_register.js";

/** @param {{ opened: import("./archive.js").Opened, record: string }} props */
export function Restricted({ opened, record }) {
  const { archive, reader } = opened;
  const records = restrictedRecords(archive.records);
  const { now, later } = duesOf(archive.due, reader.today, true);
  return html`<div class="stack">
    <${Owed} opened=${opened} title=${words.now} dues=${now} />
    <${Owed} opened=${opened} title=${words.later} dues=${later} />
    <${Register} opened=${opened} restricted />
    ${records.length > 0 &&
    html`<${Records} opened=${opened} records=${records} first=${record} />`}
  </div>`;
}
