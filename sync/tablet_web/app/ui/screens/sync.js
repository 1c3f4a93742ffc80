// Where every change of this tablet is on its way to the server, and what people must look at.

import { words as shell, progressWords } from "../../words/zh/shell.js";
import { leaseWords, receiptTitle, STATES, title, way, why, words } from "../../words/zh/sync.js";
import { when } from "../../words/zh/time.js";
import { catalogue } from "../catalogue.js";
import { html, useEffect, useState } from "../html.js";
import { Button } from "../parts/button.js";
import { Card, Pairs } from "../parts/card.js";
import { Chip } from "../parts/chip.js";
import { Empty } from "../parts/empty.js";
import { FaultBox, useCall } from "../parts/fault.js";
import { icon } from "../parts/icon.js";
import { Bar } from "../parts/progress.js";
import { useShared } from "../state.js";
import { version } from "../update.js";
import { Needs } from "./unlock.js";

/** @typedef {import("../../types.js").Mine} Mine */
/** @typedef {import("../../types.js").Status} Status */
/** @typedef {import("../screens.js").Props} Props */

const SHOWN = 20;
const LOOK = ["held", "conflict", "proposal", "quarantined"];
const OFFLINE_DAYS = 3;
/** What happened in a hall: no forms, so the catalogue does not name them. */
const STEPS = ["check_in", "station_part", "route_sheet", "critical_acted", "check_out"];

/** What a row is called: a form by its neutral name, for others may look on. */
function useKinds() {
  const [book, setBook] = useState(/** @type {any} */ (null));
  useEffect(() => {
    catalogue().then(setBook, () => {});
  }, []);
  return (/** @type {Mine} */ { kind }) => {
    if (kind === "edit") return words.edit;
    if (kind === "void") return words.void;
    if (STEPS.includes(kind)) return words.hall;
    const form = book?.kind(kind);
    return form?.neutral_label || form?.label || words.record;
  };
}

/** @param {Props} props @returns {Mine[] | null} */
function useMine({ engine, status, changed }) {
  const [mine, setMine] = useState(/** @type {Mine[] | null} */ (null));
  const { waiting, last } = status.sync;
  useEffect(() => {
    let here = true;
    engine.mine().then(
      (rows) => here && setMine(rows),
      () => here && setMine([]),
    );
    return () => {
      here = false;
    };
  }, [waiting, last, changed]);
  return mine;
}

/** @param {{ status: Status, done: boolean[] }} props */
function Way({ status, done }) {
  return html`<${Card}
    ><ol class="way">
      ${way(status).map(
        ([step, said], index) =>
          html`<li class=${done[index] ? "on" : ""}>
            <span class="dot" aria-hidden="true">${done[index] ? icon("check") : index + 1}</span>
            <b>${step}</b><span class="quiet">${said}</span>
          </li>`,
      )}
    </ol><//
  >`;
}

/** @param {{ mine: Mine, called: string, online: boolean, now: number, told?: boolean }} props */
function Row({ mine, called, online, now, told }) {
  const known = STATES[mine.state] ?? STATES.held;
  const off = !online && (mine.state === "open" || mine.state === "sent");
  const said = told ? why(mine) : "";
  return html`<li>
    <b>${mine.name}</b>
    <span>${called} <span class="quiet">${when(mine.at, now)}</span></span>
    <${Chip} tone=${known.tone} sign=${off ? "off" : known.sign}>
      ${off ? words.no_network : known.word}<//
    >
    ${said && html`<p class="then">${said}</p>`}
  </li>`;
}

/** @param {{ rows: Mine[], status: Status, called: (mine: Mine) => string, told?: boolean }} props */
function Rows({ rows, status, called, told }) {
  const [most, setMost] = useState(SHOWN);
  return html`<ul class="lines">
      ${rows
        .slice(0, most)
        .map(
          (mine) =>
            html`<${Row}
              key=${mine.change}
              mine=${mine}
              called=${called(mine)}
              online=${status.sync.online}
              now=${status.now}
              told=${told}
            />`,
        )}
    </ul>
    ${rows.length > most &&
    html`<div class="btns plain">
      <${Button} onClick=${() => setMost(most + 100)}> ${words.more(rows.length - most)}<//>
    </div>`}`;
}

/** The newest receipt, as torn paper. @param {{ mine: Mine[], now: number }} props */
function Ticket({ mine, now }) {
  const at = Math.max(0, ...mine.map((each) => each.receipt ?? 0));
  if (!at) {
    return html`<section class="ticket">
      <div>
        <h2>${words.no_receipt}</h2>
        <p class="quiet">${words.no_receipt_next}</p>
      </div>
    </section>`;
  }
  const rows = mine.filter((each) => each.receipt === at);
  const of = (/** @type {string[]} */ ...states) =>
    rows.filter((each) => states.includes(each.state)).length;
  const tallies = /** @type {const} */ ([
    ["taken", "check", of("applied", "merged", "duplicate", "applied_guest", "superseded")],
    ["clash", "warn", of("conflict")],
    ["asked", "clock", of("proposal")],
    ["held", "clock", of("held")],
    ["kept_out", "x", of("quarantined")],
  ]);
  return html`<section class="ticket">
    <div>
      <p class="quiet">${words.receipt}</p>
      <h2>${receiptTitle(at, now, rows.length)}</h2>
    </div>
    <div class="tear"></div>
    <div>
      ${tallies.map(
        ([name, sign, n]) =>
          html`<p class="tally"><span>${icon(sign)} ${words.tally[name]}</span> <b>${n}</b></p>`,
      )}
    </div>
    <div class="tear"></div>
    <div><p class="quiet">${words.checked}</p></div>
  </section>`;
}

/** @param {Props} props */
function Tablet({ status, go }) {
  const { update } = useShared();
  const [mark, setMark] = useState("");
  useEffect(() => {
    version().then(setMark);
  }, []);
  const { sync, storage, clock_off, now } = status;
  const room = storage.full ? words.storage_full : words.storage_of(storage.used, storage.quota);
  return html`<${Card} title=${words.tablet}>
    <${Pairs}
      rows=${[
        [words.storage, room],
        [words.keeps, storage.persisted ? words.persisted : words.not_persisted],
        [words.batches, words.batches_of(sync.ready_batches)],
        sync.photos_waiting > 0 && [words.photos, words.photos_waiting(sync.photos_waiting)],
        sync.failures > 0 && [words.failures, words.failures_of(sync.failures)],
        [words.lease, leaseWords(status)],
        [words.clock, clock_off ? words.clock_wrong(clock_off) : words.clock_good],
        [words.version, update ? words.new_version : mark.slice(0, 8) || words.no_version],
        [
          words.rescue,
          sync.last_rescue ? words.rescue_last(sync.last_rescue, now) : words.rescue_never,
        ],
      ]}
    />
    <div class="btns">
      <${Button} sign="save" onClick=${() => go("rescue")}> ${words.rescue_open}<//>
    </div>
  <//>`;
}

/** @param {Props} props */
function Now({ engine, status }) {
  const { busy, fault, run } = useCall();
  const { sync } = status;
  const running = busy || Boolean(sync.running);
  return html`<div class="thumb">
    <${FaultBox} fault=${fault ?? (running || !sync.online ? null : sync.fault)} />
    ${sync.running && html`<${Bar} ...${sync.running} say=${progressWords(sync.running)} />`}
    <${Button}
      main=${sync.online}
      big
      full
      sign=${sync.online ? "swap" : "off"}
      disabled=${!sync.online}
      busy=${running}
      doing=${words.running}
      onClick=${() => run(() => engine.sync())}
      >${sync.online ? words.now : words.offline}<//
    >
    ${!sync.online && html`<p class="quiet gap-above">${words.wifi(OFFLINE_DAYS)}</p>`}
  </div>`;
}

/** @param {Props} props */
export function Sync(props) {
  const { status } = props;
  const mine = useMine(props);
  const called = useKinds();
  const rows = mine ?? [];
  const waiting = rows.filter((each) => each.state === "open" || each.state === "sent");
  const look = rows.filter((each) => LOOK.includes(each.state));
  const done = rows.filter((each) => !waiting.includes(each) && !look.includes(each));
  // Nothing written yet is nothing on its way: the first step alone is true then.
  const all = status.sync.waiting === 0 && rows.length > 0;
  const on = [true, all, all, all && status.sync.ready_batches === 0];
  const [before, marked, after] = title(status);
  return html`<main class="body">
    <div class="head">
      <h1>${before}<span class="mark">${marked}</span>${after}</h1>
    </div>
    <${Way} status=${status} done=${on} />
    <div class="cols list gap-above">
      <div>
        <${Card} class="low" title=${words.waiting}>
          ${waiting.length > 0
            ? html`<${Rows} rows=${waiting} status=${status} called=${called} />`
            : html`<${Empty}
                now=${mine ? words.nothing_waiting : shell.opening}
                next=${mine && words.nothing_next}
              />`}
          ${look.length > 0 &&
          html`<h2>${words.look}</h2>
            <${Rows} rows=${look} status=${status} called=${called} told />`}
          ${done.length > 0 &&
          html`<h2>${words.done}</h2>
            <${Rows} rows=${done} status=${status} called=${called} told />`}
        <//>
        <${Tablet} ...${props} />
      </div>
      <aside>
        <${Ticket} mine=${rows} now=${status.now} />
        <${Needs} status=${status} />
        <${Now} ...${props} />
      </aside>
    </div>
  </main>`;
}
