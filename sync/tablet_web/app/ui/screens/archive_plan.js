// What is owed to a resident: each item with its days, why it is owed and what that rests on.

import { words } from "../../words/zh/archive.js";
import { dayWords } from "../../words/zh/time.js";
import { left } from "../ages.js";
import { html } from "../html.js";
import { Chip } from "../parts/chip.js";
import { Empty } from "../parts/empty.js";
import { Begin } from "./archive_begin.js";
import { duesOf } from "./archive_facts.js";

/** @typedef {import("./archive.js").Opened} Opened */
/** @typedef {import("../../types.js").Due} Due */

const ISO_DAY = /\d{4}-\d\d-\d\d/g;

/** @param {{ opened: Opened, due: Due }} props */
export function Item({ opened, due }) {
  const { catalogue, reader } = opened;
  const { today } = reader;
  const rule = catalogue.rule(due.rule);
  const until = left(due.due, today);
  const later = due.opens > today;
  const said = catalogue.raw.next_steps.basis;
  const basis = rule?.kinds.map((kind) => said[kind]).find(Boolean) ?? words.national;
  return html`<li class="owed">
    <div>
      <b>${rule?.label ?? due.rule}</b>
      <p>
        ${words.list([
          words.window(dayWords(due.opens, today), dayWords(due.due, today)),
          due.closes && due.closes !== due.due ? words.closes(dayWords(due.closes, today)) : "",
        ])}
      </p>
      ${due.reason && html`<p>${due.reason.replace(ISO_DAY, (day) => dayWords(day, today))}</p>`}
      ${rule &&
      html`<p class="quiet">${words.basis(basis, words.clause(rule.id, rule.clause))}</p>`}
    </div>
    ${due.done
      ? html`<${Chip} tone="done" sign="check">${words.done_chip}<//>`
      : later
        ? html`<${Chip} sign="cal">${words.from(dayWords(due.opens, today))}<//>`
        : html`<${Chip} tone=${until.tone} sign=${until.sign}>${until.text}<//>`}
  </li>`;
}

/** @param {{ opened: Opened, title: string, dues: Due[] }} props */
export function Owed({ opened, title, dues }) {
  if (!dues.length) return null;
  return html`<section class="card low">
    <h2>${title}</h2>
    <ul class="owed-list">
      ${dues.map(
        (due) => html`<${Item} key=${`${due.rule} ${due.slot}`} opened=${opened} due=${due} />`,
      )}
    </ul>
  </section>`;
}

/** @param {{ opened: Opened }} props */
export function Plan({ opened }) {
  const { archive, reader, turn } = opened;
  const { now, later, done } = duesOf(archive.due, reader.today, false);
  if (!now.length && !later.length && !done.length) {
    return html`<section class="card">
        <${Empty} now=${words.plan_empty} next=${words.plan_empty_next} />
      </section>
      <${Begin} wide opened=${opened} decide=${() => turn("overview")} />`;
  }
  return html`<div class="stack">
      <${Owed} opened=${opened} title=${words.now} dues=${now} />
      <${Owed} opened=${opened} title=${words.done} dues=${done} />
      <${Owed} opened=${opened} title=${words.later} dues=${later} />
    </div>
    <${Begin} wide opened=${opened} decide=${() => turn("overview")} />`;
}
