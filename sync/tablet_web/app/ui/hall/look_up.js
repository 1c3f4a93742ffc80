// Whom a line means, where it does not matter whether they have been signed in: at a station and at
// the door.

/** @typedef {import("./ground.js").Here} Here */
/** @typedef {import("../../types.js").HallPerson} HallPerson */
/** @typedef {import("../../types.js").HallScan} HallScan */
/**
 * @typedef {{ at: "person", person: HallPerson, scan: HallScan | null }
 *   | { at: "several", text: string, people: HallPerson[] }
 *   | { at: "outcome", scan: HallScan }} Found
 */

const NAME = /^[\p{Script=Han}·A-Za-z\s]+$/u;
const MOST = 8;

/** Whether a line that is nothing else may be a name. @param {string} text */
export const mayBeName = (text) => NAME.test(text.trim());

/**
 * @param {Here} here @param {string} text @param {"camera" | "type"} input
 * @returns {Promise<Found>}
 */
export async function lookUp({ engine, view, sound }, text, input) {
  const scan = await engine.hallScan(view.day, text, input);
  if (scan.person) return { at: "person", person: scan.person, scan };
  if (input === "type" && !scan.card && mayBeName(text)) {
    const people = await engine.hallFind(view.day, text.trim(), MOST);
    if (people[0] && people.length === 1) return { at: "person", person: people[0], scan: null };
    sound(people.length ? "several" : "not_on_list");
    return { at: "several", text: text.trim(), people };
  }
  sound(scan.outcome);
  return { at: "outcome", scan };
}
