// What single acts ask in a way of their own: the notice, the three answers, which value, which
// record, which team. Everything else is drawn from the catalogue.

import { typedOf } from "../../forms/typed.js";
import { words } from "../../words/zh/assist.js";
import { dayWords } from "../../words/zh/time.js";
import { html, useEffect } from "../html.js";
import { Empty } from "../parts/empty.js";
import { FormField } from "../parts/field.js";
import { icon } from "../parts/icon.js";
import { fieldText } from "./archive_values.js";
import { cellsOf, correctable, shownNow } from "./assist_body.js";
import { Answers, Read } from "./assist_read.js";

/** @typedef {import("./assist_act.js").Got} Got */
/** @typedef {import("./assist_act.js").Sheet} Sheet */
/** @typedef {{ got: Got, sheet: Sheet, status: import("../screens.js").Props["status"], params: Record<string, any> }} Props */

const FIELD = "@field";
const RECENT = 20;
const ASKED_ABOUT = [
  ...["htn_followup", "dm_followup", "copd_followup", "encounter", "newborn_visit", "child_check"],
  ...["postpartum_visit", "postpartum_42", "antenatal_first", "antenatal_next", "health_check"],
  ...["elder_tcm", "elder_selfcare", "child_tcm", "disabled_check", "vaccination", "smd_followup"],
  ...["tb_first", "tb_followup"],
];

/** Questions that are asked here and not drawn as they stand in the form. */
export const SPECIAL = ["record", "field", "team", "ground", "of", "answer"];

/** @param {Props} props */
export function Special(props) {
  switch (props.got.kind.id) {
    case "act_agree":
      return html`<${Agree} ...${props} />`;
    case "act_correct":
      return html`<${Correct} ...${props} />`;
    case "act_state":
      return html`<${About} ...${props} title=${words.state_which} page=${true} />`;
    case "act_answer":
      return html`<${Came} ...${props} />`;
    case "act_switch":
      return html`<${Switch} ...${props} />`;
    case "act_unswitch":
      return html`<${Unswitch} ...${props} />`;
    case "act_phone":
      return html`<p class="elder">${words.phone_say}</p>`;
    default:
      return html`<p class="elder">${words.family_say}</p>
        <p class="quiet">${words.family_hint}</p>`;
  }
}

/** What is said where a question was left open. @param {{ sheet: Sheet, name: string }} props */
function Says({ sheet, name }) {
  const [first] = sheet.faults(name);
  return first ? html`<p class="msg">${icon("warn")}<span>${first.say}</span></p>` : null;
}

/** @param {Props} props */
function Agree({ got, sheet, status }) {
  const raw = /** @type {{ notice?: import("./assist_read.js").Notice }} */ (
    /** @type {unknown} */ (got.catalogue.raw)
  );
  if (!raw.notice) return html`<${Empty} now=${words.agree.unread} />`;
  const { version } = raw.notice;
  const pick = (/** @type {string} */ code) => {
    sheet.set("agreed", code);
    sheet.set("version", version);
  };
  return html`<${Read} notice=${raw.notice} facility=${status.facility} />
    <${Answers}
      id="a-agreed"
      label=${words.acts.act_agree?.name ?? ""}
      answers=${[
        ["1", words.agree.yes],
        ["2", words.agree.no],
      ]}
      value=${String(sheet.typed.agreed ?? "")}
      onPick=${pick}
      bad=${sheet.faults("agreed").length > 0}
    />
    <${Says} sheet=${sheet} name="agreed" />`;
}

/** One question out of choices made here. @param {{ sheet: Sheet, name: string, label: string, codes: Record<string, string>, value?: string, onPick?: (code: string) => void }} props */
function Choose({ sheet, name, label, codes, value, onPick }) {
  const field = { name, label, type: { is: "ref", to: "here" }, required: true };
  return html`<div class="form">
    <${FormField}
      id=${`a-${name}`}
      field=${field}
      value=${value ?? sheet.typed[name]}
      span=${12}
      faults=${sheet.faults(name)}
      choices=${codes}
      onInput=${(/** @type {string} */ code) => (onPick ? onPick(code) : sheet.set(name, code))}
      onLeave=${() => {}}
    />
  </div>`;
}

/** @param {Props} props */
function Correct({ got, sheet, status }) {
  const { register } = got.catalogue;
  const { cells } = got.archive;
  const reader = { today: status.today, names: {} };
  const fields = /** @type {any[]} */ (register.fields).filter(
    (each) => correctable(each) && (status.restricted || each.class === "A"),
  );
  const field = fields.find(({ name }) => name === sheet.typed[FIELD]);
  const choose = (/** @type {string} */ name) => {
    const found = fields.find((each) => each.name === name);
    sheet.set(FIELD, name);
    if (found) sheet.set(`=${name}`, typedOf(found.type, shownNow(found, cells)));
    sheet.setCells([]);
  };
  const typed = (/** @type {any} */ value) => {
    sheet.set(`=${field.name}`, value);
    sheet.setCells(cellsOf(field, { [field.name]: value }, cells));
  };
  const now = field && shownNow(field, cells);
  return html`<section class="form-section" id="a-cells" tabindex="-1">
    <${Choose}
      sheet=${sheet}
      name=${FIELD}
      label=${words.correct_which}
      codes=${Object.fromEntries(fields.map((each) => [each.name, each.label]))}
      onPick=${choose}
    />
    ${field &&
    html`<p class="quiet">
        ${words.correct_now}
        ${now == null || !String(now) ? words.nothing : fieldText(field, now, reader)}
      </p>
      <div class="form">
        <${FormField}
          id=${`a-${field.name}`}
          field=${field}
          value=${sheet.typed[`=${field.name}`]}
          span=${12}
          faults=${sheet.faults(field.name)}
          onInput=${typed}
          onLeave=${() => {}}
        />
      </div>
      <p>${field.resident_may === "ask" ? words.correct_ask : words.correct_change}</p>`}
    <${Says} sheet=${sheet} name="cells" />
  </section>`;
}

/** Records that somebody can point at, the newest first. @param {Props} props @param {boolean} [services] */
function records({ got, status }, services = false) {
  const stands = got.archive.records.filter((each) => !each.voided && each.kind !== "statement");
  return stands
    .filter((each) => !services || ASKED_ABOUT.includes(each.kind))
    .slice(0, RECENT)
    .map((each) => {
      const kind = got.catalogue.kind(each.kind, each.v);
      const label = words.service(kind?.class === "A" ? kind.label : (kind?.neutral_label ?? ""));
      return { each, label: `${dayWords(each.on, status.today)} ${label}` };
    });
}

/** @param {Props & { title: string, page: boolean }} props */
function About(props) {
  const found = records(props).map(({ each, label }) => [each.change, label]);
  const codes = Object.fromEntries([...(props.page ? [["", words.state_page]] : []), ...found]);
  const { sheet } = props;
  return html`<${Choose} sheet=${sheet} name="record" label=${props.title} codes=${codes} />`;
}

/** @param {Props} props */
function Came(props) {
  const { sheet, status } = props;
  const found = records(props, true);
  const [only] = found.length === 1 ? found : [];
  const chosen = found.find(({ each }) => each.change === sheet.typed.record) ?? only;
  useEffect(() => {
    if (only) sheet.set("record", only.each.change);
  }, [only?.each.change]);
  if (!found.length) return html`<${Empty} now=${words.answer_none} />`;
  const codes = Object.fromEntries(found.map(({ each, label }) => [each.change, label]));
  const by = chosen?.each.by || status.facility;
  return html`${!only &&
    html`<${Choose} sheet=${sheet} name="record" label=${words.answer_which} codes=${codes} />`}
    ${chosen &&
    html`<p class="elder ask">${words.answer_ask(dayWords(chosen.each.on, status.today), by)}</p>
      <${Answers}
        id="a-answer"
        label=${words.acts.act_answer?.name ?? ""}
        answers=${Object.entries(words.answers)}
        value=${String(sheet.typed.answer ?? "")}
        onPick=${(/** @type {string} */ code) => sheet.set("answer", code)}
        bad=${sheet.faults("answer").length > 0}
      />`} <${Says} sheet=${sheet} name="answer" />`;
}

/** @param {Props} props */
function Switch({ got, sheet, status }) {
  const { teams, grounds } = got.choices;
  const open = teams.filter(({ facility }) => facility !== status.facility);
  if (!open.length) return html`<${Empty} now=${words.switch_none} />`;
  const named = open.map(({ id, name, facility }) => [id, words.team_of(facility, name)]);
  return html`<p class="elder">${words.switch_say}</p>
    <${Choose} sheet=${sheet} name="team" label=${words.team} codes=${Object.fromEntries(named)} />
    <${Choose}
      sheet=${sheet}
      name="ground"
      label=${words.ground}
      codes=${Object.fromEntries(grounds.map(({ code, label }) => [code, label]))}
    />`;
}

/** @param {Props} props */
function Unswitch({ got, sheet, status }) {
  const { id } = got.archive.line;
  const asked = got.mine.filter((each) => each.kind === "act_switch" && each.resident === id);
  if (!asked.length) return html`<${Empty} now=${words.unswitch_none} />`;
  const codes = asked.map((each) => [each.change, words.at(each.at, status.now)]);
  return html`<${Choose}
    sheet=${sheet}
    name="of"
    label=${words.which_switch}
    codes=${Object.fromEntries(codes)}
  />`;
}
