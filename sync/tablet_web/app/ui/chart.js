// Writes a drawing of charts.js down: SVG with a title and a finding, and its table twin.

import { words as allWords } from "../words/zh/records.js";
import { draw } from "./charts.js";
import { html, useState } from "./html.js";
import { icon } from "./parts/icon.js";

const words = allWords.charts;
const OUT = 6;
const ROUND = 4.5;

/** @param {{ id: string, title: string, desc: string, rows: import("./charts.js").Row[], days: [number, string][], width?: number }} props */
export function Chart({ id, title, desc, rows, days, width }) {
  const drawing = draw(rows, days, { width });
  return html`<svg
    class="chart"
    viewBox=${`0 0 ${drawing.width} ${drawing.height.toFixed(0)}`}
    role="img"
    aria-labelledby=${`${id}-t ${id}-d`}
  >
    <title id=${`${id}-t`}>${title}</title>
    <desc id=${`${id}-d`}>${desc}</desc>
    ${drawing.bands.map(
      (band) =>
        html`<rect class="band" x=${band.x} y=${band.y} width=${band.width} height=${band.height} />
          ${band.edges.map(
            (y) => html`<path class="band-edge" d=${`M${band.x} ${y}h${band.width}`} />`,
          )}`,
    )}
    ${drawing.lines.map(
      ({ series, points }) => html`<polyline class=${`s${series}`} points=${points} />`,
    )}
    ${drawing.marks.map(({ x, y, out, series }) =>
      out
        ? html`<rect class="out" x=${x - OUT} y=${y - OUT} width=${OUT * 2} height=${OUT * 2} />`
        : html`<circle class=${`p${series}`} cx=${x} cy=${y} r=${ROUND} />`,
    )}
    ${drawing.texts.map(
      ({ x, y, anchor, text, out, size }) =>
        html`<text
          class=${out ? "out-num" : undefined}
          x=${x}
          y=${y}
          text-anchor=${anchor}
          font-size=${size}
          >${text}</text
        >`,
    )}
  </svg>`;
}

/** Which line is which; none where there is one line only. @param {{ lines: string[], out: string }} props */
export function Legend({ lines, out }) {
  return html`<p class="legend">
    ${lines.length > 1 &&
    lines.map(
      (line, n) =>
        html`<span
          ><svg class="chart" viewBox="0 0 28 16" aria-hidden="true">
            <path class=${`s${n + 1}`} d="M0 8h28" /></svg
          >${line}</span
        >`,
    )}
    ${out &&
    html`<span
      ><svg class="chart" viewBox="0 0 28 16" aria-hidden="true">
        <rect class="out" x="8" y="2" width="12" height="12" /></svg
      >${out}</span
    >`}
  </p>`;
}

/**
 * The same values as a table, newest first; drawn when it is asked for.
 * @param {{ label: string, heads: string[], rows: { day: string, cells: { text: string, side: number }[] }[] }} props
 */
export function Twin({ label, heads, rows }) {
  const [open, setOpen] = useState(false);
  const toggled = (/** @type {Event} */ event) =>
    setOpen(/** @type {HTMLDetailsElement} */ (event.currentTarget).open);
  return html`<details class="twin" onToggle=${toggled}>
    <summary>${label}</summary>
    ${open && html`<${Table} heads=${heads} rows=${rows} />`}
  </details>`;
}

/** @param {{ heads: string[], rows: { day: string, cells: { text: string, side: number }[] }[] }} props */
function Table({ heads, rows }) {
  return html`<table>
    <thead>
      <tr>
        <th scope="col">${words.date}</th>
        ${heads.map((head) => html`<th scope="col" class="right">${head}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        (row) =>
          html`<tr>
            <th scope="row">${row.day}</th>
            ${row.cells.map(
              (cell) =>
                html`<td class="right">
                  ${cell.side !== 0 &&
                  html`<span class="beside"
                    >${icon(cell.side > 0 ? "up" : "down")}${cell.side > 0
                      ? words.out
                      : words.under}</span
                  >`}${cell.text}
                </td>`,
            )}
          </tr>`,
      )}
    </tbody>
  </table>`;
}
