// Today: whom to go to, by village and day; what residents say; how this tablet stands; and the
// next visit at the thumb.

import { words } from "../../words/zh/home.js";
import { dayAndWeek, dayWords, when } from "../../words/zh/time.js";
import { catalogue } from "../catalogue.js";
import { html, useEffect, useState } from "../html.js";
import { Button } from "../parts/button.js";
import { Card, Pairs } from "../parts/card.js";
import { Empty } from "../parts/empty.js";
import { asFault, FaultBox } from "../parts/fault.js";
import { icon } from "../parts/icon.js";
import { keep } from "../parts/qr.js";
import { SCREENS } from "../screens.js";
import { forget } from "./archive_opened.js";
import { Begun } from "./home_begun.js";
import { Done, Villages } from "./home_list.js";
import { RANGES, tally, villagesOf } from "./home_rows.js";

/** @typedef {import("../../types.js").Status} Status */
/** @typedef {import("../../types.js").Home} HomeData */
/** @typedef {import("./home_rows.js").Range} Range */
/** @typedef {import("../screens.js").Props} Props */

const VOICES = 3;
const AHEAD_MS = 200;
const WRITER_MS = 2000;

/** How long a range was chosen: while the app is open. @type {Range} */
let chosen = "week";

/** The list, asked for again whenever something came in. @param {Props} props */
function useHome({ engine, changed, status }) {
  const [home, setHome] = useState(/** @type {HomeData | null} */ (null));
  const [fault, setFault] = useState(/** @type {import("../../types.js").Fault | null} */ (null));
  useEffect(() => {
    let wanted = true;
    engine.home().then(
      (found) => wanted && setHome(found),
      (error) => wanted && setFault(asFault(error)),
    );
    return () => {
      wanted = false;
    };
  }, [engine, changed, status.today]);
  return { home, fault };
}

/** The code of the next page is fetched while somebody reads this one. */
function fetchArchive() {
  const later = setTimeout(() => SCREENS.archive?.load(), AHEAD_MS);
  return () => clearTimeout(later);
}

/** A slip with its square is drawn where there is no network: what draws it comes while there is one. @param {Status} status */
function useWriter({ sync }) {
  const free = sync.online && !sync.running;
  useEffect(() => {
    const later = free ? setTimeout(keep, WRITER_MS) : undefined;
    return () => clearTimeout(later);
  }, [free]);
}

function useCatalogue() {
  const [got, setGot] = useState(/** @type {import("../catalogue.js").Catalogue | null} */ (null));
  useEffect(() => {
    catalogue().then(setGot, () => {});
  }, []);
  return got;
}

/** @param {{ range: Range, set: (range: Range) => void }} props */
function Ranges({ range, set }) {
  return html`<div class="seg ranges" role="radiogroup" aria-label=${words.ranges}>
    ${RANGES.map(
      (each) =>
        html`<label
          ><input
            type="radio"
            name="range"
            checked=${each === range}
            onChange=${() => set(each)}
          />${words.range[each]}</label
        >`,
    )}
  </div>`;
}

/** What residents say. @param {{ lines: import("../../types.js").Line[], open: (id: string) => void }} props */
function Voices({ lines, open }) {
  const [all, setAll] = useState(false);
  if (!lines.length) return null;
  const shown = all ? lines : lines.slice(0, VOICES);
  return html`<section class="voice-box">
    <h2>${icon("voice")} ${words.voice(lines.length)}</h2>
    ${shown.map(
      (line) =>
        html`<button type="button" class="said" key=${line.id} onClick=${() => open(line.id)}>
          <b>${line.name}</b> ${words.voice_row}
        </button>`,
    )}
    ${lines.length > shown.length &&
    html`<button type="button" class="said" onClick=${() => setAll(true)}>
      ${icon("down")} ${words.voice_more(lines.length - shown.length)}
    </button>`}
  </section>`;
}

/** @param {{ status: Status, residents: number, go: Props["go"] }} props */
function Tablet({ status, residents, go }) {
  const { sync } = status;
  const oldest = sync.oldest === null ? "" : when(sync.oldest, status.now);
  /** @type {([string, any] | null)[]} */
  const rows = [
    [words.waiting, sync.waiting ? words.waiting_some(sync.waiting, oldest) : words.waiting_none],
    [words.last, sync.last === null ? words.never : when(sync.last, status.now)],
    [words.residents, words.people(residents)],
    sync.conflicts ? [words.look, words.conflicts(sync.conflicts)] : null,
    sync.held ? [words.held, words.changes(sync.held)] : null,
  ];
  return html`<${Card} title=${words.tablet}>
    <${Pairs} rows=${rows} />
    <div class="btns"><${Button} onClick=${() => go("sync")}>${words.to_sync}<//></div>
  <//>`;
}

/** Nothing came down yet, nothing due, or all done: what is true, and what comes next. @param {{ home: HomeData, status: Status, range: Range, set: (range: Range) => void, go: Props["go"] }} props */
function Nothing({ home, status, range, set, go }) {
  if (home.empty) {
    const snapshot = status.sync.snapshot;
    const next = snapshot
      ? words.empty_running(snapshot.residents, snapshot.records)
      : words.empty_next;
    const action = html`<${Button} sign="cloud" onClick=${() => go("sync")}>${words.to_sync}<//>`;
    return html`<${Card}><${Empty} now=${words.empty} next=${next} action=${action} /><//>`;
  }
  const wider = RANGES.find((each) => tally(villagesOf(home, each)) > 0);
  const action =
    wider &&
    html`<${Button} onClick=${() => set(wider)}>
      ${words.wider(words.range[wider], tally(villagesOf(home, wider)))}
    <//>`;
  const now = home.done.length ? words.all_done(home.done.length) : words[`none_${range}`];
  const later = home.later;
  const next = later && words.later(dayWords(later.from, home.today), later.count);
  return html`<${Card}><${Empty} now=${now} next=${next} action=${action} /><//>`;
}

/** @param {{ go: Props["go"], next: import("../../types.js").Line | undefined, open: (id: string) => void }} props */
function Thumb({ go, next, open }) {
  return html`<section class="thumb">
    <${Button} big full main=${!next} sign="find" onClick=${() => go("people")}>${words.find}<//>
    ${next &&
    html`<${Button} big full main onClick=${() => open(next.id)}>${words.next(next.name)}<//>`}
  </section>`;
}

/** @param {Props} props */
export function Home(props) {
  const { status, go } = props;
  const { home, fault } = useHome(props);
  const forms = useCatalogue();
  const [range, setRange] = useState(chosen);
  useEffect(forget, []);
  useEffect(fetchArchive, []);
  useWriter(status);
  const set = (/** @type {Range} */ to) => {
    chosen = to;
    setRange(to);
  };
  const open = (/** @type {string} */ resident) => go("archive", { resident, purpose: "service" });
  if (fault) return html`<main class="body"><${FaultBox} fault=${fault} /></main>`;
  if (!home) return html`<main class="body"><p class="quiet">${words.loading}</p></main>`;
  const villages = villagesOf(home, range);
  const n = tally(villages);
  const drawn = { today: home.today, catalogue: forms, open };
  return html`<main class="body home">
    <div class="cols list">
      <div>
        <div class="head">
          <h1>
            ${words.heads[range]} <span class="mark">${words.tally(n, home.done.length)}</span>
          </h1>
          <span class="push quiet">${words.order(dayAndWeek(home.today, home.today))}</span>
        </div>
        ${!home.empty && html`<${Ranges} range=${range} set=${set} />`}
        <p class="vh" aria-live="polite">${words.left(n)}</p>
        ${n
          ? html`<${Villages} key=${range} villages=${villages} ...${drawn} />`
          : html`<${Nothing} home=${home} status=${status} range=${range} set=${set} go=${go} />`}
        <${Done} lines=${home.done} ...${drawn} />
      </div>
      <aside>
        <${Begun} engine=${props.engine} go=${go} now=${status.now} catalogue=${forms} />
        <${Voices} lines=${home.disputed} open=${open} />
        <${Tablet} status=${status} residents=${home.residents} go=${go} />
        <${Thumb} go=${go} next=${villages[0]?.visits[0]?.line} open=${open} />
      </aside>
    </div>
  </main>`;
}
