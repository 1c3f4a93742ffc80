// Finding people among those of the panel: by name, pinyin initials, the end of the document or of
// the telephone. Everything is in memory, so a search is one walk over the index.

/** @typedef {import("./rows.js").Entry} Entry */

/** Bits of a document or telephone that are asked for by their end: at least so many signs. */
const TAIL_LEAST = 3;

/**
 * Those who fit, best first: whole name, beginning of it, beginning of the initials, the rest.
 * @param {Entry[]} all
 * @param {string} text
 * @param {number} most
 * @returns {Entry[]}
 */
export function search(all, text, most) {
  const asked = folded(text);
  if (!asked) return [];
  /** @type {[number, Entry][]} */
  const found = [];
  for (const entry of all) {
    const rank = rankOf(entry, asked);
    if (rank > 0) found.push([rank, entry]);
  }
  found.sort((a, b) => a[0] - b[0] || byName(a[1], b[1]));
  return found.slice(0, most).map(([, entry]) => entry);
}

/** @param {string} text */
export function folded(text) {
  return text.normalize("NFKC").replace(/\s+/gu, "").toLowerCase();
}

/** 0: does not fit; else the lower the better. @param {Entry} entry @param {string} asked */
function rankOf(entry, asked) {
  const name = folded(entry.name);
  if (name === asked) return 1;
  if (name.startsWith(asked)) return 2;
  if (/^[a-z]+$/.test(asked)) {
    const readings = entry.initials.split(" ");
    if (readings.includes(asked)) return 3;
    if (readings.some((each) => each.startsWith(asked))) return 4;
  }
  if (/^[0-9]+x?$/.test(asked) && asked.length >= TAIL_LEAST) {
    if (entry.doc.toLowerCase().endsWith(asked)) return 5;
    if (entry.tel.endsWith(asked)) return 6;
    if (entry.no.endsWith(asked)) return 7;
  }
  if (name.includes(asked)) return 8;
  return 0;
}

const COLLATED = new Intl.Collator("zh-CN-u-co-pinyin");

/** @param {{ name: string, id: string }} a @param {{ name: string, id: string }} b */
export function byName(a, b) {
  return COLLATED.compare(a.name, b.name) || (a.id < b.id ? -1 : 1);
}

/**
 * Who may be the same person: the same document, or the same name with birth or sex.
 * @param {Entry[]} all
 * @param {{ name: string, birth: string, sex: string, id_no: string }} person
 * @returns {Entry[]}
 */
export function alike(all, person) {
  const name = folded(person.name);
  const doc = folded(person.id_no);
  return all.filter((entry) => {
    if (doc && entry.doc.toLowerCase() === doc) return true;
    if (!name || folded(entry.name) !== name) return false;
    const birth = !person.birth || !entry.birth || entry.birth === person.birth;
    const sex = !person.sex || !entry.sex || entry.sex === person.sex;
    return birth && sex;
  });
}
