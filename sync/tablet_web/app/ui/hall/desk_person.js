// One person at the desk: to be confirmed, signed in, or one of several of a name.

import { words } from "../../words/zh/hall.js";
import { html } from "../html.js";
import { Button } from "../parts/button.js";
import { Chip } from "../parts/chip.js";
import { Empty } from "../parts/empty.js";
import { icon } from "../parts/icon.js";
import { named, stationOf } from "./ground.js";
import { masked, ticketText } from "./mask.js";
import { sign } from "./signs.js";
import { PersonRow, Who } from "./who.js";

/** @typedef {import("./ground.js").Here} Here */
/** @typedef {import("./desk.js").DeskActs} DeskActs */
/** @typedef {import("../../types.js").HallScan} HallScan */
/** @typedef {import("../../types.js").HallPerson} HallPerson */
/** @typedef {import("../../types.js").HallCheckedIn} HallCheckedIn */

/** Groups, slot and ticket of booking, as chips. @param {{ here: Here, person: HallPerson }} props */
function Marks({ here, person }) {
  const groups = person.groups.map(
    (id) => here.view.groups.find((each) => each.id === id)?.label ?? "",
  );
  return html`<p class="hall-marks">
    ${person.slot && html`<${Chip} sign="clock">${words.slot(person.slot)}<//>`}
    ${groups.filter(Boolean).map((label) => html`<${Chip} key=${label} sign="people">${label}<//>`)}
  </p>`;
}

/** @param {{ here: Here, scan: HallScan, desk: DeskActs }} props */
export function Confirm({ here, scan, desk }) {
  const person = /** @type {HallPerson} */ (scan.person);
  const { call, checkIn, back } = desk;
  return html`<section class="hall-full confirm" data-outcome="valid">
    <div class="words">
      <h1 class="ask">${words.confirm}</h1>
      <${Who} person=${person} big />
      <${Marks} here=${here} person=${person} />
      ${person.status === "own" && html`<p class="bold">${icon("plus")} ${words.own}</p>`}
      ${person.route.length > 0 &&
      html`<p class="route">
        <span class="quiet">${words.route}</span>${named(here.view, person.route, words.join)}
      </p>`}
    </div>
    <div class="acts">
      <${Button} big onClick=${back}>${words.not_them}<//>
      <${Button}
        main
        big
        sign="check"
        busy=${call.busy}
        doing=${words.checking_in}
        onClick=${() => checkIn(person, scan.how, scan.code)}
        >${words.check_in}<//
      >
      <p class="quiet">${words.confirm_enter}</p>
    </div>
  </section>`;
}

/** @param {{ here: Here, done: HallCheckedIn, again: boolean, desk: DeskActs }} props */
export function SignedIn({ here, done, again, desk }) {
  const { person, sheet } = done;
  const ticket = done.ticket || person.ticket;
  const next = stationOf(here.view, person.next);
  const labels = here.switches.labels ? (sheet?.labels.length ?? 0) : 0;
  const prints = here.switches.sheet || labels > 0;
  const say = again
    ? words.reprinted
    : !prints
      ? words.not_printed
      : labels
        ? words.printed_labels(labels)
        : words.printed;
  return html`<section class="hall-full done" role="status" data-outcome="checked_in">
    <div class="words">
      <h1>${icon("check")} ${words.welcome}<span class="of">${masked(person.name)}</span></h1>
      <p class="quiet">${words.your_ticket}</p>
      ${ticket
        ? html`<p class="ticket-number">${ticketText(ticket)}</p>`
        : html`<p class="bold">${words.ticket_later}</p>`}
      ${next &&
      html`<p class="first">
        ${words.first(next.label)}${next.note && html` <span class="mark">${next.note}</span>`}
      </p>`}
      ${done.doubled && html`<p>${words.doubled}</p>`}
      <p class="quiet">${sign("print")} ${say}</p>
    </div>
    <div class="acts">
      <${Button} big busy=${desk.call.busy} onClick=${() => desk.sheet(person.who)}
        >${words.reprint}<//
      >
      <${Button} main big sign="qr" onClick=${desk.back}>${words.go_on}<//>
    </div>
  </section>`;
}

/** @param {{ people: HallPerson[], choose: (person: HallPerson) => void, back: () => void, guest?: (() => void) | undefined }} props */
export function Several({ people, choose, back, guest }) {
  return html`<section class="hall-several">
    <h1>${people.length ? words.found(people.length) : words.found_none}</h1>
    ${people.length
      ? html`<ul class="visits">
          ${people.map(
            (person) =>
              html`<${PersonRow}
                key=${person.who}
                person=${person}
                side=${person.arrived !== null &&
                html`<${Chip} tone="done" sign="check">${words.first_in(person.arrived)}<//>`}
                open=${() => choose(person)}
              />`,
          )}
        </ul>`
      : html`<${Empty} now="" next=${words.found_none_next} />`}
    <div class="btns">
      ${guest &&
      html`<${Button} big sign="pen" main=${!people.length} onClick=${guest}>${words.guest}<//>`}
      <${Button} big main=${people.length > 0 || !guest} onClick=${back}>${words.go_on}<//>
    </div>
  </section>`;
}

/** Whom an outcome is about, where that is known and may be said. @param {{ scan: HallScan }} props */
export function Beside({ scan }) {
  const { person, card } = scan;
  if (person) {
    return html`<${Who} person=${person} /> ${person.ticket &&
      html`<p class="bold">${words.ticket(ticketText(person.ticket))}</p>`}
      ${person.arrived !== null && html`<p>${words.first_in(person.arrived)}</p>`}`;
  }
  if (scan.outcome === "unreadable" && scan.by === "number") {
    return html`<p class="bold">${words.number_wrong}</p>`;
  }
  if (card) return html`<p class="bold">${words.tail(card.number.slice(-4))}</p>`;
  return null;
}

/** @param {{ here: Here, scan: HallScan, desk: DeskActs, busy: boolean }} props */
export function WaysOn({ here, scan, desk, busy }) {
  const { outcome, person, card } = scan;
  if (outcome === "already_in" && person) {
    return html`<${Button} big busy=${busy} onClick=${() => desk.sheet(person.who)}
        >${words.reprint}<//
      >
      <${Button} big onClick=${() => here.turn({ mode: "leave" })}>${words.leave_look}<//>`;
  }
  const sync =
    here.status.sync.online &&
    html`<${Button} big sign="swap" onClick=${() => here.engine.sync().then(desk.back, desk.back)}
      >${words.sync_now}<//
    >`;
  if (outcome === "unknown_key") return sync || null;
  if (outcome === "not_on_list") {
    const guest = () => desk.setStage({ at: "guest", card, name: card?.name ?? "" });
    // A card that was printed a moment ago is not on the tablet's copy yet.
    return html`${scan.code && sync} <${Button} big sign="pen" onClick=${guest}>${words.guest}<//>`;
  }
  return null;
}
