// Answers to choose from: side by side where there are few, from a sheet where there are many; of
// several answers, 无 goes alone.

import { isSegmented } from "../../forms/layout.js";
import { words } from "../../words/zh/form.js";
import { html, useEffect, useRef, useState } from "../html.js";
import { Button } from "./button.js";
import { icon } from "./icon.js";

/** @typedef {Record<string, string>} Codes */

/** The codes as the form has them: an object gives 10 and 99 out before 01. Ids keep the order they came in. @param {Codes} codes */
export function inTurn(codes) {
  const all = Object.keys(codes);
  const padded = all.every((code) => /^\d{1,3}$/.test(code)) && all.some((c) => /^0\d/.test(c));
  return padded ? all.sort() : all;
}

/**
 * A sheet over the page, for as long as somebody chooses.
 * @param {{ title: string, close: () => void, clear?: (() => void) | undefined, children?: any }} props
 */
export function Sheet({ title, close, clear, children }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return html`<dialog
    class="sheet"
    ref=${dialog}
    aria-label=${title}
    onClose=${close}
    onClick=${(/** @type {Event} */ event) => event.target === dialog.current && close()}
  >
    <div class="sheet-page">
      <h2>${title}</h2>
      <div class="sheet-list">${children}</div>
      <div class="btns">
        ${clear && html`<${Button} onClick=${clear}>${words.cleared}<//>`}
        <${Button} main sign="check" onClick=${close}>${words.done}<//>
      </div>
    </div>
  </dialog>`;
}

/** @param {{ id: string, name: string, type: "radio" | "checkbox", checked: boolean, label: any, onPick: () => void, onAgain?: () => void }} props */
function Pick({ id, name, type, checked, label, onPick, onAgain }) {
  return html`<label class="pick">
    <input
      type=${type}
      id=${id}
      name=${name}
      checked=${checked}
      onChange=${onPick}
      onClick=${() => checked && onAgain?.()}
    />
    ${checked && icon("check")}<span>${label}</span>
  </label>`;
}

/**
 * One answer.
 * @param {{ id: string, labelledby: string, codes: Codes, value: string, must: boolean,
 *   label: string, describedby?: string | undefined, tone: string, order?: string[],
 *   onInput: (code: string) => void }} props
 */
export function One(props) {
  const { id, codes, value, must, label, onInput, labelledby, describedby, tone } = props;
  const [open, setOpen] = useState(false);
  const clear = must ? undefined : () => onInput("");
  const picks = (/** @type {(() => void) | undefined} */ then) =>
    (props.order ?? inTurn(codes)).map(
      (code, at) =>
        html`<${Pick}
          key=${code}
          id=${at ? `${id}-${code}` : id}
          name=${id}
          type="radio"
          checked=${value === code}
          label=${codes[code]}
          onPick=${() => {
            onInput(code);
            then?.();
          }}
          onAgain=${then ?? clear}
        />`,
    );
  if (isSegmented(codes)) {
    return html`<div
      class=${`seg ${tone}`}
      role="radiogroup"
      aria-labelledby=${labelledby}
      aria-describedby=${describedby}
    >
      ${picks(undefined)}
    </div>`;
  }
  const close = () => setOpen(false);
  const cleared = clear && (() => (clear(), close()));
  return html`<button
      type="button"
      class=${`in pick-one ${tone}`}
      id=${open ? undefined : id}
      aria-haspopup="dialog"
      aria-labelledby=${`${labelledby} ${id}-chosen`}
      aria-describedby=${describedby}
      onClick=${() => setOpen(true)}
    >
      <span id=${`${id}-chosen`} class=${value ? "" : "quiet"}
        >${codes[value] ?? words.chooseShort}</span
      ><i>${icon("down")}</i>
    </button>
    ${open &&
    html`<${Sheet} title=${words.choose(label)} close=${close} clear=${cleared}
      >${picks(close)}<//
    >`}`;
}

/** The answers after one more press: 无 goes when another comes, and the others when it comes. @param {string[]} chosen @param {string} code @param {string} none */
export function pressed(chosen, code, none) {
  if (chosen.includes(code)) return chosen.filter((each) => each !== code);
  if (code === none) return [code];
  return [...chosen.filter((each) => each !== none), code];
}

const SHOWN = 5;

/**
 * Several answers. Of many, those stand side by side that were chosen, 无, and a way to the others.
 * @param {{ id: string, labelledby: string, codes: Codes, none: string, value: string[],
 *   label: string, describedby?: string | undefined, tone: string,
 *   onInput: (codes: string[]) => void }} props
 */
export function Several(props) {
  const { id, codes, none, value, label, onInput, labelledby, describedby, tone } = props;
  const [open, setOpen] = useState(false);
  const all = inTurn(codes);
  const fits = isSegmented(codes) && all.length <= SHOWN;
  const shown = fits ? all : all.filter((code) => code === none || value.includes(code));
  const pick = (/** @type {string} */ code, /** @type {boolean} */ first) =>
    html`<${Pick}
      key=${code}
      id=${first ? id : `${id}-${code}`}
      name=${id}
      type="checkbox"
      checked=${value.includes(code)}
      label=${codes[code]}
      onPick=${() => onInput(inOrder(all, pressed(value, code, none)))}
    />`;
  return html`<div
      class=${`seg ${tone}`}
      role="group"
      aria-labelledby=${labelledby}
      aria-describedby=${describedby}
    >
      ${shown.map((code, at) => pick(code, !open && at === 0))}
      ${!fits &&
      html`<button
        type="button"
        class="pick more"
        id=${shown.length || open ? undefined : id}
        aria-haspopup="dialog"
        onClick=${() => setOpen(true)}
      >
        ${shown.length ? words.others(all.length - shown.length) : words.choose(label)}
      </button>`}
    </div>
    ${open &&
    html`<${Sheet} title=${words.choose(label)} close=${() => setOpen(false)}
      >${all.map((code, at) => pick(code, at === 0))}<//
    >`}`;
}

/** @param {string[]} all @param {string[]} chosen */
const inOrder = (all, chosen) => all.filter((code) => chosen.includes(code));
