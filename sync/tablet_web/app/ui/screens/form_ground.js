// Who is at work and for whom: the ground on which somebody serves a resident of another team, and
// whom or what a reference may name on this tablet.

import { words } from "../../words/zh/form.js";
import { html } from "../html.js";
import { One } from "../parts/choice.js";
import { icon } from "../parts/icon.js";
import { dayWords } from "../../words/zh/time.js";

/** @typedef {import("./form_state.js").Opened} Opened */
/** @typedef {import("./form_state.js").PaperState} PaperState */
/** @typedef {import("../../types.js").Status} Status */

/** Whether the resident belongs to no panel of this tablet. @param {Opened} got @param {Status} status */
export function isGuest({ archive }, status) {
  const own = status.panels.map(({ id }) => id);
  return !archive.new_here && !archive.line.panels.some((id) => own.includes(id));
}

/** @param {{ page: PaperState, id: string }} props */
export function Ground({ page, id }) {
  const { ground } = page.paper;
  const set = (/** @type {Partial<typeof ground>} */ some) =>
    page.change((before) => ({ ...before, ground: { ...before.ground, ...some } }));
  const missing = page.tried && !ground.kind;
  return html`<div class="ground">
    <p class="bold">${icon("people")} ${words.guest}</p>
    <div class="form">
      <div class="f s8">
        <span class="l" id=${`${id}-label`}>${words.ground}</span>
        <${One}
          id=${id}
          labelledby=${`${id}-label`}
          codes=${words.grounds}
          value=${ground.kind}
          must
          label=${words.ground}
          tone=${missing ? "bad" : ""}
          describedby=${missing ? `${id}-says` : undefined}
          onInput=${(/** @type {any} */ kind) => set({ kind })}
        />
        ${missing &&
        html`<p class="msg" id=${`${id}-says`}>
          ${icon("warn")}<span>${words.groundMissing}</span>
        </p>`}
      </div>
      <div class="f s4">
        <label for=${`${id}-note`}>${words.groundNote}<i>${words.optional}</i></label>
        <span class="in box"
          ><input
            id=${`${id}-note`}
            value=${ground.note}
            maxlength="200"
            autocomplete="off"
            onInput=${(/** @type {any} */ event) => set({ note: event.target.value })}
        /></span>
      </div>
    </div>
  </div>`;
}

export const Choosing = {
  /** Whom or what a reference may name here. @param {string} to @param {Pick<Opened, "archive" | "names">} got @param {Status} status @returns {Record<string, string>} */
  of(to, got, status) {
    switch (to) {
      case "staff":
        return Object.fromEntries(
          status.staff
            .filter(({ id, state }) => state === "active" || id === status.me)
            .map(({ id, name }) => [id, name || got.names[id] || words.id(id)]),
        );
      case "team":
        return Object.fromEntries(status.panels.map(({ id, name }) => [id, name]));
      case "facility": {
        const own = got.archive.cells.responsible_facility?.shown;
        const here = Object.keys(got.names).find((id) => got.names[id] === status.facility);
        const ids = [own, here].filter((id) => typeof id === "string" && id !== "");
        return Object.fromEntries(
          /** @type {string[]} */ (ids).map((id) => [id, got.names[id] ?? words.id(id)]),
        );
      }
      case "record":
        return Object.fromEntries(
          got.archive.records
            .filter((each) => !each.voided && each.kind === "referral")
            .map((each) => [each.change, dayWords(each.on, status.today)]),
        );
      default:
        return {};
    }
  },
};
