// Two values of one cell, equal in size, with who wrote them and when; the one that is relied on
// meanwhile is marked. Deciding is an edit that saw every value on this screen.

import { words } from "../../words/zh/archive.js";
import { when } from "../../words/zh/time.js";
import { html, useEffect, useRef, useState } from "../html.js";
import { Button } from "../parts/button.js";
import { FaultBox, useCall } from "../parts/fault.js";
import { icon } from "../parts/icon.js";
import { cellName, decidable, written } from "./archive_facts.js";
import { cellText } from "./archive_values.js";

/** @typedef {import("./archive.js").Opened} Opened */
/** @typedef {import("../../types.js").Cell} Cell */
/** @typedef {import("../../types.js").Head} Head */

/** 苏清明，11-20 10:42. @param {{ head: Head, now: number }} props */
export function Signed({ head, now }) {
  const by =
    head.author === "resident"
      ? words.by_resident
      : head.author === "import"
        ? words.imported
        : head.by || words.authors[head.author];
  return html`<span class="quiet signed"
    >${words.signed(by, when(head.at, now))}${head.own &&
    html`<span class="own">${icon("off")}${words.offline}</span>`}</span
  >`;
}

/** Whether the shown value is what this head says. @param {Cell} cell @param {Head} head */
const isShown = (cell, head) => JSON.stringify(head.value) === JSON.stringify(cell.shown);

/** @param {{ opened: Opened, cell: Cell, head: Head, choose: ((head: Head) => void) | null, chosen: boolean }} props */
function Value({ opened, cell, head, choose, chosen }) {
  const { catalogue, reader, now } = opened;
  const shown = isShown(cell, head);
  const text = cellText(catalogue.register, cell.name, head.value, reader);
  const label = shown ? words.relied : words.other;
  const inside = html`<span class="quiet">${label}</span><span class="val">${text}</span
    ><${Signed} head=${head} now=${now} />`;
  const kind = `side ${shown ? "shown" : ""} ${chosen ? "chosen" : ""}`;
  if (!choose) return html`<div class=${kind}>${inside}</div>`;
  return html`<label class=${kind}
    ><input
      type="radio"
      name=${`clash-${cell.name}`}
      checked=${chosen}
      onChange=${() => choose(head)}
    />${inside}</label
  >`;
}

/** The value shown meanwhile may be nobody's: in doubt about a blood group, "not known". @param {{ opened: Opened, cell: Cell }} props */
function Nobodys({ opened, cell }) {
  if (written(cell).some((head) => isShown(cell, head))) return null;
  const text = cellText(opened.catalogue.register, cell.name, cell.shown, opened.reader);
  return html`<div class="side shown">
    <span class="quiet">${words.relied}</span><span class="val">${text}</span
    ><span class="quiet">${words.nobody}</span>
  </div>`;
}

/** @param {{ opened: Opened, cell: Cell, close: () => void, settled?: () => void, chosen: Head | null }} props */
function Settle({ opened, cell, close, settled, chosen }) {
  const { busy, fault, run } = useCall();
  const [missing, setMissing] = useState(false);
  const { catalogue, reader, engine, archive } = opened;
  const settle = () => {
    setMissing(!chosen);
    if (!chosen) return;
    run(async () => {
      await engine.edit({
        resident: archive.line.id,
        on: reader.today,
        cells: { [cell.name]: chosen.value },
        saw: { [cell.name]: [...cell.heads, ...cell.claims].map((head) => head.change) },
      });
      close();
      settled?.();
      await opened.refresh();
    });
  };
  const text = chosen && cellText(catalogue.register, cell.name, chosen.value, reader);
  return html`<div class="settle">
    ${missing &&
    !chosen &&
    html`<p class="msg" role="alert">${icon("warn")}${words.choose_first}</p>`}
    <${FaultBox} fault=${fault} />
    <div class="btns">
      <${Button} onClick=${close}>${words.not_now}<//>
      <${Button} main sign="pen" busy=${busy} onClick=${settle}>
        ${text ? words.settle(text) : words.decide}
      <//>
    </div>
  </div>`;
}

/**
 * `turn` takes over whether it is being decided; without it the sheet keeps that to itself.
 * @param {{ opened: Opened, cell: Cell, begun?: boolean, turn?: (on: boolean) => void,
 *   settled?: () => void }} props
 */
export function Clash({ opened, cell, begun = false, turn, settled }) {
  const [own, setOwn] = useState(false);
  const [chosen, setChosen] = useState(/** @type {Head | null} */ (null));
  const sheet = useRef(/** @type {HTMLElement | null} */ (null));
  const deciding = turn ? begun : own;
  const setDeciding = turn ?? setOwn;
  useEffect(() => {
    if (!deciding) return;
    sheet.current?.scrollIntoView({ block: "nearest" });
    sheet.current?.querySelector("input")?.focus({ preventScroll: true });
  }, [deciding]);
  const may = decidable(cell);
  const name = cellName(cell, opened.catalogue);
  const heads = written(cell).sort((a, b) => Number(isShown(cell, b)) - Number(isShown(cell, a)));
  const choose = deciding ? setChosen : null;
  return html`<section class="clash" ref=${sheet}>
    <h2>${icon("warn")}${words.clash(name, heads.length)}</h2>
    <div
      class="two"
      role=${deciding ? "radiogroup" : undefined}
      aria-label=${deciding ? words.decide_which : undefined}
    >
      <${Nobodys} opened=${opened} cell=${cell} />
      ${heads.map(
        (head) =>
          html`<${Value}
            key=${head.change}
            opened=${opened}
            cell=${cell}
            head=${head}
            choose=${choose}
            chosen=${chosen?.change === head.change}
          />`,
      )}
    </div>
    ${deciding
      ? html`<p class="bold ask">${words.decide_which}</p>
          <${Settle}
            opened=${opened}
            cell=${cell}
            chosen=${chosen}
            settled=${settled}
            close=${() => {
              setDeciding(false);
              setChosen(null);
            }}
          />`
      : html`<div class="ask">
          <span
            >${may
              ? words.ask_again
              : cell.policy === "authority"
                ? words.server_decides
                : words.registrar}</span
          >
          ${may &&
          html`<${Button} sign="pen" onClick=${() => setDeciding(true)}>${words.decide}<//>`}
        </div>`}
  </section>`;
}
