// Beginning a service: what is due at the thumb, every other form behind one more press.

import { words } from "../../words/zh/archive.js";
import { html, useEffect, useRef, useState } from "../html.js";
import { Button } from "../parts/button.js";
import { SCREENS } from "../screens.js";
import { COMBINED, combined, conflicts, decidable, duesOf, formsToBegin } from "./archive_facts.js";
import { cellName, kindsDue, suits } from "./archive_facts.js";

/** @typedef {import("./archive.js").Opened} Opened */

const AT_THUMB = 1;

/** What can be begun now: a combined visit first, where two follow-ups are due. @param {Opened} opened @returns {{ label: string, begin: () => void }[]} */
export function beginnings({ archive, catalogue, reader, restricted, go }) {
  const resident = archive.line.id;
  const now = duesOf(archive.due, reader.today, false).now;
  const kinds = kindsDue(now, catalogue, reader.today).filter(
    (id) => restricted || catalogue.kind(id)?.class === "A",
  );
  const single = (/** @type {string} */ id) => ({
    label: words.short(catalogue.kind(id)?.label ?? id),
    begin: () => go("form", { resident, kind: id }),
  });
  if (!combined(kinds) || !SCREENS.visit) return kinds.map(single);
  const both = COMBINED;
  return [
    { label: words.combined, begin: () => go("visit", { resident, kinds: both }) },
    ...kinds.filter((id) => !both.includes(id)).map(single),
    ...both.map(single),
  ];
}

/** @param {{ opened: Opened, kinds: import("../catalogue.js").Kind[], children?: any }} props */
function Forms({ opened, kinds, children }) {
  const { archive, go } = opened;
  const due = beginnings(opened).map((each) => each.label);
  return html`<ul>
    ${children}
    ${kinds.map(
      (kind) =>
        html`<li key=${kind.id}>
          <button
            type="button"
            class="btn full"
            onClick=${() => go("form", { resident: archive.line.id, kind: kind.id })}
          >
            ${kind.class === "A" ? words.short(kind.label) : kind.neutral_label}
            ${due.includes(words.short(kind.label)) &&
            html`<span class="quiet">${words.now}</span>`}
            ${kind.draft && html`<span class="quiet">${words.draft}</span>`}
          </button>
        </li>`,
    )}
  </ul>`;
}

/** @param {{ opened: Opened, close: () => void }} props */
function AllForms({ opened, close }) {
  const { catalogue, reader, restricted, archive, go } = opened;
  const { line } = archive;
  const kinds = formsToBegin(catalogue, reader.today, restricted);
  const suited = kinds.filter(({ id }) => suits(id, line, reader.today));
  const others = kinds.filter((kind) => !suited.includes(kind));
  const ill = line.marks.includes("hypertension") && line.marks.includes("diabetes");
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    box.current?.scrollIntoView({ block: "start" });
    box.current?.querySelector("button")?.focus({ preventScroll: true });
  }, []);
  return html`<section class="card all-forms" ref=${box}>
    <div class="head">
      <h2>${words.other_forms_next}</h2>
      <span class="push"><${Button} sign="x" onClick=${close}>${words.close}<//></span>
    </div>
    <${Forms} opened=${opened} kinds=${suited}>
      ${ill &&
      html`<li>
        <${Button} full onClick=${() => go("visit", { resident: line.id, kinds: COMBINED })}>
          ${words.combined}
        <//>
      </li>`}
    <//>
    ${others.length > 0 &&
    html`<details class="told">
      <summary>${words.unsuited}</summary>
      <${Forms} opened=${opened} kinds=${others} />
    </details>`}
  </section>`;
}

/** What the bottom right corner does: first what two people say, then what is due. @param {{ opened: Opened, decide: (cell: string) => void, wide?: boolean, deciding?: boolean }} props */
export function Begin({ opened, decide, wide = false, deciding = false }) {
  const [open, setOpen] = useState(false);
  const { archive, catalogue, go } = opened;
  const clash = conflicts(archive, catalogue).find(decidable);
  const due = beginnings(opened);
  const main = clash
    ? { label: words.check_face(cellName(clash, catalogue)), begin: () => decide(clash.name) }
    : due[0] && { ...due[0], label: words.start(due[0].label) };
  const others = (clash ? due : due.slice(1)).slice(0, AT_THUMB);
  if (open) return html`<${AllForms} opened=${opened} close=${() => setOpen(false)} />`;
  if (deciding) return null;
  return html`<div class=${`thumb begin ${wide ? "wide" : ""}`}>
    ${SCREENS.assist &&
    html`<${Button} big onClick=${() => go("assist", { resident: archive.line.id })}>
      ${words.assist}
    <//>`}
    <${Button} big main=${!main} onClick=${() => setOpen(true)}>${words.other_forms}<//>
    ${others.map(
      (each) => html`<${Button} key=${each.label} big onClick=${each.begin}>${each.label}<//>`,
    )}
    ${main && html`<${Button} big main onClick=${main.begin}>${main.label}<//>`}
  </div>`;
}
