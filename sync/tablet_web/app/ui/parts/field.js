// One question of a form, drawn by its type: label above, the last value on its right, the box, and
// under it what is to be said about the answer. Nothing here knows a form by name.

import { LINE, rowFields, widths } from "../../forms/layout.js";
import { parts } from "../../forms/days.js";
import { words } from "../../words/zh/form.js";
import { html } from "../html.js";
import { Button } from "./button.js";
import { inTurn, One, Several } from "./choice.js";
import { icon } from "./icon.js";

/** @typedef {import("../../forms/kinds.d.ts").Field} Field */
/** @typedef {import("../../forms/kinds.d.ts").Fault} Fault */
/** @typedef {import("../../forms/kinds.d.ts").ListType} ListType */
/** @typedef {import("../../forms/typed.js").Typed} Typed */

/**
 * @typedef {object} FieldProps
 * @property {string} id
 * @property {Field} field
 * @property {string} [label] Instead of the form's own.
 * @property {Typed | undefined} value What was typed.
 * @property {string} [made] What was worked out and stands in the box while nothing is typed.
 * @property {string} [side] On the right of the label: 上次 149.
 * @property {number} span Columns of twelve.
 * @property {Fault[]} faults To be said now.
 * @property {string} [look] A further look at a possible value: above the goal.
 * @property {string | null} [meant] The value that was likely meant.
 * @property {Record<string, string>} [choices] Of a reference.
 * @property {string} [fixed] Why it cannot be changed here.
 * @property {string} [hint]
 * @property {(value: Typed) => void} onInput
 * @property {() => void} onLeave
 */

/** @param {FieldProps} props */
export function FormField(props) {
  const { id, field, span, faults } = props;
  const { is } = field.type;
  const own = faults.filter((each) => is !== "list" || !each.field.includes("/"));
  const hard = own.filter((each) => !each.warn);
  const soft = own.filter((each) => each.warn);
  const tone = hard.length ? "bad" : soft.length || props.look ? "look" : "";
  const told = hard.length || soft.length || props.look ? `${id}-says` : undefined;
  const grouped = is === "code" || is === "codes" || is === "list" || is === "ref";
  const label = html`${props.label ?? field.label}${props.side && html`<i>${props.side}</i>`}`;
  return html`<div
    class=${`f s${span} ${is === "list" ? "listed" : ""}`}
    onFocusOut=${(/** @type {FocusEvent} */ event) => leaves(event) && props.onLeave()}
  >
    ${grouped
      ? html`<span class="l" id=${`${id}-label`}>${label}</span>`
      : html`<label for=${id} id=${`${id}-label`}>${label}</label>`}
    ${props.hint && html`<p class="quiet">${props.hint}</p>`}
    ${props.fixed
      ? html`<${Fixed} ...${props} />`
      : html`<${Box} ...${props} tone=${tone} told=${told} />`}
    ${told && html`<${Says} id=${told} hard=${hard} soft=${soft} look=${props.look ?? ""} />`}
    ${hard.length > 0 &&
    props.meant &&
    html`<${Button}
      full
      alarm
      onClick=${() => {
        props.onInput(props.meant ?? "");
        props.onLeave();
      }}
      >${words.meant(props.meant)}<//
    >`}
  </div>`;
}

/** Whether the focus goes out of the question, not from one answer to the next. @param {FocusEvent} event */
function leaves(event) {
  const here = /** @type {Element} */ (event.currentTarget);
  return !here.contains(/** @type {Node | null} */ (event.relatedTarget));
}

/** @param {{ id: string, hard: Fault[], soft: Fault[], look: string }} props */
function Says({ id, hard, soft, look }) {
  if (hard[0]) return html`<p class="msg" id=${id}>${icon("warn")}<span>${hard[0].say}</span></p>`;
  const said = soft.map((each) => each.say);
  if (look) said.unshift(look);
  return html`<div id=${id}>
    ${said.map((each) => html`<p class="msg look">${icon("eye")}<span>${each}</span></p>`)}
  </div>`;
}

/** @param {FieldProps} props */
function Fixed({ id, value, made, fixed }) {
  const text = typeof value === "string" && value ? value : made || words.nothing;
  return html`<p class="fixed" id=${id} tabindex="-1">${text}</p>
    <p class="quiet">${fixed}</p>`;
}

/** @param {FieldProps & { tone: string, told: string | undefined }} props */
function Box(props) {
  const { id, field, value, tone, told } = props;
  const { type } = field;
  const text = typeof value === "string" && value !== "" ? value : (props.made ?? "");
  const common = { id, tone, describedby: told, labelledby: `${id}-label` };
  const onInput = /** @type {(value: any) => void} */ (props.onInput);
  switch (type.is) {
    case "code":
      return html`<${One}
        ...${common}
        codes=${type.codes}
        order=${field.name === "sex" ? likelyFirst(type.codes) : inTurn(type.codes)}
        value=${text}
        must=${field.required}
        label=${field.label}
        onInput=${onInput}
      />`;
    case "codes":
      return html`<${Several}
        ...${common}
        codes=${type.codes}
        none=${type.none}
        value=${Array.isArray(value) ? value : []}
        label=${field.label}
        onInput=${onInput}
      />`;
    case "ref":
      return html`<${Reference} ...${props} text=${text} />`;
    case "list":
      return html`<${Rows} ...${props} type=${type} />`;
    default:
      return html`<${Line} ...${props} text=${text} />`;
  }
}

/** 男 and 女 stand before the answers that hardly anybody gives. @param {Record<string, string>} codes */
const likelyFirst = (codes) =>
  Object.keys(codes).sort((a, b) => Number(/[12]/.test(b)) - Number(/[12]/.test(a)));

/** @param {FieldProps & { text: string, tone: string, told: string | undefined }} props */
function Reference({ id, field, choices = {}, text, tone, told, onInput }) {
  const known = text && !(text in choices) ? { ...choices, [text]: words.id(text) } : choices;
  if (!Object.keys(known).length) {
    return html`<p class="fixed" id=${id} tabindex="-1">${words.nobody}</p>`;
  }
  return html`<${One}
    id=${id}
    labelledby=${`${id}-label`}
    describedby=${told}
    tone=${tone}
    codes=${known}
    value=${text}
    must=${field.required}
    label=${field.label}
    onInput=${onInput}
  />`;
}

const NATIVE = /** @type {Record<string, string>} */ ({ month: "month", time: "time" });

/** A line to type into, with the keyboard that its answer needs. @param {FieldProps & { text: string, tone: string, told: string | undefined }} props */
function Line({ id, field, text, tone, told, onInput }) {
  const { type } = field;
  const typed = (/** @type {Event} */ event) =>
    onInput(/** @type {HTMLInputElement} */ (event.target).value);
  const common = {
    id,
    name: id,
    autocomplete: "off",
    "aria-describedby": told,
    "aria-invalid": tone === "bad" ? "true" : undefined,
    value: text,
    onInput: typed,
  };
  if (type.is === "text" && type.most > LINE) {
    return html`<textarea class=${`in area ${tone}`} rows="2" ...${common}></textarea>`;
  }
  if (type.is === "day") return html`<${DayBox} common=${common} tone=${tone} text=${text} />`;
  const number = type.is === "integer" || type.is === "scaled";
  const unit = number ? words.unit(type.unit) : "";
  // A number that stands there is written over, not added to: 135 and then 142 is not 135142. The
  // press sets its mark after the focus, so it is done behind it; who has typed or gone on by then
  // is left alone.
  const over = (/** @type {Event} */ event) => {
    const box = /** @type {HTMLInputElement} */ (event.target);
    const before = box.value;
    setTimeout(() => document.activeElement === box && box.value === before && box.select());
  };
  return html`<span class=${`in box ${tone}`}>
    <input
      type=${NATIVE[type.is] ?? "text"}
      inputmode=${number ? (type.is === "scaled" ? "decimal" : "numeric") : keys(field)}
      autocapitalize="none"
      spellcheck=${false}
      ...${common}
      onFocus=${number ? over : undefined}
    />${unit && html`<i>${unit}</i>`}
  </span>`;
}

/** A day is read as people say it, 11月23日 周一, and typed into the browser's own box. @param {{ common: Record<string, any>, tone: string, text: string }} props */
function DayBox({ common, tone, text }) {
  const said = parts(text) ? words.day(text) : words.chooseDay;
  return html`<span class=${`in box day ${tone}`}>
    <input type="date" ...${common} />
    <span class=${text ? "said" : "said quiet"} aria-hidden="true">${said}</span>
  </span>`;
}

/** @param {Field} field */
function keys({ type }) {
  if (type.is !== "text" || !type.pattern) return undefined;
  return /^[0-9\\[\](){},|\-+?]*$/.test(type.pattern) ? "numeric" : undefined;
}

/** A drug, how often, how much. */
const THREE = [5, 3, 4];

/** Rows of a list, each with its own questions. @param {FieldProps & { type: ListType, told: string | undefined }} props */
function Rows({ id, field, type, value, faults, choices, onInput, onLeave, told }) {
  const rows = Array.isArray(value) ? /** @type {Record<string, string>[]} */ (value) : [];
  const inner = rowFields(type.fields);
  const sizes = inner.length === 3 ? THREE : widths(inner);
  const set = (/** @type {number} */ at, /** @type {string} */ name, /** @type {any} */ text) =>
    onInput(rows.map((row, n) => (n === at ? { ...row, [name]: text } : row)));
  const add = () => onInput([...rows, fresh(type)]);
  const full = rows.length >= type.most;
  return html`<div
    class="rows"
    role="group"
    aria-labelledby=${`${id}-label`}
    aria-describedby=${told}
  >
    ${rows.map(
      (row, at) =>
        html`<fieldset class="row-of" key=${at}>
          <legend class="vh">${words.row(at + 1)}</legend>
          <div class="form">
            ${inner.map(
              (each, n) =>
                html`<${FormField}
                  key=${each.name}
                  id=${`${id}-${at}-${each.name}`}
                  field=${each}
                  value=${row[each.name]}
                  span=${sizes[n]}
                  faults=${faults.filter((one) => one.field === `${field.name}/${at}/${each.name}`)}
                  choices=${choices}
                  onInput=${(/** @type {any} */ text) => set(at, each.name, text)}
                  onLeave=${onLeave}
                />`,
            )}
          </div>
          <${Button} sign="x" onClick=${() => onInput(rows.filter((_, n) => n !== at))}
            >${words.takeRow}<//
          >
        </fieldset>`,
    )}
    ${!full &&
    html`<${Button} id=${rows.length ? undefined : id} sign="plus" full onClick=${add}
      >${words.addRow(field.label)}<//
    >`}
  </div>`;
}

/** A new row; where a row has an id of its own, it is made here. @param {ListType} type */
function fresh(type) {
  /** @type {Record<string, string>} */
  const row = {};
  for (const each of type.fields) {
    row[each.name] = each.type.is === "ref" ? crypto.randomUUID().replaceAll("-", "") : "";
  }
  return row;
}
