// Trends of an archive: the newest value against its target, the chart, the same as a table.

import { words as archive } from "../../words/zh/archive.js";
import { words as allWords } from "../../words/zh/records.js";
import { dayWords } from "../../words/zh/time.js";
import { compiled } from "../../forms/expression.js";
import { Chart, Legend, Twin } from "../chart.js";
import { html, useState } from "../html.js";
import { Chip } from "../parts/chip.js";
import { Empty } from "../parts/empty.js";
import { treated } from "./archive_facts.js";
import * as series from "./archive_series.js";

/** @typedef {import("./archive.js").Opened} Opened */
/** @typedef {import("./archive_series.js").Measure} Measure */
/** @typedef {import("./archive_series.js").Series} Series */

const words = allWords.charts;
const YEARS = /** @type {const} */ ([1, 3, 0]);

/** @param {{ opened: Opened, measure: Measure }} props */
function wholeOf({ opened, measure }) {
  const { archive: found, catalogue, reader } = opened;
  return series.seriesOf(measure, {
    records: [...found.records],
    birth: found.line.birth,
    treated: treated(found),
    today: reader.today,
    catalogue,
    evaluate: (expression, scope) => compiled(expression)({ fields: {}, ...scope }),
  });
}

/** @param {{ measure: Measure, years: number, set: (years: 0 | 1 | 3) => void }} props */
function Ranges({ measure, years, set }) {
  return html`<div class="seg ranges" role="radiogroup" aria-label=${words.ranges}>
    ${YEARS.map(
      (each) =>
        html`<label
          ><input
            type="radio"
            name=${`years-${measure}`}
            checked=${each === years}
            onChange=${() => set(each)}
          />${words.years[each]}</label
        >`,
    )}
  </div>`;
}

/** @param {{ measure: Measure, seen: Series, years: 0 | 1 | 3, today: string, table: boolean }} props */
function Drawn({ measure, seen, years, today, table }) {
  const points = seen.lines[0].points;
  const n = points.length;
  const out = seen.lines.some((line) => line.points.some((p) => series.side(line.goal, p.value)));
  const rows = points
    .map(({ rec }, at) => ({
      day: dayWords(rec.on, today),
      cells: seen.lines.map((line) => ({
        text: series.number(line, line.points[at].value),
        side: series.side(line.goal, line.points[at].value),
      })),
    }))
    .reverse();
  return html`<${Chart}
      id=${`chart-${measure}`}
      title=${words.title(words.what[measure], words.years[years], n)}
      desc=${series.describe(seen)}
      rows=${series.rowsOf(seen)}
      days=${series.daysOf(seen, today)}
    />
    <${Legend}
      lines=${seen.lines.map((line) => words.lines[line.name])}
      out=${out ? (seen.why === "healthy" ? words.outOfHealthy : words.outOfGoal) : ""}
    />
    ${seen.why === "agreed" && html`<p class="quiet">${words.agreed}</p>`}
    ${table &&
    html`<${Twin}
      label=${words.byTable(n, words.what[measure])}
      heads=${seen.lines.map((line) => `${words.lines[line.name]} ${words.units[line.name]}`)}
      rows=${rows}
    />`}`;
}

/** One measure on a sheet. `compact`: nothing at all where nothing was measured. @param {{ opened: Opened, measure: Measure, compact?: boolean, marked?: boolean }} props */
export function Trend({ opened, measure, compact = false, marked = false }) {
  const { today } = opened.reader;
  const whole = wholeOf({ opened, measure });
  const [years, setYears] = useState(
    /** @type {0 | 1 | 3} */ (whole.lines[0].points.length ? series.firstRange(whole, today) : 0),
  );
  if (!whole.lines[0].points.length) {
    const what = words.what[measure];
    return compact
      ? null
      : html`<section class="card">
          <h2>${what}</h2>
          <${Empty} now=${words.empty(what)} next=${words.emptyNext} />
        </section>`;
  }
  const head = series.newest(whole);
  const seen = series.within(whole, today, years);
  return html`<section class="card trend">
    <div class="head">
      <h2>${words.what[measure]} <span class=${marked ? "mark" : ""}>${head.value}</span></h2>
      ${head.chip && html`<${Chip} tone=${head.tone} sign=${head.sign}>${head.chip}<//>`}
      <span class="push quiet">${dayWords(head.on, today)}</span>
    </div>
    ${!compact && html`<${Ranges} measure=${measure} years=${years} set=${setYears} />`}
    ${seen.lines[0].points.length
      ? html`<${Drawn}
          measure=${measure}
          seen=${seen}
          years=${years}
          today=${today}
          table=${true}
        />`
      : html`<${Empty} now=${words.empty(`${words.years[years]}${words.what[measure]}`)} />`}
  </section>`;
}

/** @param {{ opened: Opened }} props */
export function Trends({ opened }) {
  return html`<div class="cols half" aria-label=${archive.trends}>
    ${series.MEASURES.map(
      (measure) => html`<div key=${measure}><${Trend} opened=${opened} measure=${measure} /></div>`,
    )}
  </div>`;
}
