// What a scan came to when it is not simply the person: a screen of its own, in the colour, with the
// sign, the word and the next step of each. It stays until somebody goes on.

import { OUTCOMES, words } from "../../words/zh/hall.js";
import { html } from "../html.js";
import { Button } from "../parts/button.js";
import { icon } from "../parts/icon.js";

/** @typedef {import("../parts/icon.js").IconName} IconName */

/** Colour and sign of each. @type {Record<string, { tone: string, sign: IconName }>} */
const LOOKS = {
  already_in: { tone: "wait", sign: "check" },
  wrong_day: { tone: "due", sign: "cal" },
  expired: { tone: "due", sign: "clock" },
  unknown_key: { tone: "wait", sign: "key" },
  not_on_list: { tone: "due", sign: "people" },
  revoked: { tone: "alarm", sign: "lock" },
  forged: { tone: "alarm", sign: "stop" },
  unreadable: { tone: "due", sign: "eye" },
};

/**
 * A page of one colour: sign, what is true, what to do. `tone` fills it.
 * @param {{ tone: string, sign: IconName, title: any, children?: any, acts?: any, name?: string }} props
 */
export function Full({ tone, sign, title, children, acts, name }) {
  const grave = tone === "alarm";
  return html`<section
    class=${`hall-full ${tone}`}
    role=${grave ? "alert" : "status"}
    data-outcome=${name}
  >
    <span class="big-sign">${icon(sign)}</span>
    <div class="words">
      <h1>${title}</h1>
      ${children}
    </div>
    <div class="acts">${acts}</div>
  </section>`;
}

/**
 * @param {{ outcome: string, go: () => void, beside?: any, acts?: any }} props
 *   `beside`: more than the sentence; `acts`: ways on besides the next scan
 */
export function Outcome({ outcome, go, beside, acts }) {
  const { tone, sign } = LOOKS[outcome] ?? { tone: "due", sign: /** @type {IconName} */ ("warn") };
  const said = OUTCOMES[outcome];
  const act = html`${acts}<${Button} main big onClick=${go}>${words.go_on}<//>`;
  return html`<${Full} tone=${tone} sign=${sign} title=${said?.title} name=${outcome} acts=${act}>
    ${beside}
    <p>${said?.say}</p>
    <p class="bold">${said?.next}</p>
  <//>`;
}
