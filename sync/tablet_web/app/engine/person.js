// All that was received of one resident, one sealed row: registers, plans and records by class, each
// with its revision, the feed epoch under which it came, and its exact bytes.
//
//     u32be length of the list | list, JSON: [part, key, rev, epoch, day, length] each | all bytes
//
// A page of records rewrites many of these rows, so nothing in them is read or written that need
// not be.

import { concat, text, u32be, utf8 } from "../wire/bytes.js";

/** @typedef {import("../types.js").Hex} Hex */
/** @typedef {import("./rows.js").Entity} Entity */
/** @typedef {import("./rows.js").Person} Person */
/** @typedef {import("./ledger.js").Sealer} Sealer */
/** @typedef {[keyof Person, string, number, number, string, number]} Listed */

const PARTS = /** @type {const} */ (["regs", "plans", "events"]);

/** @param {Sealer} sealer @param {Hex} id @param {Person} person */
export function sealPerson(sealer, id, person) {
  /** @type {Listed[]} */
  const list = [];
  /** @type {Uint8Array[]} */
  const raws = [];
  for (const part of PARTS) {
    for (const [key, { rev, ep, on, raw }] of Object.entries(person[part])) {
      list.push([part, key, rev, ep, on, raw.length]);
      raws.push(raw);
    }
  }
  const head = utf8(JSON.stringify(list));
  return sealer.seal("person", id, concat(u32be(head.length), head, ...raws));
}

/** @param {Sealer} sealer @param {Hex} id @param {Uint8Array} sealed @returns {Promise<Person>} */
export async function openPerson(sealer, id, sealed) {
  const plain = await sealer.unseal("person", id, sealed);
  const size = new DataView(plain.buffer, plain.byteOffset).getUint32(0);
  const list = /** @type {Listed[]} */ (JSON.parse(text(plain.subarray(4, 4 + size))));
  /** @type {Person} */
  const person = { regs: {}, plans: {}, events: {} };
  let at = 4 + size;
  for (const [part, key, rev, ep, on, length] of list) {
    person[part][key] = { rev, ep, on, raw: plain.subarray(at, at + length) };
    at += length;
  }
  return person;
}

/** What a put says. @param {Entity} entity */
export const parsed = ({ raw }) => JSON.parse(text(raw));

/** @param {Person} person */
export const isEmpty = (person) => PARTS.every((part) => !Object.keys(person[part]).length);
