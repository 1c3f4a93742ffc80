// Signing in: scan, say who it is, press once, the ticket; then the next one. The field and the
// camera stay where they are through all of it.

import { words } from "../../words/zh/hall.js";
import { html, useEffect, useRef, useState } from "../html.js";
import { FaultBox, useCall } from "../parts/fault.js";
import { Beside, Confirm, Several, SignedIn, WaysOn } from "./desk_person.js";
import { Side } from "./desk_side.js";
import { Guest } from "./guest.js";
import { Lens } from "./lens.js";
import { mayBeName } from "./look_up.js";
import { Outcome } from "./outcome.js";
import { ScanBox, toField } from "./scan_box.js";
import { useLast } from "./desk_last.js";
import { printed } from "./print.js";

/** @typedef {import("./ground.js").Here} Here */
/** @typedef {import("../../types.js").HallScan} HallScan */
/** @typedef {import("../../types.js").HallPerson} HallPerson */
/** @typedef {import("../../types.js").HallCheckedIn} HallCheckedIn */
/**
 * @typedef {{ at: "scan" }
 *   | { at: "confirm", scan: HallScan, since: number }
 *   | { at: "outcome", scan: HallScan }
 *   | { at: "several", text: string, people: HallPerson[] }
 *   | { at: "in", done: HallCheckedIn, again: boolean }
 *   | { at: "guest", card: HallScan["card"], name: string }} Stage
 */

/** So long a second end of line from a scanner confirms nobody. */
const GUARD_MS = 600;
const BACK_MS = 6000;

/** @param {{ here: Here }} props */
export function Desk({ here }) {
  const { switches, view } = here;
  const [stage, setStage] = useState(/** @type {Stage} */ ({ at: "scan" }));
  const desk = useDesk(here, stage, setStage);
  const { call, looking, found, back } = desk;
  if (stage.at === "guest") {
    return html`<${Guest}
      here=${here}
      card=${stage.card}
      name=${stage.name}
      done=${desk.signed}
      back=${back}
    />`;
  }
  const idle = stage.at === "scan";
  const enter = stage.at === "confirm" ? () => desk.enter(stage) : stage.at === "in" ? back : null;
  return html`<div class=${`hall-desk ${idle ? "idle" : ""}`}>
    <div class="hall-left">
      ${idle &&
      html`<h1>${words.desk} <span class="mark">${words.arrived(view.arrived)}</span></h1>`}
      <${ScanBox}
        found=${(/** @type {string} */ text) => found(text, "type")}
        enter=${enter}
        low=${!idle}
      />
      <div class="hall-lens" hidden=${!idle || !switches.camera}>
        ${switches.camera &&
        html`<${Lens}
          on=${stage.at !== "confirm" && !call.busy}
          found=${(/** @type {string} */ text) => found(text, "camera")}
        />`}
      </div>
      <${FaultBox} fault=${call.fault ?? looking.fault} />
      <${Shown} here=${here} stage=${stage} desk=${desk} />
    </div>
    ${idle &&
    html`<${Side}
      here=${here}
      desk=${desk}
      guest=${() => setStage({ at: "guest", card: null, name: "" })}
    />`}
  </div>`;
}

/**
 * What can be done at the desk.
 * @param {Here} here @param {Stage} stage @param {(stage: Stage) => void} setStage
 */
function useDesk(here, stage, setStage) {
  const { engine, view, sound } = here;
  const call = useCall();
  const looking = useCall();
  const last = useLast();
  const back = () => {
    setStage({ at: "scan" });
    toField();
  };
  useEffect(() => {
    if (stage.at !== "in") return undefined;
    const later = setTimeout(back, BACK_MS);
    return () => clearTimeout(later);
  }, [stage]);
  const busy = useRef(false);
  const found = async (/** @type {string} */ text, /** @type {"camera" | "type"} */ input) => {
    if (busy.current) return;
    busy.current = true;
    call.clear();
    await looking.run(async () => setStage(await looked(here, text, input)));
    busy.current = false;
  };
  const signed = (/** @type {HallCheckedIn} */ done, again = false) => {
    sound("checked_in");
    setStage({ at: "in", done, again });
    last.add(done);
    here.again();
    toField();
    printed(here, done, again);
  };
  const checkIn = (/** @type {HallPerson} */ person, /** @type {any} */ how, code = "") =>
    call.run(async () => {
      signed(await engine.hallCheckIn(view.day, { who: person.who }, how, code || undefined));
    });
  const sheet = (/** @type {string} */ who) =>
    call.run(async () => signed(await engine.hallSheet(view.day, who), true));
  const enter = (/** @type {Extract<Stage, { at: "confirm" }>} */ { scan, since }) => {
    if (scan.person && performance.now() - since > GUARD_MS)
      checkIn(scan.person, scan.how, scan.code);
  };
  const choose = (/** @type {HallPerson} */ person) => setStage(chosen(here, person));
  return {
    call,
    looking,
    found,
    signed,
    checkIn,
    sheet,
    enter,
    choose,
    back,
    setStage,
    last: last.list,
  };
}

/** @typedef {ReturnType<typeof useDesk>} DeskActs */

/**
 * Where a line leads.
 * @param {Here} here @param {string} text @param {"camera" | "type"} input @returns {Promise<Stage>}
 */
async function looked({ engine, view, sound }, text, input) {
  const scan = await engine.hallScan(view.day, text, input);
  if (input === "type" && !scan.person && !scan.card && mayBeName(text)) {
    const people = await engine.hallFind(view.day, text.trim(), 8);
    if (people[0] && people.length === 1) return chosen({ sound }, people[0]);
    sound(people.length ? "several" : "not_on_list");
    return { at: "several", text: text.trim(), people };
  }
  const own = scan.outcome === "not_on_list" && scan.person;
  if (scan.outcome === "valid" || own) {
    sound("found");
    return { at: "confirm", scan, since: performance.now() };
  }
  sound(scan.outcome);
  return { at: "outcome", scan };
}

/** Somebody found by name. @param {Pick<Here, "sound">} here @param {HallPerson} person @returns {Stage} */
function chosen({ sound }, person) {
  const came = person.phase !== "expected";
  const outcome = came ? "already_in" : "valid";
  /** @type {HallScan} */
  const scan = { outcome, person, how: "4", code: "", by: "", card: null };
  sound(came ? "already_in" : "found");
  toField();
  return came ? { at: "outcome", scan } : { at: "confirm", scan, since: performance.now() };
}

/** @param {{ here: Here, stage: Stage, desk: DeskActs }} props */
function Shown({ here, stage, desk }) {
  const { back, setStage, call } = desk;
  switch (stage.at) {
    case "confirm":
      return html`<${Confirm} here=${here} scan=${stage.scan} desk=${desk} />`;
    case "in":
      return html`<${SignedIn}
        here=${here}
        done=${stage.done}
        again=${stage.again}
        desk=${desk}
      />`;
    case "several":
      return html`<${Several}
        people=${stage.people}
        choose=${desk.choose}
        back=${back}
        guest=${() => setStage({ at: "guest", card: null, name: stage.text })}
      />`;
    case "outcome":
      return html`<${Outcome}
        outcome=${stage.scan.outcome}
        go=${back}
        beside=${html`<${Beside} scan=${stage.scan} />`}
        acts=${html`<${WaysOn} here=${here} scan=${stage.scan} desk=${desk} busy=${call.busy} />`}
      />`;
    default:
      return null;
  }
}
