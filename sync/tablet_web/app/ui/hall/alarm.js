// Critical values: the bar over every page of the hall that stays until somebody has acted, and the
// page on which a doctor says what was done.

import { words } from "../../words/zh/hall.js";
import { html, useEffect, useRef, useState } from "../html.js";
import { Button } from "../parts/button.js";
import { One } from "../parts/choice.js";
import { FaultBox, useCall } from "../parts/fault.js";
import { icon } from "../parts/icon.js";
import { fieldText } from "../screens/archive_values.js";
import { stationOf } from "./ground.js";
import { masked, ticketText } from "./mask.js";

/** @typedef {import("./ground.js").Here} Here */
/** @typedef {import("../../types.js").HallAlarm} HallAlarm */
/** @typedef {import("../../types.js").HallView} HallView */

const URGENT = "urgent:";

/** 左侧收缩压 198 mmHg, as the form of the station calls it. @param {{ field: string, value: unknown, station: string }} alarm @param {Here} here */
export function valueOf({ field, value, station }, { view, forms }) {
  for (const { kind, v } of stationOf(view, station)?.forms ?? []) {
    const found = forms?.kind(kind, v)?.fields.find((each) => each.name === field);
    if (found) return `${found.label} ${fieldText(found, value, { today: view.on, names: {} })}`;
  }
  return "";
}

/** What is the matter, as the district's rule says it or the operator found it. @param {HallAlarm} alarm @param {Here} here */
export function sentenceOf(alarm, { view }) {
  if (alarm.sentence) return alarm.sentence;
  const code = alarm.field.startsWith(URGENT) ? alarm.field.slice(URGENT.length) : "";
  const found = view.stations.flatMap(({ urgent }) => urgent).find((each) => each.code === code);
  return found?.label || alarm.name || words.critical;
}

/** A 036 周*雨 @param {HallAlarm} alarm */
const whose = ({ ticket, person }) =>
  [ticket && ticketText(ticket), masked(person)].filter(Boolean).join(" ");

/** What was measured, and what is the matter with it. @param {HallAlarm} alarm @param {Here} here */
const matter = (alarm, here) =>
  [valueOf(alarm, here), sentenceOf(alarm, here)].filter(Boolean).join(words.comma);

/** 04:36 血压身高 @param {HallAlarm} alarm @param {HallView} view */
const whence = ({ at, station }, view) =>
  [words.at_hour(at), stationOf(view, station)?.short].filter(Boolean).join(" ");

/** One value of one part. @param {HallAlarm} alarm */
const keyOf = ({ part, field }) => part + field;

/** New ones of somebody, with what was open of them before. @param {HallAlarm[]} before @param {HallAlarm[]} fresh */
export function together(before, fresh) {
  const who = fresh[0]?.who;
  const keys = new Set(fresh.map(keyOf));
  return [...before.filter((each) => each.who === who && !keys.has(keyOf(each))), ...fresh];
}

/** One row a person, oldest first. @param {HallAlarm[]} alarms */
function byPerson(alarms) {
  /** @type {Map<string, HallAlarm[]>} */
  const rows = new Map();
  for (const each of alarms) rows.set(each.who, [...(rows.get(each.who) ?? []), each]);
  return [...rows.values()];
}

/** @param {{ alarms: HallAlarm[], here: Here, attend: Here["attend"] }} props */
export function AlarmBar({ alarms, here, attend }) {
  return html`<section class="hall-alarm" role="alert" aria-label=${words.critical}>
    ${icon("stop")}
    <div>
      <p class="bold">${words.alarms(alarms.length)}</p>
      <ul>
        ${byPerson(alarms).map((all) => {
          const alarm = /** @type {HallAlarm} */ (all[0]);
          return html`<li key=${alarm.who}>
            <button type="button" class="btn alarm" onClick=${() => attend(all)}>
              <b>${whose(alarm)}</b> ${matter(alarm, here)}
              <span>${whence(alarm, here.view)}</span>
              ${all.length > 1 && html`<b>${words.alarms_more(all.length - 1)}</b>`}
              ${words.acted}${icon("right")}
            </button>
          </li>`;
        })}
      </ul>
    </div>
  </section>`;
}

/** Doctors who may be named, the lead first. @param {HallView} view @returns {Record<string, string>} */
export const doctorsOf = ({ lead, doctors }) => ({
  ...(lead.id ? { [lead.id]: lead.name } : {}),
  ...Object.fromEntries(doctors.map(({ id, name }) => [id, name])),
});

/** Who works with this tablet, if a doctor of the day; else the lead. @param {Here} here */
const doctorHere = ({ view, status }) =>
  status.me && doctorsOf(view)[status.me] ? status.me : view.lead.id;

/** The doctor on duty, whom a critical value calls. @param {HallView} view */
export const onDuty = ({ lead, doctors }) => lead.name || doctors[0]?.name || "";

/**
 * One step a value; what a press that failed half way has saved is not said twice.
 * @param {Here} here @param {HallAlarm[]} alarms @param {Set<string>} acted
 * @param {[did: string, doctor: string, text: string]} said
 */
async function actOn({ engine, view }, alarms, acted, said) {
  for (const each of alarms) {
    if (acted.has(keyOf(each))) continue;
    const { part, field, who } = each;
    await engine.hallActed(view.day, who, { part, field }, ...said);
    acted.add(keyOf(each));
  }
}

/** Open values of one person, acted on together: one step each. @param {{ here: Here, alarms: HallAlarm[] }} props */
export function Attend({ here, alarms }) {
  const { view, attend, sound, again } = here;
  const [did, setDid] = useState("");
  const [doctor, setDoctor] = useState(doctorHere(here));
  const [text, setText] = useState("");
  const [tried, setTried] = useState(false);
  const call = useCall();
  const acted = useRef(/** @type {Set<string>} */ (new Set()));
  useEffect(() => document.getElementById("hall-did")?.focus(), []);
  const save = () => {
    setTried(true);
    if (!did) return;
    call.run(async () => {
      await actOn(here, alarms, acted.current, [did, doctor, text.trim()]);
      sound("saved");
      again();
      attend([]);
    });
  };
  return html`<section class="hall-attend">
    <${What} alarms=${alarms} here=${here} />
    <${Dids} did=${did} set=${setDid} told=${tried && !did} />
    ${tried &&
    !did &&
    html`<p class="msg" id="hall-did-says">${icon("warn")}<span>${words.did_missing}</span></p>`}
    <div class="form">
      <div class="f s6">
        <span class="l" id="hall-doctor-label">${words.doctor}</span>
        <${One}
          id="hall-doctor"
          labelledby="hall-doctor-label"
          codes=${doctorsOf(view)}
          value=${doctor}
          must
          label=${words.doctor}
          tone=""
          onInput=${setDoctor}
        />
      </div>
      <div class="f s6">
        <label for="hall-text">${words.did_text}<i>${words.optional}</i></label>
        <span class="in box"
          ><input
            id="hall-text"
            value=${text}
            maxlength="300"
            autocomplete="off"
            onInput=${(/** @type {any} */ event) => setText(event.target.value)}
        /></span>
      </div>
    </div>
    <${FaultBox} fault=${call.fault} />
    <div class="btns">
      <${Button} big onClick=${() => attend([])}>${words.acted_back}<//>
      <${Button} big main sign="check" busy=${call.busy} doing=${words.saving} onClick=${save}
        >${words.acted_save}<//
      >
    </div>
  </section>`;
}

/** What is the matter, with whom, and who is called. @param {{ alarms: HallAlarm[], here: Here }} props */
function What({ alarms, here }) {
  const doctor = onDuty(here.view);
  const alarm = /** @type {HallAlarm} */ (alarms[0]);
  const one = alarms.length === 1;
  const { view } = here;
  return html`<div class="what" role="alert">
    ${icon("stop")}
    <div>
      <h1>${one ? matter(alarm, here) : words.alarms(alarms.length)}</h1>
      <p class="bold">
        ${one ? [whose(alarm), whence(alarm, view)].join(words.dot) : whose(alarm)}
      </p>
      ${!one &&
      html`<ul>
        ${alarms.map(
          (each) =>
            html`<li key=${keyOf(each)}>
              ${[matter(each, here), whence(each, view)].join(words.dot)}
            </li>`,
        )}
      </ul>`}
      <p class="call">${doctor ? words.call(doctor) : words.call_nobody}</p>
    </div>
  </div>`;
}

/** @param {{ did: string, set: (did: string) => void, told: boolean }} props */
function Dids({ did, set, told }) {
  return html`<fieldset class="hall-did" aria-describedby=${told ? "hall-did-says" : undefined}>
    <legend class="bold">${words.did}</legend>
    ${Object.entries(words.dids).map(
      ([code, label], at) =>
        html`<label class="hall-pick" key=${code}
          ><input
            type="radio"
            name="hall-did"
            id=${at ? undefined : "hall-did"}
            checked=${did === code}
            onChange=${() => set(code)}
          />${label}</label
        >`,
    )}
  </fieldset>`;
}
