// What is kept up to date of a resident: under the headings of the paper form, with who edited a
// value last, the second value where there is one, and the resident's own words beside it.

import { words } from "../../words/zh/archive.js";
import { html } from "../html.js";
import { Button } from "../parts/button.js";
import { Clash, Signed } from "./archive_clash.js";
import { cellsOf, claimed, conflicts, lastEdit } from "./archive_facts.js";
import { cellText, fieldText, isPresent } from "./archive_values.js";
import { Claim } from "./archive_voice.js";

/** @typedef {import("./archive.js").Opened} Opened */
/** @typedef {import("../catalogue.js").Field} Field */
/** @typedef {import("../../types.js").Cell} Cell */

/** What a field says: a set its elements, one below the other. @param {Opened} opened @param {Field} field @param {Cell[]} cells */
function answers({ catalogue, reader }, field, cells) {
  if (field.policy !== "set") {
    const value = cells[0]?.shown;
    return isPresent(value) ? [fieldText(field, value, reader)] : [];
  }
  return cells
    .filter((cell) => isPresent(cell.shown))
    .map((cell) => cellText(catalogue.register, cell.name, cell.shown, reader));
}

/** @param {{ opened: Opened, field: Field }} props */
function Row({ opened, field }) {
  const cells = cellsOf(opened.archive, field.name);
  const texts = answers(opened, field, cells).filter(Boolean);
  const edit = lastEdit(cells);
  const clashes = conflicts(opened.archive, opened.catalogue, field.class !== "A").filter(
    (cell) => cell.field === field.name,
  );
  const claims = claimed(opened.archive, opened.catalogue, field.class !== "A").filter(
    (cell) => cell.field === field.name,
  );
  return html`<li>
    <div class="kept">
      <span class="quiet">${field.label}</span>
      <span class="value"
        >${texts.length ? texts.map((text) => html`<span>${text}</span>`) : words.not_filled}</span
      >
      ${edit && !clashes.length && html`<${Signed} head=${edit} now=${opened.now} />`}
    </div>
    ${clashes.map((cell) => html`<${Clash} key=${cell.name} opened=${opened} cell=${cell} />`)}
    ${claims.flatMap((cell) =>
      cell.claims.map(
        (claim) =>
          html`<${Claim} key=${claim.change} opened=${opened} cell=${cell} claim=${claim} bare />`,
      ),
    )}
  </li>`;
}

/** @param {{ opened: Opened, restricted: boolean }} props */
export function Register({ opened, restricted }) {
  const { catalogue, archive, go } = opened;
  const parts = catalogue
    .sections(catalogue.register)
    .map(({ title, fields }) => ({
      title,
      fields: fields
        .filter((field) => restricted === (field.class !== "A"))
        .filter((field) => cellsOf(archive, field.name).length),
    }))
    .filter(({ fields }) => fields.length);
  const edit = () => go("form", { resident: archive.line.id, kind: catalogue.register.id });
  return html`<div class="register">
      ${parts.map(
        ({ title, fields }) =>
          html`<section class="card low" key=${title}>
            <h2>${title}</h2>
            <ul class="kept-list">
              ${fields.map(
                (field) => html`<${Row} key=${field.name} opened=${opened} field=${field} />`,
              )}
            </ul>
          </section>`,
      )}
      ${!parts.length && html`<section class="card"><p>${words.none_filled}</p></section>`}
    </div>
    ${!restricted &&
    html`<div class="thumb begin wide">
      <${Button} big main sign="pen" onClick=${edit}>${words.edit}<//>
    </div>`}`;
}
