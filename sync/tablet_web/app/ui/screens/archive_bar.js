// Whose archive is open: stands above the page and never scrolls away, allergies first of all.

import { words } from "../../words/zh/archive.js";
import { words as values } from "../../words/zh/records.js";
import { personText, placeText } from "../ages.js";
import { html } from "../html.js";
import { Button } from "../parts/button.js";
import { Chip } from "../parts/chip.js";
import { icon } from "../parts/icon.js";
import { allergies, diseases } from "./archive_facts.js";

/** @typedef {import("./archive.js").Opened} Opened */

/** @param {{ opened: Opened }} props */
function Allergies({ opened }) {
  const { archive, catalogue, reader } = opened;
  const { state, drugs } = allergies(archive, catalogue, reader);
  if (state === "known") {
    return html`<strong class="allergy"
      >${icon("stop")}<span>${words.allergic(drugs.join(words.join))}</span></strong
    >`;
  }
  return state === "none"
    ? html`<${Chip} tone="done" sign="check">${words.no_allergy}<//>`
    : html`<${Chip} tone="due" sign="warn">${words.allergy_unknown}<//>`;
}

/** @param {{ opened: Opened, swap: () => void }} props */
export function WhoBar({ opened, swap }) {
  const { archive, catalogue, reader } = opened;
  const { line } = archive;
  const ill = diseases(archive, catalogue, reader);
  const where = [placeText(line)].filter(Boolean);
  const team = opened.team ? [opened.team] : [];
  const status = archive.cells.archive_status?.shown;
  const field = catalogue.register.fields.find((each) => each.name === "archive_status");
  const ended = typeof status === "string" && status !== "0" ? field?.type.codes?.[status] : "";
  return html`<section class="who-bar" aria-label=${words.bar}>
    <div class="who-tab">
      <h1>${line.name}</h1>
      ${" "}
      <span class="quiet"
        >${personText(line, reader.today)}${line.tail && ` · ${values.idTail(line.tail)}`}</span
      >
      <p>${[...where, ...team].join(" · ")}</p>
    </div>
    <div class="safe">
      ${ended && html`<${Chip} tone="due" sign="flag">${words.ended(ended)}<//>`}
      ${archive.new_here && html`<${Chip} sign="plus">${words.new_here}<//>`}
      ${ill.length > 0 && html`<span class="ill">${icon("file")}${ill.join(words.join)}</span>`}
      <${Allergies} opened=${opened} />
      <${Button} onClick=${swap}
        ><span><span class="lead">${words.swap_lead}</span>${words.swap}</span><//
      >
    </div>
  </section>`;
}
