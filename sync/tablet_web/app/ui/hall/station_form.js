// One person at one station: the station's questions and no others, done or not done and why, and
// the alarm that rises while a number is typed.

import { widths } from "../../forms/layout.js";
import { likely, typedFrom } from "../../forms/typed.js";
import { words } from "../../words/zh/hall.js";
import { words as form } from "../../words/zh/form.js";
import { html, useEffect, useState } from "../html.js";
import { Button } from "../parts/button.js";
import { Several as Codes } from "../parts/choice.js";
import { FaultBox, useCall } from "../parts/fault.js";
import { FormField } from "../parts/field.js";
import { goTo } from "../parts/goto.js";
import { icon } from "../parts/icon.js";
import { fieldText } from "../screens/archive_values.js";
import { Opening } from "../screens/form_state.js";
import { onDuty, together } from "./alarm.js";
import { stationOf } from "./ground.js";
import { masked } from "./mask.js";
import { Reasons } from "./reasons.js";
import { Standing } from "./station_stand.js";
import { choicesOf, isShown, useOpened, useSheet } from "./station_sheet.js";
import { Ticket, Who } from "./who.js";

/** @typedef {import("./ground.js").Here} Here */
/** @typedef {import("./station_sheet.js").Sheet} Sheet */
/** @typedef {import("./station_sheet.js").Opened} Opened */
/** @typedef {import("../../types.js").HallPerson} HallPerson */
/** @typedef {import("../../types.js").HallStation} HallStation */
/** @typedef {import("../../types.js").HallScan} HallScan */
/**
 * @typedef {{ here: Here, station: HallStation, person: HallPerson, scan: HallScan | null,
 *   back: (said?: string) => void }} FormProps
 */

const DONE = "1";
const NOT_DONE = "2";
const TAKEN_BACK = "3";

/** @param {number} at @param {string} name */
const idOf = (at, name) => `h-${at}-${name}`;

/** @param {FormProps} props */
export function StationForm(props) {
  const { here, person, station } = props;
  const { got, fault } = useOpened(here, person, station);
  if (!got) return html`<${Opening} fault=${fault} />`;
  return html`<${Page} ...${props} got=${got} />`;
}

/** @param {FormProps & { got: Opened }} props */
function Page(props) {
  const { here, person, station, got } = props;
  const sheet = useSheet(here, person, station, got);
  const acts = useActs(props, sheet);
  if (acts.asks) {
    return html`<${Reasons}
      title=${words.not_done_why}
      reasons=${words.reasons}
      save=${words.not_done_save}
      back=${words.put_aside}
      call=${acts.call}
      chosen=${acts.notDone}
      away=${() => acts.setAsks(false)}
    />`;
  }
  return html`<div class="hall-part">
    <header class="hall-part-head">
      <${Ticket} ticket=${person.ticket} />
      <${Who} person=${person} />
      <h1>${station.label}</h1>
    </header>
    <div class="cols form-cols">
      <form class="paper" onSubmit=${(/** @type {Event} */ event) => event.preventDefault()}>
        <${CriticalBox} here=${here} sheet=${sheet} done=${() => acts.done()} call=${acts.call} />
        ${got.restored !== null &&
        html`<p class="restored">${icon("clock")}${words.restored(got.restored)}</p>`}
        <${Questions} here=${here} sheet=${sheet} names=${got.names} />
        <${Urgent} station=${station} sheet=${sheet} />
      </form>
      <aside>
        <${Standing} ...${props} busy=${acts.call.busy} takeBack=${acts.takeBack} />
        <${Ways} sheet=${sheet} acts=${acts} back=${props.back} />
      </aside>
    </div>
  </div>`;
}

/** What can be done here. @param {FormProps} props @param {Sheet} sheet */
function useActs({ here, person, station, back }, sheet) {
  const { engine, view, sound, again, attend } = here;
  const call = useCall();
  const [asks, setAsks] = useState(false);
  const [pressed, setPressed] = useState(false);
  const bare = isBare(station, sheet);
  const place = { who: person.who, station: station.id };
  const over = (
    /** @type {string} */ said,
    /** @type {import("../../types.js").HallAlarm[]} */ alarms,
  ) => {
    again();
    back(said);
    if (alarms.length) attend(together(here.alarms, alarms));
    else sound("saved");
  };
  const bad = sheet.faults.flatMap((faults, at) =>
    sheet.wrote[at] ? faults.filter((each) => !each.warn).map((each) => ({ ...each, at })) : [],
  );
  const done = (without = false) => {
    if (bare && !without) {
      setPressed(true);
      return;
    }
    sheet.tryIt();
    if (bad[0]) {
      goTo(idOf(bad[0].at, bad[0].field.replaceAll("/", "-")));
      return;
    }
    call.run(async () => {
      const alarms = await save(here, place, sheet);
      await sheet.end();
      const next = person.missing.find((each) => each !== station.id);
      const more = next ? words.next_to(stationOf(view, next)?.label ?? next) : words.all_done;
      over(`${words.saved_of(masked(person.name), station.short)} ${more}`, alarms);
    });
  };
  const mark = (/** @type {"2" | "3"} */ which, /** @type {string} */ said, why = "") =>
    call.run(async () => {
      const { alarms } = await engine.hallPart(view.day, {
        ...place,
        mark: which,
        ...(why ? { why } : {}),
      });
      await sheet.end();
      over(said, alarms);
    });
  return {
    ...{ call, asks, setAsks, done, bad, doubted: pressed && bare },
    fill: () => {
      setPressed(false);
      goTo(firstOf(sheet));
    },
    notDone: (/** @type {string} */ why) => mark(NOT_DONE, words.saved, why),
    takeBack: () => mark(TAKEN_BACK, words.taken_back),
  };
}

/** Nothing was written where a result is expected at once; tubes have theirs later. @param {HallStation} station @param {Sheet} sheet */
const isBare = ({ tubes }, { parts, wrote, typed }) =>
  tubes.length === 0 && parts.length > 0 && !wrote.some(Boolean) && !typed.urgent.length;

/** The first question somebody answers here; who fills it in stands there already. @param {Sheet} sheet */
function firstOf({ parts, found, typed }) {
  const asked = parts.flatMap(({ sections }, at) => {
    const judged = /** @type {import("../../forms/asked.js").Judged} */ (found[at]);
    return sections
      .flatMap(({ fields }) => fields)
      .filter((field) => field.type.is !== "ref" && isShown(judged, field, typed.forms[at] ?? {}))
      .map(({ name }) => idOf(at, name));
  });
  return asked[0] ?? "";
}

/**
 * One step for each form that something was written in; without any the station is ticked alone.
 * @param {Here} here @param {{ who: string, station: string }} place @param {Sheet} sheet
 */
async function save({ engine, view }, place, sheet) {
  const { urgent } = sheet.typed;
  const wrote = sheet.parts.flatMap(({ kind }, at) =>
    sheet.wrote[at] ? [{ kind: kind.id, v: kind.version, values: sheet.values[at] ?? {} }] : [],
  );
  const steps = wrote.length ? wrote : [undefined];
  const alarms = [];
  for (const [at, form] of steps.entries()) {
    const made = await engine.hallPart(view.day, {
      ...place,
      mark: DONE,
      ...(form ? { form } : {}),
      ...(at === 0 && urgent.length ? { urgent } : {}),
    });
    alarms.push(...made.alarms);
  }
  return alarms;
}

/** 左侧收缩压 198 mmHg, as it stands on the sheet. @param {Sheet} sheet @param {string} field */
function valueOf({ parts, values }, field) {
  const at = parts.findIndex(({ names }) => names.has(field));
  const asked = parts[at]?.kind.fields.find(({ name }) => name === field);
  if (!asked) return "";
  const reader = { today: "", names: {} };
  return `${asked.label} ${fieldText(/** @type {any} */ (asked), values[at]?.[field], reader)}`;
}

/** It rises over the form and keeps what is typed. @param {{ here: Here, sheet: Sheet, done: () => void, call: ReturnType<typeof useCall> }} props */
function CriticalBox({ here, sheet, done, call }) {
  const { critical } = sheet;
  if (!critical.length) return null;
  const doctor = onDuty(here.view);
  const again = () => {
    const [first] = critical;
    critical.forEach(({ field }) =>
      sheet.parts.forEach(({ names }, at) => names.has(field) && sheet.set(at, field, "")),
    );
    sheet.setUrgent([]);
    const at = sheet.parts.findIndex(({ names }) => names.has(first?.field ?? ""));
    if (first && at >= 0) goTo(idOf(at, first.field));
  };
  return html`<section class="hall-critical" role="alert">
    ${icon("stop")}
    <div>
      <p class="title">${words.critical}</p>
      ${critical.map(
        (each) =>
          html`<p class="bold" key=${each.field + each.name}>
            ${[valueOf(sheet, each.field), each.sentence].filter(Boolean).join(words.comma)}
          </p>`,
      )}
      <p class="call">${doctor ? words.call(doctor) : words.call_nobody}</p>
      <div class="btns">
        <${Button} big onClick=${again}>${words.again}<//>
        <${Button} big main alarm busy=${call.busy} doing=${words.saving} onClick=${done}
          >${words.done_critical}<//
        >
      </div>
    </div>
  </section>`;
}

/** @param {{ here: Here, sheet: Sheet, names: Record<string, string> }} props */
function Questions({ here, sheet, names }) {
  return html`${sheet.parts.map(
    (part, at) =>
      html`${at > 0 && html`<h2 class="gap-above">${words.form_more(part.kind.label)}</h2>`}
      ${part.sections.map(
        (section) =>
          html`<${Section}
            key=${section.title}
            here=${here}
            sheet=${sheet}
            names=${names}
            at=${at}
            section=${section}
            titled=${part.sections.length > 1}
          />`,
      )}`,
  )}`;
}

/** Left and right of a body stand two in a row, so that nobody writes one into the other. */
const SIDED = /_[lr](_|$)/;

/** Widths on twelve columns. @param {import("../../forms/kinds.d.ts").Field[]} fields */
function inPairs(fields) {
  /** @type {import("../../forms/kinds.d.ts").Field[][]} */
  const runs = [];
  for (const field of fields) {
    const run = runs.at(-1);
    const same = run?.[0] && SIDED.test(run[0].name) === SIDED.test(field.name);
    if (same) run.push(field);
    else runs.push([field]);
  }
  return runs.flatMap((run) => (SIDED.test(run[0]?.name ?? "") ? run.map(() => 6) : widths(run)));
}

/** @param {string} field @returns {import("../../forms/kinds.d.ts").Fault} */
const alarming = (field) => ({ field, code: "out_of_range", say: words.critical, warn: false });

/**
 * @param {{ here: Here, sheet: Sheet, names: Record<string, string>, at: number, titled: boolean,
 *   section: { title: string, fields: import("../../forms/kinds.d.ts").Field[] } }} props
 */
function Section({ here, sheet, names, at, section, titled }) {
  const found = /** @type {import("../../forms/asked.js").Judged} */ (sheet.found[at]);
  const typed = sheet.typed.forms[at] ?? {};
  const asks = section.fields.filter((field) => isShown(found, field, typed));
  const sizes = inPairs(asks);
  return html`<section class="form-section">
    ${titled && html`<h2>${section.title}</h2>`}
    <div class="form">
      ${asks.map((field, n) => {
        const { name } = field;
        const id = idOf(at, name);
        const seen = sheet.tried || sheet.left.includes(id);
        const made = found.filled[name];
        const text = made === undefined ? "" : typedFrom([field], { [name]: made })[name];
        const alarm = sheet.critical.find((each) => each.field === name);
        const own = (sheet.faults[at] ?? []).filter((each) => each.field.split("/")[0] === name);
        return html`<${FormField}
          key=${name}
          id=${id}
          field=${field}
          value=${typed[name]}
          made=${typeof text === "string" ? text : ""}
          side=${text && !typed[name] ? form.workedOut : ""}
          span=${sizes[n]}
          faults=${alarm ? [alarming(name)] : own.filter((each) => each.warn || seen)}
          meant=${likely(field, found.body[name], undefined)}
          choices=${choicesOf(field, here.status, names)}
          onInput=${(/** @type {any} */ value) => sheet.set(at, name, value)}
          onLeave=${() => sheet.leave(id)}
        />`;
      })}
    </div>
  </section>`;
}

/** What an operator sees and no number says. @param {{ station: HallStation, sheet: Sheet }} props */
function Urgent({ station, sheet }) {
  if (!station.urgent.length) return null;
  const codes = Object.fromEntries(station.urgent.map(({ code, label }) => [code, label]));
  return html`<section class="form-section hall-urgent">
    <div class="f">
      <span class="l" id="h-urgent-label">${words.urgent}</span>
      <${Codes}
        id="h-urgent"
        labelledby="h-urgent-label"
        codes=${codes}
        none=""
        value=${sheet.typed.urgent}
        label=${words.urgent}
        tone=${sheet.typed.urgent.length ? "bad" : ""}
        onInput=${sheet.setUrgent}
      />
    </div>
  </section>`;
}

/** @param {{ sheet: Sheet, acts: ReturnType<typeof useActs>, back: () => void }} props */
function Ways({ sheet, acts, back }) {
  const { call, bad, done, setAsks, doubted } = acts;
  return html`<div class="thumb">
    ${sheet.tried &&
    bad.length > 0 &&
    html`<p class="msg" role="alert">
      ${icon("warn")}<span>${words.value_wrong(bad.length)}</span>
    </p>`}
    <${FaultBox} fault=${call.fault} />
    ${doubted && html`<${Bare} acts=${acts} />`}
    ${!doubted &&
    !sheet.critical.length &&
    html`<${Button}
      main
      big
      full
      sign="check"
      busy=${call.busy}
      doing=${words.saving}
      onClick=${() => done()}
      >${words.done}<//
    >`}
    <${Button} full onClick=${() => setAsks(true)}>${words.not_done}<//>
    <${Button} full onClick=${() => back()}>${words.put_aside}<//>
  </div>`;
}

/** Nobody passes over an empty sheet by one press. @param {{ acts: ReturnType<typeof useActs> }} props */
function Bare({ acts: { call, done, fill } }) {
  useEffect(() => document.getElementById("hall-fill")?.focus(), []);
  return html`<p class="msg" role="alert">${icon("warn")}<span>${words.bare}</span></p>
    <${Button} main big full id="hall-fill" onClick=${fill}>${words.bare_fill}<//>
    <${Button} full busy=${call.busy} doing=${words.saving} onClick=${() => done(true)}
      >${words.bare_done}<//
    >`;
}
