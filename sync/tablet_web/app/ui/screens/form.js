// A form of the catalogue, drawn by what the catalogue says of it: one record, or several in one
// go. Two ways out, both keep what was written: finish, or leave it for later.

import { isAskedNow, keyOf } from "../../forms/asked.js";
import { daysBetween } from "../../forms/days.js";
import { widths } from "../../forms/layout.js";
import { asWritten } from "../../forms/steps.js";
import { likely, typedFrom } from "../../forms/typed.js";
import { words } from "../../words/zh/form.js";
import { dayAndWeek, dayWords } from "../../words/zh/time.js";
import { words as visit } from "../../words/zh/visit.js";
import { html, useState } from "../html.js";
import { Button } from "../parts/button.js";
import { FaultBox, useCall } from "../parts/fault.js";
import { FormField } from "../parts/field.js";
import { goTo } from "../parts/goto.js";
import { icon } from "../parts/icon.js";
import { useStrip } from "../state.js";
import { fieldText } from "./archive_values.js";
import { Choosing, Ground, isGuest } from "./form_ground.js";
import { isHomeVisit, usePosition } from "./form_position.js";
import { NextSteps, Places, stepsOf } from "./form_next.js";
import { Pictures } from "./form_pictures.js";
import { RegisterForm } from "./form_register.js";
import { Saved } from "./form_saved.js";
import { aboutOf, Whose } from "./form_who.js";
import { keptWords, Opening, useOpened, usePaper } from "./form_state.js";

/** @typedef {import("../screens.js").Props} Props */
/** @typedef {import("./form_state.js").Opened} Opened */
/** @typedef {import("./form_state.js").PaperState} PaperState */
/** @typedef {import("../../forms/asked.js").Question} Question */
/** @typedef {import("../../forms/kinds.d.ts").Field} Field */

const REGISTER = "basic_info";
/** So few missing, and there is room for what only asks for another look. */
const NEARLY = 3;
const LONG_LABEL = 12;
const ON = "@on";

/** @param {string} key */
export const idOf = (key) => `f-${key.replaceAll(/[^a-z0-9_]/gi, "-")}`;

/** @param {Props} props */
export function Form(props) {
  if (props.params.kind === REGISTER) return html`<${RegisterForm} ...${props} />`;
  return html`<${Forms} ...${props} kinds=${[props.params.kind]} />`;
}

/** @param {Props & { kinds: string[] }} props */
export function Forms(props) {
  const { got, fault } = useOpened(props, props.kinds);
  if (!got) return html`<${Opening} fault=${fault} />`;
  return html`<${Page} ...${props} got=${got} />`;
}

/** Faults at the question they are shown at. @param {PaperState} page */
function faultsBy(page) {
  /** @type {Map<string, import("../../forms/kinds.d.ts").Fault[]>} */
  const made = new Map();
  for (const { kind, faults } of page.found) {
    for (const each of faults) {
      const name = each.field.split("/")[0] ?? "";
      const key = name === ON ? ON : keyOf(kind, page.questions, name);
      const before = made.get(key) ?? [];
      if (!before.some(({ say }) => say === each.say)) made.set(key, [...before, each]);
    }
  }
  return made;
}

/** @param {Props & { got: Opened }} props */
function Page(props) {
  const { got, status, engine, replace } = props;
  const page = usePaper(props, got);
  const [saved, setSaved] = useState(/** @type {string | null | undefined} */ (undefined));
  const { today } = status;
  const position = usePosition(saved === undefined && isHomeVisit(got, page, status));
  useStrip(saved === undefined ? position.beside(keptWords(page.kept)) : "");
  const guest = isGuest(got, status);
  const faults = faultsBy(page);
  if (saved !== undefined) {
    return html`<${Saved}
      name=${got.archive.line.name}
      labels=${got.kinds.map((each) => (each.class === "A" ? each.label : each.neutral_label))}
      due=${saved}
      today=${today}
      resident=${got.archive.line.id}
      replace=${replace}
    />`;
  }
  return html`<${Whose} got=${got} today=${today} about=${aboutOf(got, page.paper.on)} />
    <main class="body form-body">
      <div class="cols form-cols">
        <form class="paper" onSubmit=${(/** @type {Event} */ event) => event.preventDefault()}>
          <${Restored} got=${got} page=${page} now=${status.now} />
          <${Sections}
            got=${got}
            page=${page}
            status=${status}
            faults=${faults}
            guest=${guest}
            engine=${engine}
          />
        </form>
        <aside>
          <${NextSteps} got=${got} page=${page} today=${today} />
          <${WaysOut}
            ...${props}
            page=${page}
            faults=${faults}
            guest=${guest}
            position=${position.now}
            saved=${setSaved}
          />
        </aside>
      </div>
    </main>`;
}

/**
 * Finish, or leave it for later; both keep what was written. What is missing is said when somebody
 * wants to finish, with the way to it.
 * @param {Props & { got: Opened, page: PaperState, faults: ReturnType<typeof faultsBy>,
 *   guest: boolean, position: () => import("../../types.js").Position | null,
 *   saved: (due: string | null) => void }} props
 */
function WaysOut({ got, engine, back, page, faults, guest, position, saved }) {
  const { busy, fault, run } = useCall();
  const hard = placesOf(page, faults, false, guest);
  const soft = placesOf(page, faults, true, guest);
  const finish = () => {
    page.tryIt();
    if (hard[0]) {
      goTo(hard[0].id);
      return;
    }
    const due = dueOf(got, page);
    page.end(true);
    run(async () => {
      await save(engine, got, page, { guest, position: position() });
      saved(due);
    }).then((done) => page.end(done));
  };
  const later = () => page.flush().then(back, back);
  return html`<div class="thumb">
    ${hard.length <= NEARLY &&
    html`<${Places} places=${soft} say=${words.look(soft.length)} tone="look" all=${false} />`}
    <${Places} places=${hard} say=${words.short(hard.length)} tone="bad" all=${page.tried} />
    <${FaultBox} fault=${fault} />
    <${Button} main big full sign="save" busy=${busy} doing=${words.saving} onClick=${finish}
      >${words.save}<//
    >
    <${Button} full onClick=${later}>${words.later}<//>
  </div>`;
}

/** A draft that was taken up again. @param {{ got: Opened, page: PaperState, now: number }} props */
function Restored({ got, page, now }) {
  const [shown, setShown] = useState(true);
  if (got.restored === null || !shown) return null;
  const restart = () => (page.restart(), setShown(false));
  return html`<p class="restored">
    ${icon("clock")}<span>${words.restored(words.at(got.restored, now))}</span>
    <${Button} onClick=${restart}>${words.startOver}<//>
  </p>`;
}

/**
 * Where something keeps the form from being done, or asks for another look, in its order.
 * @param {PaperState} page @param {ReturnType<typeof faultsBy>} faults @param {boolean} warn
 * @param {boolean} guest
 */
function placesOf(page, faults, warn, guest) {
  const found = [];
  const some = (/** @type {string} */ key) =>
    (faults.get(key) ?? []).filter((each) => each.warn === warn);
  if (some(ON).length) found.push({ key: ON, id: idOf(ON), label: words.serviceDay, say: "" });
  if (guest && !warn && !page.paper.ground.kind) {
    found.push({ key: "@ground", id: idOf("@ground"), label: words.groundShort, say: "" });
  }
  for (const { key, field, of } of page.questions) {
    const [first] = some(key);
    if (!first) continue;
    const inside = first.field.includes("/") ? first.field.split("/").slice(1).join("-") : "";
    const id = inside ? `${idOf(key)}-${inside}` : idOf(key);
    found.push({ key, id, label: briefly(labelOf(field, of)), say: first.say });
  }
  return found;
}

/** 进餐 of 进餐：使用餐具将饭菜送入口. @param {string} label */
const briefly = (label) => (label.length > LONG_LABEL ? label.split(words.cut)[0] : label);

/** @param {Field} field @param {string} of */
const labelOf = (field, of) =>
  of && visit.names[of] ? visit.label(field.label, visit.names[of] ?? "") : field.label;

/** @param {Opened} got @param {PaperState} page */
function dueOf(got, page) {
  const days = page.found.flatMap((each) => [
    .../** @type {string[]} */ (
      stepsOf(got, each, page.paper.on).flatMap(({ due }) => (due ? [due] : []))
    ),
    ...(typeof each.body.next_date === "string" ? [each.body.next_date] : []),
  ]);
  return days.sort()[0] ?? null;
}

/**
 * @param {Props["engine"]} engine @param {Opened} got @param {PaperState} page
 * @param {{ guest: boolean, position: import("../../types.js").Position | null }} how
 */
async function save(engine, got, page, { guest, position }) {
  const { on, ground, pictures } = page.paper;
  const records = page.found.map(({ kind, body }, at) => ({
    resident: got.archive.line.id,
    kind: kind.id,
    v: kind.version,
    on,
    body,
    ...(got.amends ? { amends: got.amends.change } : {}),
    ...(guest && ground.kind ? { ground: { kind: ground.kind, note: ground.note.trim() } } : {}),
    ...(position ? { position } : {}),
    // Photos of a combined visit go with the first of its records.
    ...(at === 0 && pictures.length ? { pictures: pictures.map(({ id }) => id) } : {}),
    ...(at === 0 ? { draft: page.key } : {}),
  }));
  if (records.length === 1) await engine.save(/** @type {any} */ (records[0]));
  else await engine.saveAll(records);
}

/**
 * @param {{ got: Opened, page: PaperState, status: Props["status"], engine: Props["engine"],
 *   faults: ReturnType<typeof faultsBy>, guest: boolean }} props
 */
function Sections({ got, page, status, engine, faults, guest }) {
  const { paper } = page;
  return html`${page.sections.map(({ title, of, questions }, at) => {
      const asks = questions.filter((each) => isShown(page, each));
      const sizes = widths([...(at === 0 ? [DAY_FIELD] : []), ...asks.map(({ field }) => field)]);
      const first = at === 0 ? (sizes.shift() ?? 4) : 0;
      return html`<section class="form-section" key=${`${of} ${title}`}>
        ${page.sections.length > 1 &&
        html`<h2>${of ? visit.section(visit.names[of] ?? of, title) : title}</h2>`}
        ${at === 0 && guest && html`<${Ground} page=${page} id=${idOf("@ground")} />`}
        <div class="form">
          ${at === 0 &&
          html`<${ServiceDay} page=${page} today=${status.today} span=${first} faults=${faults} />`}
          ${asks.map(
            (each, n) =>
              html`<${Asked}
                key=${each.key}
                got=${got}
                page=${page}
                status=${status}
                question=${each}
                span=${sizes[n]}
                faults=${faults.get(each.key) ?? []}
              />`,
          )}
        </div>
      </section>`;
    })}
    <${Pictures}
      engine=${engine}
      resident=${got.archive.line.id}
      pictures=${paper.pictures}
      set=${(/** @type {any} */ by) =>
        page.change((before) => ({ ...before, pictures: by(before.pictures) }))}
    />`;
}

/** @param {PaperState} page @param {Question} question */
function isShown(page, { key, field, kinds }) {
  const typed = page.paper.typed[key];
  if (typed !== undefined && typed.length) return true;
  return page.found
    .filter(({ kind }) => kinds.includes(kind.id))
    .some(({ kind, sound, known }) => isAskedNow(kind, field, sound, known));
}

/** @type {Field} */
const DAY_FIELD = {
  ...{ name: ON, label: words.serviceDay, required: true, class: "A", resident_may: "nothing" },
  ...{ policy: "event", reveals: false, type: { is: "day", past: true } },
};

/** @param {{ page: PaperState, today: string, span: number, faults: ReturnType<typeof faultsBy> }} props */
function ServiceDay({ page, today, span, faults }) {
  const { on } = page.paper;
  const late = daysBetween(on, today);
  const own = faults.get(ON) ?? [];
  const future =
    on > today ? [{ field: ON, code: "out_of_range", say: words.notYet, warn: false }] : [];
  return html`<${FormField}
    id=${idOf(ON)}
    field=${DAY_FIELD}
    value=${on}
    side=${on === today ? words.today : late && late > 0 ? words.late(late) : dayAndWeek(on, today)}
    span=${span}
    faults=${[...future, ...own]}
    onInput=${(/** @type {string} */ day) =>
      page.change((before) => ({ ...before, on: day || today }))}
    onLeave=${() => page.leave(ON)}
  />`;
}

/**
 * @param {{ got: Opened, page: PaperState, status: Props["status"], question: Question,
 *   span: number, faults: import("../../forms/kinds.d.ts").Fault[] }} props
 */
function Asked({ got, page, status, question, span, faults }) {
  const { key, field, of, kinds } = question;
  const typed = page.paper.typed[key];
  const found = page.found.find(({ kind }) => kinds.includes(kind.id));
  const made = found?.filled[field.name];
  const madeText = made === undefined ? "" : typedFrom([field], { [field.name]: made })[field.name];
  const seen = page.tried || page.left.has(key);
  const last = page.last[key];
  const value = found?.body[field.name];
  return html`<${FormField}
    id=${idOf(key)}
    field=${field}
    label=${labelOf(field, of)}
    value=${typed}
    made=${typeof madeText === "string" ? madeText : ""}
    side=${sideOf(got, page, question, madeText !== "", status.today)}
    span=${span}
    faults=${faults.filter((each) => each.warn || seen)}
    look=${found ? goalOf(got, found, field) : ""}
    meant=${likely(field, value, last?.value)}
    choices=${field.type.is === "ref" ? Choosing.of(field.type.to, got, status) : undefined}
    onInput=${(/** @type {any} */ next) => page.set(key, next)}
    onLeave=${() => page.leave(key)}
  />`;
}

const SIDE_MOST = 12;

/** What stands on the right of a label. @param {Opened} got @param {PaperState} page @param {Question} question @param {boolean} made @param {string} today */
function sideOf(got, page, { key, field }, made, today) {
  const typed = page.paper.typed[key];
  if (made && !typed) return words.workedOut;
  const last = page.last[key];
  if (!last || field.type.is === "ref") return "";
  const text = typedFrom([field], { [field.name]: last.value })[field.name];
  if (JSON.stringify(text) === JSON.stringify(typed)) {
    const other =
      last.on === page.paper.on && !page.found.some(({ kind }) => kind.id === last.kind);
    return other ? words.sameDay(got.catalogue.kind(last.kind)?.label ?? "") : words.sameAsLast;
  }
  if (field.type.is === "integer" || field.type.is === "scaled") return words.last(String(text));
  if (field.type.is === "day") return words.last(dayWords(String(last.value), today));
  const said = fieldText(/** @type {any} */ (field), last.value, { today, names: got.names });
  return said ? words.last(said.length > SIDE_MOST ? `${said.slice(0, SIDE_MOST)}…` : said) : "";
}

/** A possible value beyond what is aimed at. @param {Opened} got @param {import("../../forms/asked.js").Judged} found @param {Field} field */
function goalOf(got, { values, sound }, field) {
  const value = sound[field.name];
  const own = values[`${field.name}_goal`];
  const goal = field.name === "dbp" && "sbp_goal" in values ? got.catalogue.raw.goals.dbp : own;
  return typeof goal === "number" && typeof value === "number" && value >= goal
    ? words.aboveGoal(asWritten(field.type, goal) ?? "", field.name === "sbp")
    : "";
}
