// Finding one resident: results as one types, to be walked with the arrow keys.

import { words } from "../../words/zh/search.js";
import { dayWords } from "../../words/zh/time.js";
import { personText, placeText } from "../ages.js";
import { html, useEffect, useRef, useState } from "../html.js";
import { Button } from "../parts/button.js";
import { Chip } from "../parts/chip.js";
import { Empty } from "../parts/empty.js";
import { asFault, FaultBox } from "../parts/fault.js";
import { icon } from "../parts/icon.js";
import { SCREENS } from "../screens.js";
import { forget } from "./archive_opened.js";

/** @typedef {import("../../types.js").Line} Line */
/** @typedef {import("../screens.js").Props} Props */

const MOST = 30;

/** Answers may overtake each other: only the one of the last question is shown. @param {Props} props @param {string} text @param {number} most */
function useFound({ engine, changed }, text, most) {
  const [found, setFound] = useState(
    /** @type {{ text: string, lines: Line[], fault: import("../../types.js").Fault | null } | null} */ (
      null
    ),
  );
  const last = useRef(0);
  useEffect(() => {
    last.current += 1;
    const mine = last.current;
    engine.search(text, most).then(
      (lines) => mine === last.current && setFound({ text, lines, fault: null }),
      (error) => mine === last.current && setFound({ text, lines: [], fault: asFault(error) }),
    );
  }, [engine, text, most, changed]);
  return found;
}

/** @param {{ line: Line, today: string, open: (id: string) => void }} props */
function Found({ line, today, open }) {
  const { marks } = line;
  return html`<li>
    <button type="button" class="visit found" data-row onClick=${() => open(line.id)}>
      <span class="who"
        ><b>${line.name}</b><span class="quiet">${personText(line, today)}</span></span
      >
      <span class="what"
        >${placeText(line)}<span class="quiet"
          >${[line.tail, line.phone && `${words.phone} **** ${line.phone}`]
            .filter(Boolean)
            .join(" · ")}</span
        ></span
      >
      <span class="chips">
        ${marks.includes("disputed") && html`<${Chip} tone="voice" sign="voice">${words.says}<//>`}
        ${marks.includes("conflict") && html`<${Chip} tone="due" sign="warn">${words.conflict}<//>`}
        ${marks.includes("new_here") && html`<${Chip} sign="plus">${words.new_here}<//>`}
        ${line.waiting > 0 && html`<${Chip} sign="cloud">${words.waiting(line.waiting)}<//>`}
        <span class="quiet"
          >${line.last ? `${words.last} ${dayWords(line.last, today)}` : words.never}</span
        >
      </span>
      <span class="go">${icon("right")}</span>
    </button>
  </li>`;
}

/** Arrow keys walk the results. @param {KeyboardEvent} event */
function walk(event) {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const box = /** @type {HTMLElement} */ (event.currentTarget);
  const stops = [
    .../** @type {NodeListOf<HTMLElement>} */ (box.querySelectorAll("input,[data-row]")),
  ];
  const at = stops.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  const to = stops[at + (event.key === "ArrowDown" ? 1 : -1)];
  if (at < 0 || !to) return;
  event.preventDefault();
  to.focus();
}

/** @param {{ text: string, set: (text: string) => void, only: (() => void) | null }} props */
function Box({ text, set, only }) {
  const box = useRef(/** @type {HTMLInputElement | null} */ (null));
  // The frame takes the focus to the new page first; whoever searches types at once.
  useEffect(() => {
    const later = setTimeout(() => box.current?.focus(), 0);
    return () => clearTimeout(later);
  }, []);
  return html`<form
    class="entry find-box"
    role="search"
    onSubmit=${(/** @type {Event} */ event) => {
      event.preventDefault();
      only?.();
    }}
  >
    <label for="find">${words.label}</label>
    <div class="entry-line">
      <input
        class="in big"
        id="find"
        type="search"
        inputmode="search"
        autocomplete="off"
        autocapitalize="none"
        spellcheck=${false}
        aria-describedby="find-hint find-count"
        value=${text}
        ref=${box}
        onInput=${(/** @type {Event} */ event) =>
          set(/** @type {HTMLInputElement} */ (event.target).value)}
      />
      ${text &&
      html`<${Button}
        sign="x"
        onClick=${() => {
          set("");
          box.current?.focus();
        }}
        >${words.clear}<//
      >`}
    </div>
    <p class="quiet" id="find-hint">${words.hint}</p>
  </form>`;
}

/** @param {Props} props */
export function People(props) {
  const { status, go } = props;
  const [text, setText] = useState("");
  const [most, setMost] = useState(MOST);
  useEffect(forget, []);
  const found = useFound(props, text.trim(), most);
  const open = (/** @type {string} */ resident) => go("archive", { resident, purpose: "service" });
  const lines = found?.lines ?? [];
  const more = lines.length >= most;
  const said = text.trim() ? words.found : words.listed;
  const create = SCREENS.new_resident && (() => go("new_resident", {}));
  return html`<main class="body people" onKeyDown=${walk}>
    <h1>${words.title}</h1>
    <${Box}
      text=${text}
      set=${(/** @type {string} */ to) => {
        setText(to);
        setMost(MOST);
      }}
      only=${lines.length === 1 && found?.text === text.trim() ? () => open(lines[0].id) : null}
    />
    <p class="quiet" id="find-count" role="status">
      ${found && (lines.length ? said(lines.length, more) : text.trim() ? words.none : words.begin)}
    </p>
    ${found?.fault && html`<${FaultBox} fault=${found.fault} />`}
    ${lines.length > 0 &&
    html`<ul class="visits" aria-label=${words.results}>
      ${lines.map(
        (line) => html`<${Found} key=${line.id} line=${line} today=${status.today} open=${open} />`,
      )}
    </ul>`}
    ${more && html`<${Button} full onClick=${() => setMost(most + MOST)}>${words.more}<//>`}
    ${found &&
    !found.fault &&
    found.text &&
    !lines.length &&
    html`<section class="card"><${Empty} now=${words.none} next=${words.none_next} /></section>`}
    ${create &&
    html`<section class="thumb">
      <${Button} big sign="plus" main=${Boolean(text.trim()) && !lines.length} onClick=${create}>
        ${words.create}
      <//>
    </section>`}
  </main>`;
}
