// The steps by which a person comes to a tablet: code, six digits, name and passphrase. The same
// for whom it was given to first and for a colleague later.

import { words as all } from "../../words/zh/enrolment.js";
import { caretAfter, grouped, look, scanned } from "../code_entry.js";
import { html, useEffect, useState } from "../html.js";
import { Button } from "../parts/button.js";
import { Card } from "../parts/card.js";
import { Chip } from "../parts/chip.js";
import { Entry } from "../parts/entry.js";
import { asFault, FaultBox, useCall } from "../parts/fault.js";
import { icon } from "../parts/icon.js";
import { Scan } from "./scan.js";

const POLL_MS = 2000;
const LEAST = 8;
const PASSING = ["no_connection", "timeout", "busy", "broken"];

/** The box for the code, grouped as it is typed. @param {{ value: string, set: (text: string) => void, error: any }} props */
function CodeEntry({ value, set, error }) {
  const words = all.enrol;
  const { short, long, strange } = look(value);
  const side = long
    ? words.more(long)
    : short === 28
      ? ""
      : short
        ? words.less(short)
        : words.whole;
  const typed = (/** @type {string} */ text) => {
    const box = /** @type {HTMLInputElement} */ (document.getElementById("code"));
    const caret = caretAfter(text, box.selectionStart ?? text.length);
    const made = grouped(text);
    set(made);
    box.value = made;
    box.setSelectionRange(caret, caret);
  };
  return html`<${Entry}
    id="code"
    label=${words.code}
    hint=${words.code_hint}
    side=${side}
    big
    value=${value}
    onInput=${typed}
    error=${strange ? words.strange(strange) : error}
  />`;
}

/** By hand or by camera. @param {{ code: string, set: (text: string) => void, error: any }} props */
function CodePart({ code, set, error }) {
  const words = all.enrol;
  const [scanning, setScanning] = useState(false);
  if (scanning) {
    return html`<${Scan}
      stop=${() => setScanning(false)}
      found=${(/** @type {string} */ text) => {
        setScanning(false);
        set(grouped(text));
      }}
    />`;
  }
  if (scanned(code)) {
    return html`<p class="bold">${words.code}</p>
      <p class="gap-above" role="status"><${Chip} tone="done" sign="check">${words.scanned}<//></p>
      <div class="btns plain">
        <${Button} sign="pen" onClick=${() => set("")}>${words.by_hand}<//>
      </div>`;
  }
  return html`<${CodeEntry} value=${code} set=${set} error=${error} />
    <div class="btns plain">
      <${Button} sign="camera" onClick=${() => setScanning(true)}>${words.scan}<//>
    </div>`;
}

/**
 * @param {{ label: boolean, title: string, send: (code: string, label: string) => Promise<unknown>,
 *   leave: () => void, leave_words: string }} props
 */
export function CodeStep({ label, title, send, leave, leave_words }) {
  const words = all.enrol;
  const [code, setCode] = useState("");
  const [called, setCalled] = useState("");
  const [asked, setAsked] = useState(false);
  const { busy, fault, run } = useCall();
  const { short, long, strange } = look(code);
  const wrong = short ? words.less(short) : long ? words.more(long) : "";
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    setAsked(true);
    if (wrong || strange) document.getElementById("code")?.focus();
    else if (label && !called.trim()) document.getElementById("label")?.focus();
    else run(() => send(code, called.trim()));
  };
  return html`<main class="body">
    <form class="form-page" novalidate onSubmit=${submit}>
      <div class="head">
        <h1>${title}</h1>
        <span class="push quiet">${words.step(1)}</span>
      </div>
      <div class="cols list">
        <div class="stack">
          <${Card}>
            <${CodePart} code=${code} set=${setCode} error=${asked && !strange && wrong} />
          <//>
          ${label &&
          html`<${Card}
            ><${Entry}
              id="label"
              label=${words.label}
              hint=${words.label_hint}
              value=${called}
              onInput=${setCalled}
              maxlength=${40}
              error=${asked && !called.trim() && words.label_missing}
          /><//>`}
        </div>
        <aside>
          <${Card}><p>${all.welcome.code_from}</p><//>
          <div class="thumb">
            <${FaultBox} fault=${fault} />
            <${Button} full onClick=${leave}>${leave_words}<//>
            <${Button} main big full type="submit" sign="right" busy=${busy} doing=${words.sending}>
              ${words.send}
            <//>
          </div>
        </aside>
      </div>
    </form>
  </main>`;
}

/**
 * Asks until somebody has said something. A line that broke for a moment ends nothing: it goes on,
 * and says so; what else goes wrong stops it.
 * @param {() => Promise<"waiting" | "confirmed" | "expired">} ask @param {() => void} confirmed
 */
function useAsking(ask, confirmed) {
  const [expired, setExpired] = useState(false);
  const [fault, setFault] = useState(/** @type {import("../../types.js").Fault | null} */ (null));
  useEffect(() => {
    let here = true;
    /** @type {ReturnType<typeof setTimeout>} */
    let next;
    const poll = async () => {
      try {
        const said = await ask();
        if (!here) return;
        setFault(null);
        if (said === "confirmed") confirmed();
        else if (said === "expired") setExpired(true);
        else next = setTimeout(poll, POLL_MS);
      } catch (error) {
        if (!here) return;
        const found = asFault(error);
        setFault(found);
        if (PASSING.includes(found.code)) next = setTimeout(poll, POLL_MS);
      }
    };
    poll();
    return () => {
      here = false;
      clearTimeout(next);
    };
  }, []);
  return { expired, fault };
}

/**
 * @param {{ digits: string, ask: () => Promise<"waiting" | "confirmed" | "expired">,
 *   confirmed: () => void, stop: () => void }} props
 */
export function DigitsStep({ digits, ask, confirmed, stop }) {
  const words = all.digits;
  const { expired, fault } = useAsking(ask, confirmed);
  if (expired) {
    return html`<main class="body notice">
      <h1>${words.expired_title}</h1>
      <p>${words.expired_next}</p>
      <p><${Button} main big onClick=${stop}>${words.again}<//></p>
    </main>`;
  }
  return html`<main class="body">
    <div class="head">
      <h1>
        ${digits ? html`${words.title}<span class="mark">${words.marked}</span>` : words.lost_title}
      </h1>
      <span class="push quiet">${all.enrol.step(2)}</span>
    </div>
    <div class="cols list">
      <div class="stack">
        ${digits
          ? html`<${Card} class="digits-card"
                ><p class="digits">
                  <span class="vh">${digits.split("").join(" ")}</span>
                  <span aria-hidden="true">${digits.slice(0, 3)} ${digits.slice(3)}</span>
                </p><//
              >
              <${Card}
                ><p class="tick">${icon("check")}<span>${words.same}</span></p>
                <p class="tick">${icon("stop")}<span>${words.other}</span></p><//
              >`
          : html`<${Card}><p>${words.lost_next}</p><//>`}
      </div>
      <aside>
        <${Card}
          ><p class="tick" role="status">${icon("clock")}<b>${words.waiting}</b></p>
          <${FaultBox} fault=${fault}
        /><//>
        <div class="thumb">
          <${Button} big full sign="x" onClick=${stop}> ${digits ? words.stop : words.give_up} <//>
        </div>
      </aside>
    </div>
  </main>`;
}

/** @param {string} name @param {string} pass @param {string} twice */
export function wrongs(name, pass, twice) {
  const words = all.finish;
  const signs = [...pass].length;
  return {
    name: name.trim() ? "" : words.name_missing,
    pass: signs < LEAST ? words.short(signs) : "",
    twice: pass !== twice ? words.not_same : "",
  };
}

/**
 * A new passphrase, typed two times.
 * @param {{ label: string, typed: { pass: string, twice: string },
 *   wrong: { pass: string, twice: string },
 *   set: Record<"pass" | "twice", (text: string) => void> }} props
 */
export function PassTwice({ label, typed, wrong, set }) {
  const words = all.finish;
  const common = { type: "password", autocomplete: "new-password" };
  return html`<${Entry}
      ...${common}
      id="pass"
      label=${label}
      hint=${words.pass_hint}
      value=${typed.pass}
      onInput=${set.pass}
      error=${wrong.pass}
    />
    <${Entry}
      ...${common}
      id="twice"
      label=${words.twice}
      value=${typed.twice}
      onInput=${set.twice}
      error=${wrong.twice}
    />`;
}

/** @param {{ staff: boolean, finish: (name: string, passphrase: string) => Promise<unknown>, running: any }} props */
export function FinishStep({ staff, finish, running }) {
  const words = all.finish;
  const [name, setName] = useState("");
  const [pass, setPass] = useState("");
  const [twice, setTwice] = useState("");
  const [asked, setAsked] = useState(false);
  const { busy, fault, run } = useCall();
  const bad = asked ? wrongs(name, pass, twice) : { name: "", pass: "", twice: "" };
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    setAsked(true);
    const found = wrongs(name, pass, twice);
    const first = /** @type {const} */ (["name", "pass", "twice"]).find((each) => found[each]);
    if (first) document.getElementById(first)?.focus();
    else run(() => finish(name.trim(), pass));
  };
  return html`<main class="body">
    <form class="form-page" novalidate onSubmit=${submit}>
      <div class="head">
        <h1>${staff ? words.title_staff : words.title}<span class="mark">${words.marked}</span></h1>
        <span class="push quiet">${all.enrol.step(3)}</span>
      </div>
      <div class="cols list">
        <div>
          <${Card}>
            <${Entry}
              id="name"
              label=${words.name}
              hint=${words.name_hint}
              value=${name}
              onInput=${setName}
              error=${bad.name}
              maxlength=${40}
            />
            <${PassTwice}
              label=${words.pass}
              typed=${{ pass, twice }}
              wrong=${bad}
              set=${{ pass: setPass, twice: setTwice }}
            />
          <//>
        </div>
        <aside>
          <${Card} sign="shield" title=${words.what}>
            <ul class="dots">
              ${words.what_lines.map((line) => html`<li>${line}</li>`)}
            </ul>
          <//>
          <div class="thumb">
            <${FaultBox} fault=${fault} />${busy && running}
            <${Button} main big full type="submit" sign="lock" busy=${busy} doing=${words.saving}>
              ${staff ? words.save_staff : words.save}
            <//>
          </div>
        </aside>
      </div>
    </form>
  </main>`;
}
