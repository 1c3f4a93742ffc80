// The right column of a form: what follows from what has been written so far, what is missing, and
// the two ways out. The advice is the catalogue's own table, asked anew at every keystroke.

import { keyOf } from "../../forms/asked.js";
import { asWritten, gravest, stepsAfter } from "../../forms/steps.js";
import { words } from "../../words/zh/form.js";
import { dayAndWeek } from "../../words/zh/time.js";
import { words as visit } from "../../words/zh/visit.js";
import { html } from "../html.js";
import { Button } from "../parts/button.js";
import { goTo } from "../parts/goto.js";
import { icon } from "../parts/icon.js";

/** @typedef {import("./form_state.js").Opened} Opened */
/** @typedef {import("./form_state.js").PaperState} PaperState */
/** @typedef {import("../../forms/asked.js").Judged} Judged */
/** @typedef {import("../../forms/steps.js").Step} Step */

const NEXT_DATE = "next_date";

/** What is known of a resident for the steps. @param {Opened} got @param {Judged} found */
function knownBeside(got, { known, last }) {
  const { marks } = got.archive.line;
  return {
    ...known,
    hypertension: marks.includes("hypertension"),
    diabetes: marks.includes("diabetes"),
    ...(last ? { last_on: last.on } : {}),
  };
}

/** What follows from each form of the page. @param {Opened} got @param {Judged} found @param {string} on @returns {Step[]} */
export function stepsOf(got, found, on) {
  const table = /** @type {any} */ (got.catalogue.raw.next_steps);
  return stepsAfter(table, found.kind, found.sound, {
    on,
    last: found.last?.body ?? null,
    known: knownBeside(got, found),
  });
}

/** The form's own verdict in its own words: 控制满意. @param {Judged} found */
function verdict({ kind, values }) {
  const each = kind.computed.find(({ type, fills }) => fills && type.is === "code");
  const value = each && values[each.name];
  return each && value != null ? (asWritten(each.type, value) ?? "") : "";
}

/** @param {{ step: Step, said: string, today: string, page: PaperState, found: Judged }} props */
function Advice({ step, said, today, page, found }) {
  const refer = words.refer(step.refer);
  return html`<div>
      <p class="quiet">${words.result}</p>
      <p class="date">${said || words.level(step.level)}</p>
      ${refer && html`<p class="msg now">${icon("flag")}<span>${refer}</span></p>`}
      ${step.level === "emergency" &&
      said &&
      html`<p class="msg now">${icon("warn")}<span>${words.level(step.level)}</span></p>`}
    </div>
    ${step.due &&
    html`<div>
      <p class="quiet">${words.dueBy}</p>
      <p class="date"><span class="mark">${dayAndWeek(step.due, today)}</span></p>
      <${TakeDay} step=${step} page=${page} found=${found} />
    </div>`}
    <div>
      <${TakeReferral} step=${step} page=${page} found=${found} />
      ${step.reasons.map((each) => html`<p>${each}</p>`)}
      <p class="quiet">${words.basis(step.basis, step.rule)}</p>
    </div>`;
}

/** @param {{ step: Step, page: PaperState, found: Judged }} props */
function TakeDay({ step, page, found }) {
  const key = keyOf(found.kind, page.questions, NEXT_DATE);
  const asks = page.questions.some((each) => each.key === key);
  if (!asks || !step.due || page.paper.typed[key]) return null;
  const take = () => page.set(key, step.due ?? "");
  return html`<${Button} full onClick=${take}>${words.takeDay}<//>`;
}

/** @param {{ step: Step, page: PaperState, found: Judged }} props */
function TakeReferral({ step, page, found }) {
  const [name, code] = Object.entries(step.referAs ?? {})[0] ?? [];
  if (!name || !code) return null;
  const key = keyOf(found.kind, page.questions, name);
  if (!page.questions.some((each) => each.key === key) || page.paper.typed[key]) return null;
  return html`<${Button} full onClick=${() => page.set(key, code)}>${words.takeReferral}<//>`;
}

/** What was worked out beside the fields: no field takes it over. @param {{ found: Judged }} props */
function Results({ found }) {
  const rows = found.kind.computed.filter(
    ({ name, fills }) => !fills && found.values[name] != null && name !== "age",
  );
  const texts = rows.map((each) => [
    each.label,
    asWritten(each.type, found.values[each.name]) ?? "",
    "unit" in each.type ? words.unit(each.type.unit) : "",
  ]);
  const shown = texts.filter(([, text]) => text);
  if (!shown.length) return null;
  return html`<div>
    <dl class="pairs">
      ${shown.map(
        ([label, text, unit]) =>
          html`<dt>${label}</dt>
            <dd>${text} ${unit && html`<span class="quiet">${unit}</span>`}</dd>`,
      )}
    </dl>
  </div>`;
}

/** @param {{ got: Opened, page: PaperState, today: string }} props */
export function NextSteps({ got, page, today }) {
  const many = page.found.length > 1;
  const { basis } = got.catalogue.raw.next_steps;
  const says = page.found.some(
    ({ kind, values }) =>
      kind.id in basis || kind.computed.some(({ name, fills }) => !fills && values[name] != null),
  );
  // A form from which nothing follows has no column of it.
  if (!says) return html`<section></section>`;
  return html`<section class="next" aria-live="polite">
    <h2>${words.next}</h2>
    ${page.found.map((found) => {
      const step = gravest(stepsOf(got, found, page.paper.on));
      const name = many && (visit.names[found.kind.id] ?? found.kind.label);
      return html`${name && html`<h3>${name}</h3>`}
        ${step
          ? html`<${Advice}
              step=${step}
              said=${verdict(found)}
              today=${today}
              page=${page}
              found=${found}
            />`
          : html`<div><p class="quiet">${words.nextEmpty}</p></div>`}
        <${Results} found=${found} />`;
    })}
  </section>`;
}

/** @typedef {{ key: string, id: string, label: string, say: string }} Place */

const NAMED = 3;

/** What keeps the form from being done, each with the way to it. @param {{ places: Place[], say: string, tone: "bad" | "look", all: boolean }} props */
export function Places({ places, say, tone, all }) {
  if (!places.length) return null;
  const shown = all ? places : places.slice(0, NAMED);
  return html`<div class=${`places ${tone}`}>
    <p class=${`msg ${tone === "look" ? "look" : ""}`}>
      ${icon(tone === "look" ? "eye" : "warn")}<span>${say}</span>
    </p>
    <ul>
      ${shown.map(
        (each) =>
          html`<li key=${each.id}>
            <button type="button" class="link" onClick=${() => goTo(each.id)}>${each.label}</button>
          </li>`,
      )}
      ${places.length > NAMED &&
      html`<li class=${`quiet ${all ? "narrow" : ""}`}>${words.more(places.length - NAMED)}</li>`}
    </ul>
  </div>`;
}
