// What goes to a printer: the route sheet on ordinary paper, then a label a tube. Each is a print of
// its own, for a hall has one printer for paper and one for labels. It is laid beside the app, shown
// to the printer alone, and gone when it is printed.

import { html, render } from "../html.js";
import { writer } from "../parts/qr.js";
import { Labels, RouteSheet } from "./paper.js";

/** @typedef {import("./ground.js").Here} Here */
/** @typedef {import("../../types.js").HallCheckedIn} HallCheckedIn */

const ID = "paper";
const SYMBOL = { format: /** @type {const} */ ("QRCode"), options: "ecLevel=M" };
/** So long a printer's window may stay open before the next print is asked for all the same. */
const OPEN_MS = 60_000;

/** The place beside the app that only a printer sees. */
function place() {
  const found = document.getElementById(ID);
  if (found) return found;
  const made = document.createElement("div");
  made.id = ID;
  document.body.append(made);
  return made;
}

/** @param {string} kind of a page in css/hall.css @param {any} drawn */
async function print(kind, drawn) {
  const paper = place();
  render(drawn, paper);
  document.body.dataset.print = kind;
  await new Promise((next) => requestAnimationFrame(() => setTimeout(next)));
  const over = new Promise((done) => addEventListener("afterprint", done, { once: true }));
  window.print();
  await Promise.race([over, new Promise((done) => setTimeout(done, OPEN_MS))]);
  delete document.body.dataset.print;
  render(null, paper);
}

/** One after the other; a print that is asked for waits for the one before. @type {Promise<unknown>} */
let line = Promise.resolve();

/**
 * What was just made for somebody, as the switches have it.
 * @param {Here} here @param {HallCheckedIn} done @param {boolean} voids whether older paper is void by it
 */
export function printed({ view, switches, status }, done, voids) {
  const labels = done.sheet?.labels ?? [];
  const about = { view, person: done.person, now: status.now };
  const ticket = done.ticket || done.person.ticket;
  line = line
    .then(async () => {
      if (!switches.sheet) return;
      const symbol = ticket ? await symbolOf(ticket) : null;
      await print(
        switches.size,
        html`<${RouteSheet} ...${about} ticket=${ticket} symbol=${symbol} voids=${voids} />`,
      );
    })
    .then(async () => {
      if (!switches.labels || !labels.length) return;
      await print("labels", html`<${Labels} ...${about} ticket=${ticket} labels=${labels} />`);
    })
    .catch(() => {});
  return line;
}

/** The modules of a code, for paper.js to draw; null where the writer is not here. @param {string} text */
async function symbolOf(text) {
  try {
    const write = await writer();
    return (await write(text, /** @type {any} */ (SYMBOL))).symbol;
  } catch {
    return null;
  }
}
