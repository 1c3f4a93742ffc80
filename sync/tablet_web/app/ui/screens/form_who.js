// Whose form is open, and which: stands above it, allergies first of all, and never scrolls away.

import { words } from "../../words/zh/form.js";
import { words as records } from "../../words/zh/records.js";
import { words as visit } from "../../words/zh/visit.js";
import { personText } from "../ages.js";
import { html } from "../html.js";
import { Chip } from "../parts/chip.js";
import { icon } from "../parts/icon.js";
import { allergies } from "./archive_facts.js";

/** @typedef {import("./form_state.js").Opened} Opened */

/** Whose form it is, and which. @param {{ got: Pick<Opened, "archive" | "catalogue" | "names">, today: string, about: string }} props */
export function Whose({ got, today, about }) {
  const { line } = got.archive;
  const reader = { today, names: got.names };
  const { state, drugs } = allergies(got.archive, got.catalogue, reader);
  const tail = line.tail && records.idTail(line.tail);
  return html`<section class="who-bar low" aria-label=${line.name}>
    <div class="who-tab">
      <h1>${line.name}</h1>
      ${" "}<span class="quiet"
        >${[personText(line, today), tail, about].filter(Boolean).join(records.dot)}</span
      >
    </div>
    <div class="safe">
      ${state === "known"
        ? html`<strong class="allergy"
            >${icon("stop")}<span>${words.allergic(drugs)}</span></strong
          >`
        : state === "none"
          ? html`<${Chip} tone="done" sign="check">${words.noAllergy}<//>`
          : html`<${Chip} tone="due" sign="warn">${words.allergyUnknown}<//>`}
    </div>
  </section>`;
}

/** What people call the service: the plan's own word for it, else the form's name. @param {Opened} got @param {Opened["kinds"][number]} kind */
function shortLabel({ catalogue }, kind) {
  if (kind.class !== "A") return kind.neutral_label;
  const own = catalogue.raw.plan
    .filter(({ kinds }) => kinds.length === 1 && kinds[0] === kind.id)
    .map(({ label }) => label);
  return own.reduce((a, b) => (b.length < a.length ? b : a), kind.label);
}

/** 高血压随访，今年第 4 次 @param {Opened} got @param {string} on */
export function aboutOf(got, on) {
  const { kinds, amends, archive } = got;
  if (amends) return words.amendingOf(on.slice(5));
  if (kinds.length > 1) return visit.title;
  const [kind] = kinds;
  if (!kind) return "";
  const label = shortLabel(got, kind);
  const year = archive.records.filter(
    (each) => each.kind === kind.id && !each.voided && each.on.slice(0, 4) === on.slice(0, 4),
  );
  return year.length ? words.timesThisYear(label, year.length + 1) : label;
}
