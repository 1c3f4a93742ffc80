// What is read out to the resident, and the answers that are theirs alone to give.

import { words } from "../../words/zh/assist.js";
import { html } from "../html.js";

/** @typedef {{ version: string, sections: { title: string, text: string }[], said: Record<string, string> }} Notice */

/** The places of the text, filled in for this facility. @param {string} text @param {Record<string, string>} said */
export const filled = (text, said) =>
  text.replace(/\{(\w+)\}/g, (whole, name) => said[name] ?? whole);

/** @param {{ notice: Notice, facility: string }} props */
export function Read({ notice, facility }) {
  const said = {
    place: words.agree.no_place,
    facility: facility || (notice.said.no_facility ?? ""),
    phone: notice.said.no_phone ?? "",
  };
  return html`<section class="card elder">
    <h2>${words.read_out}</h2>
    ${notice.sections.map(
      ({ title, text }) =>
        html`<h3 key=${title}>${title}</h3>
          <p>${filled(text, said)}</p>`,
    )}
  </section>`;
}

/**
 * Answers of the same width and weight, in the resident's colour; none is chosen beforehand.
 * @param {{ id: string, label: string, answers: [string, string][], value: string,
 *   onPick: (code: string) => void, bad: boolean }} props
 */
export function Answers({ id, label, answers, value, onPick, bad }) {
  return html`<div class="answers" id=${id} role="radiogroup" aria-label=${label} tabindex="-1">
    ${answers.map(
      ([code, text]) =>
        html`<label key=${code} class=${`answer ${bad ? "bad" : ""}`}>
          <input
            type="radio"
            name=${id}
            checked=${value === code}
            onChange=${() => onPick(code)}
          /><span>${text}</span>
        </label>`,
    )}
  </div>`;
}
