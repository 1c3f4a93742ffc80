// All that was received of one resident, one sealed row: registers, plans and records by class, each
// with its revision and the feed epoch under which it came, and its exact bytes.

/** @typedef {import("../types.js").Hex} Hex */
/** @typedef {import("./rows.js").Person} Person */
/** @typedef {import("./ledger.js").Sealer} Sealer */

/** @param {Sealer} sealer @param {Hex} id @param {Person} person */
export function sealPerson(sealer, id, person) {
  return sealer.seal("person", id, new TextEncoder().encode(JSON.stringify(person)));
}

/** @param {Sealer} sealer @param {Hex} id @param {Uint8Array} sealed @returns {Promise<Person>} */
export async function openPerson(sealer, id, sealed) {
  return JSON.parse(new TextDecoder().decode(await sealer.unseal("person", id, sealed)));
}

/** @param {Person} person */
export function isEmpty(person) {
  const parts = [person.regs, person.plans, person.events];
  return parts.every((each) => Object.keys(each).length === 0);
}
