// The first page of an archive: what must be put right, what the resident says, the newest records;
// beside it how the measured values run, what is taken and what comes next.

import { words } from "../../words/zh/archive.js";
import { dayWords } from "../../words/zh/time.js";
import { left } from "../ages.js";
import { html, useState } from "../html.js";
import { Button } from "../parts/button.js";
import { Card, Pairs } from "../parts/card.js";
import { Chip } from "../parts/chip.js";
import { Empty } from "../parts/empty.js";
import { icon } from "../parts/icon.js";
import { Begin } from "./archive_begin.js";
import { Clash } from "./archive_clash.js";
import {
  cellName,
  claimed,
  conflicts,
  duesOf,
  grouped,
  medicines,
  openRecords,
  statements,
} from "./archive_facts.js";
import { LineOf } from "./archive_records.js";
import { Trend } from "./archive_trends.js";
import { gist } from "./archive_values.js";
import { Claim, Statement } from "./archive_voice.js";
import { Begun } from "./home_begun.js";

/** @typedef {import("./archive.js").Opened} Opened */

const LATEST = 3;
const WORDS_SHOWN = 2;

/** @param {{ opened: Opened }} props */
function Latest({ opened }) {
  const { archive, turn } = opened;
  const records = openRecords(archive.records);
  if (!records.length) {
    return html`<${Card}><${Empty} now=${words.none_yet} next=${words.none_yet_next} /><//>`;
  }
  const groups = grouped(archive.records);
  const open = (/** @type {import("../../types.js").Rec} */ rec) => {
    const group = groups.find(([, found]) => found.includes(rec))?.[0] ?? "others";
    turn(group, rec.change);
  };
  return html`<${Card} title=${words.latest} class="low">
    <ul class="record-list">
      ${records.slice(0, LATEST).map(
        (rec) =>
          html`<li key=${rec.change}>
            <${LineOf} opened=${opened} rec=${rec} open=${() => open(rec)} />
          </li>`,
      )}
    </ul>
  <//>`;
}

/** @param {{ opened: Opened }} props */
function Next({ opened }) {
  const { archive, catalogue, reader, turn } = opened;
  const visit = openRecords(archive.records).find(
    (rec) => !rec.voided && rec.kind.endsWith("_followup"),
  );
  const { now, later } = duesOf(archive.due, reader.today, false);
  const due = now[0] ?? later[0];
  const until = due && left(due.due, reader.today);
  const meds = medicines(archive.records, catalogue, reader);
  const said =
    visit &&
    words.list([
      dayWords(visit.on, reader.today),
      gist(catalogue.kind(visit.kind, visit.v), visit.body, reader),
    ]);
  const label = due && catalogue.rule(due.rule)?.label;
  return html`<${Card} class="low">
    <${Pairs}
      rows=${[
        meds && [words.meds, meds],
        said && [words.last_visit, said],
        [
          words.next_visit,
          due
            ? html`${words.list([label, words.before(dayWords(due.due, reader.today))])}${" "}
                <${Chip} tone=${until?.tone} sign=${until?.sign}>${until?.text}<//>`
            : words.none_due,
        ],
      ]}
    />
    ${now.length + later.length > 1 &&
    html`<div class="btns">
      <${Button} onClick=${() => turn("plan")}>
        ${words.counted(words.plan, now.length + later.length)}
      <//>
    </div>`}
  <//>`;
}

/** @param {{ opened: Opened }} props */
function HalfWritten({ opened }) {
  const { engine, go, now, catalogue, archive } = opened;
  return html`<${Begun} ...${{ engine, go, now, catalogue, resident: archive.line.id }} />`;
}

/** @param {{ opened: Opened }} props */
export function Overview({ opened }) {
  const { archive, catalogue } = opened;
  const [deciding, setDeciding] = useState("");
  const [settled, setSettled] = useState(/** @type {string[]} */ ([]));
  const settle = (/** @type {import("../../types.js").Cell} */ cell) =>
    setSettled((before) => [...before, cellName(cell, catalogue)]);
  const clashes = conflicts(archive, catalogue);
  const claims = claimed(archive, catalogue);
  const said = statements(archive).slice(0, WORDS_SHOWN);
  return html`<div class="cols half">
    <div class="stack">
      ${settled.map(
        (what) => html`<p class="settled" role="status">${icon("check")}${words.settled(what)}</p>`,
      )}
      ${clashes.map(
        (cell) =>
          html`<${Clash}
            key=${cell.name}
            opened=${opened}
            cell=${cell}
            begun=${deciding === cell.name}
            turn=${(/** @type {boolean} */ on) => setDeciding(on ? cell.name : "")}
            settled=${() => settle(cell)}
          />`,
      )}
      ${claims.flatMap((cell) =>
        cell.claims.map(
          (claim) =>
            html`<${Claim}
              key=${claim.change}
              opened=${opened}
              cell=${cell}
              claim=${claim}
              settled=${() => settle(cell)}
            />`,
        ),
      )}
      ${said.map(
        (each) =>
          html`<${Statement}
            key=${each.said.change}
            opened=${opened}
            said=${each.said}
            rec=${each.rec}
          />`,
      )}
      <${HalfWritten} opened=${opened} />
      <${Latest} opened=${opened} />
    </div>
    <div>
      <${Trend} opened=${opened} measure="pressure" compact marked />
      ${archive.line.marks.includes("diabetes") &&
      html`<${Trend} opened=${opened} measure="glucose" compact />`}
      <${Next} opened=${opened} />
      <${Begin} opened=${opened} decide=${setDeciding} deciding=${deciding !== ""} />
    </div>
  </div>`;
}
