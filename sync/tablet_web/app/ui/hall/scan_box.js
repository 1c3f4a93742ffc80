// The one field of a hall: scanners and card readers type into it and end the line with Enter, and
// so do people. Whatever is typed while no other field is open lands here.

import { words } from "../../words/zh/hall.js";
import { html, useEffect, useRef, useState } from "../html.js";
import { icon } from "../parts/icon.js";

const ID = "hall-scan";

/** Whether somebody is writing somewhere. @param {Element | null} at */
const writing = (at) =>
  at instanceof HTMLElement &&
  at.id !== ID &&
  (at.matches("input:not([type=radio]):not([type=checkbox]), textarea, select") ||
    at.closest("dialog[open]") !== null);

/** Back to the field, wherever a finger has been. */
export function toField() {
  const box = document.getElementById(ID);
  if (box && !writing(document.activeElement)) box.focus({ preventScroll: true });
}

/**
 * @param {{ found: (text: string) => void, enter?: (() => void) | null, low?: boolean }} props
 *   `enter`: what an empty line means; `low`: while something else is the matter.
 */
export function ScanBox({ found, enter, low }) {
  const [text, setText] = useState("");
  const [keys, setKeys] = useState(false);
  const box = useRef(/** @type {HTMLInputElement | null} */ (null));
  // The frame takes the focus to the new page first.
  useEffect(() => {
    const later = setTimeout(toField, 0);
    const typed = (/** @type {KeyboardEvent} */ event) => {
      const plain = !event.ctrlKey && !event.altKey && !event.metaKey;
      if (plain && event.key.length === 1 && event.key !== " ") toField();
    };
    addEventListener("keydown", typed, true);
    return () => {
      clearTimeout(later);
      removeEventListener("keydown", typed, true);
    };
  }, []);
  const read = (/** @type {Event} */ event) => {
    event.preventDefault();
    const line = box.current?.value ?? text;
    setText("");
    if (box.current) box.current.value = "";
    if (line.trim()) found(line);
    else enter?.();
  };
  return html`<form class=${`hall-scan ${low ? "low" : ""}`} role="search" onSubmit=${read}>
    <label for=${ID}>${words.scan}</label>
    <div class="entry-line">
      <input
        class="in big"
        id=${ID}
        name=${ID}
        type="text"
        inputmode=${keys ? "text" : "none"}
        enterkeyhint="search"
        autocomplete="off"
        autocapitalize="none"
        spellcheck=${false}
        ref=${box}
        value=${text}
        onPointerDown=${() => setKeys(true)}
        onInput=${(/** @type {Event} */ event) =>
          setText(/** @type {HTMLInputElement} */ (event.target).value)}
      />
      <button type="submit" class="btn" tabindex=${text ? 0 : -1} aria-hidden=${!text}>
        ${icon("find")}${words.look_up}
      </button>
    </div>
  </form>`;
}
