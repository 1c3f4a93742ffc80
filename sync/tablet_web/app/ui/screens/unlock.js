// The lock: who, and their passphrase. It says what goes on without them: whatever was saved is
// sealed for the server already and travels from a locked tablet.

import { progressWords, words as shell } from "../../words/zh/shell.js";
import { lock as words } from "../../words/zh/staff.js";
import { html, useEffect, useState } from "../html.js";
import { Button } from "../parts/button.js";
import { Card } from "../parts/card.js";
import { Chip } from "../parts/chip.js";
import { Entry } from "../parts/entry.js";
import { FaultBox, useCall } from "../parts/fault.js";
import { icon } from "../parts/icon.js";
import { Bar } from "../parts/progress.js";

/** @typedef {import("../../types.js").Status} Status */
/** @typedef {import("../../types.js").StaffHere} StaffHere */

const ALL_TRIES = 10;

/** The long minute of a passphrase, in words and a bar. @param {{ status: Status }} props */
export function Running({ status }) {
  const { running } = status.sync;
  const at = running?.step === "unlock" || running?.step === "seal" ? running : null;
  return html`<${Bar}
    done=${at?.done ?? 0}
    of=${at?.of ?? 0}
    say=${at ? progressWords(at) : words.opening}
  />`;
}

/** Redraws each second while somebody has to wait. @param {number} until */
function useLeft(until) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (until <= Date.now()) return;
    const tick = setInterval(() => {
      setNow(Date.now());
      if (until <= Date.now()) clearInterval(tick);
    }, 1000);
    return () => clearInterval(tick);
  }, [until]);
  return Math.max(0, until - now);
}

/** @param {{ people: StaffHere[], chosen: string, choose: (id: string) => void }} props */
function Who({ people, chosen, choose }) {
  return html`<fieldset class="seg-box">
    <legend class="bold">${words.who}</legend>
    <div class="seg">
      ${people.map(
        (person) =>
          html`<label>
            <input
              type="radio"
              name="who"
              checked=${person.id === chosen}
              onChange=${() => choose(person.id)}
            />
            ${person.id === chosen && icon("check")}${person.name}
          </label>`,
      )}
    </div>
  </fieldset>`;
}

/** Whose changes must be sealed anew by themselves. @param {{ status: Status }} props */
export function Needs({ status }) {
  const { needs } = status.sync;
  if (needs.length === 0) return null;
  const named = (/** @type {string} */ id) => status.staff.find((each) => each.id === id)?.name;
  const names = needs.map((id) => named(id) ?? words.someone).join(words.and);
  return html`<p class="tick gap-above">${icon("key")}<span>${words.needs(names)}</span></p>`;
}

/** What waits, while nobody can read it. @param {import("../screens.js").Props & { short?: boolean }} props */
export function Waiting({ engine, status, go, short }) {
  const { sync, now } = status;
  const { busy, fault, run } = useCall();
  return html`<${Card} sign="shield" title=${short ? words.send : words.safe}>
    ${!short && html`<p>${words.safe_now(sync.waiting)}</p>`}
    ${sync.oldest !== null &&
    sync.waiting > 0 &&
    html`<p class="quiet">${words.oldest(sync.oldest, now)}</p>`}
    <${Needs} status=${status} />
    <${FaultBox} fault=${fault ?? (sync.online ? sync.fault : null)} />
    ${sync.waiting + sync.ready_batches > 0 &&
    html`<div class="btns upright">
      <${Button}
        sign=${sync.online ? "swap" : "off"}
        disabled=${!sync.online}
        busy=${busy || Boolean(sync.running)}
        doing=${words.syncing}
        onClick=${() => run(() => engine.sync())}
        >${sync.online ? words.sync : shell.offline}<//
      >
      <${Button} sign="save" onClick=${() => go("rescue")}>${words.rescue}<//>
    </div>`}
  <//>`;
}

/** @param {{ person: StaffHere }} props */
function Tries({ person }) {
  if (person.tries_left >= ALL_TRIES) return null;
  const tone = person.tries_left <= 3 ? "alarm" : "due";
  return html`<p class="gap-above">
    <${Chip} tone=${tone} sign="warn">${words.tries(person.tries_left)}<//>
  </p>`;
}

/** What is typed at the lock, and the one call it leads to. @param {import("../screens.js").Props} props */
function useLock({ engine, status }) {
  const people = status.staff.filter((each) => each.state === "active");
  const [chosen, choose] = useState(people[0]?.id ?? "");
  const [pass, setPass] = useState("");
  const [asked, setAsked] = useState(false);
  const { busy, fault, run, clear } = useCall();
  const person = people.find((each) => each.id === chosen) ?? people[0];
  const left = useLeft(person?.wait_until ?? 0);
  useEffect(() => document.getElementById("pass")?.focus(), [chosen]);
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setAsked(true);
    if (!pass || !person || left > 0) return;
    const opened = await run(() => engine.unlock(person.id, pass));
    if (opened) return;
    setPass("");
    setAsked(false);
    document.getElementById("pass")?.focus();
  };
  const change = (/** @type {string} */ id) => {
    choose(id);
    setPass("");
    setAsked(false);
    clear();
  };
  return { people, person, left, pass, setPass, asked, busy, fault, submit, change };
}

/** @param {{ status: Status, lock: ReturnType<typeof useLock> }} props */
function Typing({ status, lock }) {
  const { people, person, pass, setPass, asked, busy, fault, change } = lock;
  return html`<${Card} class="door">
    ${people.length > 1 && html`<${Who} people=${people} chosen=${person?.id} choose=${change} />`}
    ${person
      ? html`<${Entry}
            id="pass"
            type="password"
            big
            autocomplete="current-password"
            label=${words.pass_of(person.name)}
            value=${pass}
            onInput=${setPass}
            error=${asked && !pass && words.pass_missing}
          />
          <${FaultBox} fault=${fault} />${!fault && html`<${Tries} person=${person} />`}`
      : html`<p>${words.nobody}</p>`}
    ${busy && html`<${Running} status=${status} />`}
  <//>`;
}

/** @param {import("../screens.js").Props} props */
export function Unlock(props) {
  const lock = useLock(props);
  const { status } = props;
  const { people, person, left, busy, submit } = lock;
  return html`<main class="body">
    <form class="form-page" novalidate onSubmit=${submit}>
      <div class="head">
        <h1>
          ${people.length > 1 ? words.title_many : words.title_one}
          <span class="mark">${words.marked}</span>
        </h1>
      </div>
      <div class="cols list">
        <div class="stack">
          <${Typing} status=${status} lock=${lock} />
          <details class="card told">
            <summary><h2>${icon("key")} ${words.forgot}</h2></summary>
            <p>${words.forgot_lines}</p>
          </details>
        </div>
        <aside>
          <${Waiting} ...${props} />
          <div class="thumb">
            <${Button}
              main
              big
              full
              type="submit"
              sign=${left > 0 ? "clock" : "key"}
              busy=${busy}
              doing=${words.opening}
              disabled=${!person || left > 0}
              >${left > 0 ? words.wait(left) : words.open}<//
            >
          </div>
        </aside>
      </div>
    </form>
  </main>`;
}
