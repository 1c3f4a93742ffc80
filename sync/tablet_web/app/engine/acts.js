// Acts (PROTOCOL 5.2): what a resident asks for by the hand of whoever holds this tablet. They are no
// records: they stand in no archive, count as no visit, and are only shown as asked for.

/** @typedef {import("../types.js").Hex} Hex */

export const OPEN_ARCHIVE = "open_archive";

/** What happened on a checkup day (5.3): no record either. */
const STEPS = ["check_in", "station_part", "route_sheet", "critical_acted", "check_out"];

/** @param {string} kind */
export const isAct = (kind) =>
  kind === OPEN_ARCHIVE || kind.startsWith("act_") || STEPS.includes(kind);

/** Of an act that opens an archive what is no cell of its register. */
const BESIDE = ["team", "seen", "signed"];

/** What an opening says of the new resident, as cells. @param {Record<string, unknown>} body @returns {Record<string, { value: unknown, saw?: string[] }>} */
export function openingCells(body) {
  const cells = Object.entries(body).filter(([name]) => !BESIDE.includes(name));
  return Object.fromEntries(cells.map(([name, value]) => [name, { value }]));
}
