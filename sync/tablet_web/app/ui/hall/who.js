// Somebody as a hall shows them: big, masked, with the year of birth; never the whole name where
// others can see the screen.

import { words } from "../../words/zh/hall.js";
import { sexText } from "../ages.js";
import { html } from "../html.js";
import { icon } from "../parts/icon.js";
import { masked, ticketText } from "./mask.js";

/** @typedef {import("../../types.js").HallPerson} HallPerson */

/** 1955 年生 · 女 · 证件尾号 0028 @param {HallPerson} person */
export const traits = (person) =>
  [
    words.born(person.birth),
    person.sex && sexText(person.sex),
    person.tail && words.tail(person.tail),
  ]
    .filter(Boolean)
    .join(words.dot);

/** @param {{ person: HallPerson, big?: boolean }} props */
export function Who({ person, big }) {
  return html`<div class=${`hall-who ${big ? "big" : ""}`}>
    <p class="name">${masked(person.name)}</p>
    <p class="traits">${traits(person)}</p>
  </div>`;
}

/** @param {{ ticket: string }} props */
export const Ticket = ({ ticket }) =>
  html`<span class=${`hall-ticket ${ticket ? "" : "none"}`}
    >${ticket ? ticketText(ticket) : words.no_ticket}</span
  >`;

/** One of a list: ticket, name, year; the whole row is pressed. @param {{ person: HallPerson, side?: any, open?: () => void }} props */
export function PersonRow({ person, side, open }) {
  if (!open) {
    return html`<li class="hall-row flat">
      <${Ticket} ticket=${person.ticket} />
      <span class="who"
        ><b>${masked(person.name)}</b><span class="quiet">${traits(person)}</span></span
      >
      <span class="chips">${side}</span>
    </li>`;
  }
  return html`<li>
    <button type="button" class="hall-row" data-who=${person.who} onClick=${open}>
      <${Ticket} ticket=${person.ticket} />
      <span class="who"
        ><b>${masked(person.name)}</b><span class="quiet">${traits(person)}</span></span
      >
      <span class="chips">${side}</span>
      <span class="go">${icon("right")}</span>
    </button>
  </li>`;
}
