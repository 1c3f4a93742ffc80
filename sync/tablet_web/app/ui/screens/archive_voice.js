// The resident's own words, quoted exactly, beside what they are about: a claim against a value,
// which is answered by an edit that saw it; a statement beside a record, which stays as it is.

import { words } from "../../words/zh/archive.js";
import { dayWords, when } from "../../words/zh/time.js";
import { html } from "../html.js";
import { Button } from "../parts/button.js";
import { FaultBox, useCall } from "../parts/fault.js";
import { icon } from "../parts/icon.js";
import { cellName, decidable, noneBeside, written } from "./archive_facts.js";
import { cellText, isPresent } from "./archive_values.js";

/** @typedef {import("./archive.js").Opened} Opened */
/** @typedef {import("../../types.js").Cell} Cell */
/** @typedef {import("../../types.js").Head} Head */
/** @typedef {import("../../types.js").Rec} Rec */

/** @param {Cell} cell */
const seen = (cell) => ({
  [cell.name]: [...cell.heads, ...cell.claims].map((head) => head.change),
});

/** @param {{ opened: Opened, cell: Cell, claim: Head, bare?: boolean, settled?: () => void }} props */
export function Claim({ opened, cell, claim, bare = false, settled }) {
  const { busy, fault, run } = useCall();
  const { catalogue, reader, engine, archive, now } = opened;
  const kind = catalogue.register;
  const own = written(cell);
  const kept = own.length ? own[own.length - 1].value : null;
  const none = noneBeside(archive, catalogue, cell);
  const answer = (/** @type {unknown} */ value) => () =>
    run(async () => {
      const rest = isPresent(value) ? false : ((none && written(none).at(-1)?.value) ?? null);
      await engine.edit({
        resident: archive.line.id,
        on: reader.today,
        cells: { [cell.name]: value, ...(none ? { [none.name]: rest } : {}) },
        saw: { ...seen(cell), ...(none ? seen(none) : {}) },
      });
      settled?.();
      await opened.refresh();
    });
  return html`<section class="voice-box">
    <h2>${icon("voice")} ${words.claim(cellName(cell, catalogue))}</h2>
    <p class="quote">${words.quoted(cellText(kind, cell.name, claim.value, reader))}</p>
    <p class="quiet">${words.signed(words.by_resident, when(claim.at, now))}</p>
    ${!bare &&
    html`<p>
      <span class="quiet">${words.now_kept}</span> ${cellText(kind, cell.name, kept, reader)}
    </p>`}
    ${decidable(cell) &&
    own.length < 2 &&
    html`<div class="btns">
        <${Button} busy=${busy} onClick=${answer(kept)}>${words.keep}<//>
        <${Button} busy=${busy} onClick=${answer(claim.value)}>${words.accept}<//>
      </div>
      <p class="quiet after">${words.answer_next}</p>`}
    <${FaultBox} fault=${fault} />
  </section>`;
}

/** @param {{ opened: Opened, said: Rec, rec?: Rec }} props */
export function Statement({ opened, said, rec }) {
  const { catalogue, reader, now } = opened;
  const kind = catalogue.kind("statement");
  const about = rec && catalogue.kind(rec.kind, rec.v);
  const name = typeof said.body.field === "string" ? said.body.field : "";
  const field = about?.fields.find((each) => each.name === name);
  const why = kind?.fields.find((each) => each.name === "why")?.type.codes?.[String(said.body.why)];
  const what = [
    about && words.short(about.label),
    rec && dayWords(rec.on, reader.today),
    field?.label,
  ];
  const text = typeof said.body.text === "string" ? said.body.text : "";
  return html`<section class="voice-box">
    <h2>${icon("voice")} ${words.statement(what.filter(Boolean).join(" · "))}</h2>
    ${text && html`<p class="quote">${words.quoted(text)}</p>`}
    <p class="quiet">${words.signed(words.list([words.by_resident, why]), when(said.at, now))}</p>
  </section>`;
}
