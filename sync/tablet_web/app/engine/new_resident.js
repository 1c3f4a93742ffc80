// A new archive without a network: the act that opens it, and what the act does not hold as an edit
// right behind it, in one local step (PROTOCOL 5.2: the act is saved before anything else of theirs).

import { OPEN_ARCHIVE } from "./acts.js";

/** @typedef {import("../types.js").Hex} Hex */
/** @typedef {import("../types.js").NewResident} NewResident */
/** @typedef {import("./writing.js").Writing} Writing */

const REGISTER = "basic_info";
const PICTURES = 4;
const CELLS = 64;

/** Cells that travel with the act itself; the server gives the archive its number from them. */
const WITH_THE_ACT = [
  ...["name", "id_type", "id_no", "sex", "birth_date", "phone", "contact_name", "contact_phone"],
  ...["residence_kind", "residence_since", "address_region", "address_text"],
];

/** @param {Writing} writing @param {NewResident} person @returns {Promise<Hex>} the change that opens it */
export async function openArchive(writing, person) {
  const { resident, panel, on, seen, signed, cells, pictures = [], draft } = person;
  if (pictures.length > PICTURES) throw { code: "too_many_pictures", facts: { most: PICTURES } };
  const given = Object.entries(cells).filter(([, value]) => value != null && value !== "");
  const own = given.filter(([name]) => WITH_THE_ACT.includes(name));
  const rest = given.filter(([name]) => !WITH_THE_ACT.includes(name));
  await writing._typed();
  const step = writing._begun();
  const attach = await writing.parts.photos.attached(pictures, resident);
  const body = { team: panel, seen, signed, ...Object.fromEntries(own) };
  const act = { resident, kind: OPEN_ARCHIVE, v: 1, on, body, attach };
  const change = await writing._made(step, act);
  writing.parts.photos.named(step, pictures, change);
  for (let at = 0; at < rest.length; at += CELLS) {
    const set = Object.fromEntries(
      rest.slice(at, at + CELLS).map(([name, value]) => [name, { value, saw: [] }]),
    );
    await writing._made(step, { resident, kind: REGISTER, v: 1, on, set });
  }
  writing._end(step, draft);
  await writing._saved(step, [resident]);
  return change;
}
