// The checkup day on a tablet: which day, what this tablet does there, and over all of it the
// critical values that nobody has acted on.

import { words } from "../../words/zh/hall.js";
import { dayAndWeek } from "../../words/zh/time.js";
import { catalogue } from "../catalogue.js";
import { html, useEffect, useRef, useState } from "../html.js";
import { Button } from "../parts/button.js";
import { Card } from "../parts/card.js";
import { Empty } from "../parts/empty.js";
import { FaultBox } from "../parts/fault.js";
import { keep } from "../parts/qr.js";
import { AlarmBar, Attend } from "./alarm.js";
import { Desk } from "./desk.js";
import { useDay, useDays, useSwitches } from "./ground.js";
import { Leave } from "./leave.js";
import { Overview } from "./overview.js";
import { sign } from "./signs.js";
import { play } from "./sound.js";
import { StationPage } from "./station.js";

/** @typedef {import("../screens.js").Props} Props */
/** @typedef {import("../../types.js").HallDay} HallDay */
/** @typedef {import("./ground.js").Here} Here */
/** @typedef {import("./ground.js").Mode} Mode */

const SHEETS = ["hall", "hall_station", "hall_paper"];
const WASM = "/tablet/vendor/zxing/zxing_reader.wasm";
const MODES = /** @type {const} */ (["desk", "station", "leave", "overview"]);

/** @type {Promise<void> | null} */
let dressed = null;

/** @param {string} name @returns {Promise<void>} */
function worn(name) {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = `/tablet/css/${name}.css`;
  document.head.append(link);
  return new Promise((done) => {
    link.onload = () => done();
    link.onerror = () => {
      link.remove();
      dressed = null;
      done();
    };
  });
}

/** The hall's own style sheets, and what reads and draws codes, fetched with the first of its pages. */
function dress() {
  dressed ??= Promise.all(SHEETS.map(worn)).then(() => {});
  keep();
  Promise.all([fetch(WASM), import("../../../vendor/zxing/es/reader/index.js")]).catch(() => {});
  return dressed;
}

// A hall has no network: all of it comes with the first of its modules.
dress();

/** @param {Props} props */
export function Hall(props) {
  const { engine, status } = props;
  const { days, fault } = useDays(engine, status.halls);
  const { switches, turn } = useSwitches(engine, status.now);
  const [chosen, setChosen] = useState("");
  const [ready, setReady] = useState(false);
  useEffect(() => {
    dress().then(() => setReady(true));
  }, []);
  const today = days?.filter((each) => each.when === "today") ?? [];
  const day =
    days?.find((each) => each.day === chosen) ??
    (today.length === 1 ? today[0] : days?.length === 1 ? days[0] : undefined);
  if (fault) return html`<main class="body"><${FaultBox} fault=${fault} /></main>`;
  if (!days || !ready || !switches) {
    return html`<main class="body"><p class="quiet">${words.opening}</p></main>`;
  }
  if (!day) return html`<${Days} days=${days} today=${status.today} choose=${setChosen} />`;
  const other = days.length > 1 ? () => setChosen(" ") : null;
  return html`<${Day}
    key=${day.day}
    ...${props}
    day=${day}
    other=${other}
    switches=${switches}
    turn=${turn}
  />`;
}

/** The forms, for what a value is called; null until they are read. */
function useCatalogue() {
  const [forms, set] = useState(/** @type {import("../catalogue.js").Catalogue | null} */ (null));
  useEffect(() => {
    catalogue().then(set, () => {});
  }, []);
  return forms;
}

/** @param {{ days: HallDay[], today: string, choose: (day: string) => void }} props */
function Days({ days, today, choose }) {
  return html`<main class="body hall">
    <h1>${days.length ? words.days : words.tab}</h1>
    ${days.length
      ? html`<div class="stack gap-above narrow">
          ${days.map(
            (each) =>
              html`<${Button} key=${each.day} big full onClick=${() => choose(each.day)}
                >${words.day(dayAndWeek(each.on, today), each.place)}<//
              >`,
          )}
        </div>`
      : html`<${Card}><${Empty} now=${words.none} next=${words.none_next} /><//>`}
  </main>`;
}

/**
 * @param {Props & { day: HallDay, other: (() => void) | null,
 *   switches: import("./ground.js").Switches, turn: Here["turn"] }} props
 */
function Day(props) {
  const { engine, status, day, other, switches, turn, go } = props;
  const { got, fault, again } = useDay(engine, day.day, status);
  const forms = useCatalogue();
  const [attended, attend] = useState(/** @type {import("../../types.js").HallAlarm[]} */ ([]));
  const [alarm] = attended;
  const open = got?.alarms.length ?? 0;
  const heard = useRef(open);
  useEffect(() => {
    // One that another tablet brought is heard here too.
    if (open > heard.current) play("critical", switches.quiet);
    heard.current = open;
  }, [open]);
  if (!got) {
    return html`<main class="body">
      ${fault ? html`<${FaultBox} fault=${fault} />` : html`<p class="quiet">${words.opening}</p>`}
    </main>`;
  }
  const sound = (/** @type {string} */ name) => play(name, switches.quiet);
  /** @type {Here} */
  const here = { ...got, engine, status, switches, turn, sound, again, attend, go, forms };
  const live = got.view.when === "today";
  const mode = live ? switches.mode : "overview";
  const body = alarm
    ? html`<${Attend} key=${alarm.part + alarm.field} here=${here} alarms=${attended} />`
    : mode === "desk"
      ? html`<${Desk} here=${here} />`
      : mode === "station"
        ? html`<${StationPage} here=${here} />`
        : mode === "leave"
          ? html`<${Leave} here=${here} />`
          : html`<${Overview} here=${here} other=${other} />`;
  return html`${got.alarms.length > 0 &&
    !alarm &&
    html`<${AlarmBar} alarms=${got.alarms} here=${here} attend=${attend} />`}
    <main class="body hall">
      <${Head} here=${here} mode=${mode} live=${live} attending=${alarm !== undefined} />
      ${body}
    </main>`;
}

/** Where, and what this tablet does there. @param {{ here: Here, mode: Mode, live: boolean, attending: boolean }} props */
function Head({ here, mode, live, attending }) {
  const { view, switches, turn } = here;
  return html`<header class="hall-head">
    <p class="where">${words.at(view.place)}</p>
    ${live &&
    !attending &&
    html`<div class="seg" role="radiogroup" aria-label=${words.modes}>
      ${MODES.map(
        (each) =>
          html`<label key=${each}
            ><input
              type="radio"
              name="hall-mode"
              checked=${each === mode}
              onChange=${() => turn({ mode: each })}
            />${words.mode[each]}</label
          >`,
      )}
    </div>`}
    <button type="button" class="btn sound" onClick=${() => turn({ quiet: !switches.quiet })}>
      ${sign(switches.quiet ? "quiet" : "loud")}${switches.quiet ? words.sound_off : words.sound_on}
    </button>
  </header>`;
}
