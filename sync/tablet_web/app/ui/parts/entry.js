// A line to type into: label above, hint, what is wrong, box. What was typed stays whatever is
// wrong with it. (Fields of forms are parts/field.js.)

import { html, useState } from "../html.js";
import { words } from "../../words/zh/shell.js";
import { Button } from "./button.js";
import { icon } from "./icon.js";

/**
 * @typedef {object} EntryProps
 * @property {string} id
 * @property {any} label
 * @property {any} [hint]
 * @property {any} [side] Stands on the right of the label.
 * @property {string} value
 * @property {(value: string) => void} onInput
 * @property {any} [error] What is wrong and what to do.
 * @property {"text" | "password"} [type]
 * @property {string} [inputmode]
 * @property {string} [autocomplete]
 * @property {boolean} [big]
 * @property {number} [maxlength]
 */

/** @param {EntryProps} props */
export function Entry(props) {
  const { id, label, hint, side, value, error, type = "text" } = props;
  const [shown, setShown] = useState(false);
  const told = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return html`<div class="entry">
    <label for=${id}>${label}${side && html`<i>${side}</i>`}</label>
    ${hint && html`<p class="quiet" id=${`${id}-hint`}>${hint}</p>`}
    <div class="entry-line">
      <input
        class=${`in ${error ? "bad" : ""} ${props.big ? "big" : ""}`}
        id=${id}
        name=${id}
        type=${type === "password" && !shown ? "password" : "text"}
        inputmode=${props.inputmode}
        autocomplete=${props.autocomplete ?? "off"}
        autocapitalize="none"
        spellcheck=${false}
        maxlength=${props.maxlength}
        value=${value}
        aria-invalid=${error ? "true" : undefined}
        aria-describedby=${told || undefined}
        onInput=${(/** @type {Event} */ event) =>
          props.onInput(/** @type {HTMLInputElement} */ (event.target).value)}
      />
      ${type === "password" &&
      html`<${Button} sign="eye" pressed=${shown} onClick=${() => setShown(!shown)}
        >${words.show_typed}<//
      >`}
    </div>
    ${error && html`<p class="msg" id=${`${id}-error`}>${icon("warn")}${error}</p>`}
  </div>`;
}
