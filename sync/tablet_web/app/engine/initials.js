// The first letters of a name's pinyin, as staff type them; what server/records/initials.py does,
// over the table it writes (data/initials.json).

/**
 * @typedef {{ first: number, letters: string, also: Record<string, string>,
 *   surnames: Record<string, string>, compound: Record<string, string>, most: number }} Letters
 */

const COUNTED = /[\p{L}\p{Nd}\p{Nl}\p{No}]/u;

/**
 * Lower-case first letters; several readings by a space, the likeliest first.
 * @param {string} name
 * @param {Letters} table
 */
export function initials(name, table) {
  const signs = [...name.normalize("NFKC")].filter((each) => COUNTED.test(each));
  const choices = [];
  const compound = table.compound[signs.slice(0, 2).join("")];
  if (compound !== undefined) {
    choices.push(
      ...[...compound].map((letter, place) => letter + everyday(signs[place] ?? "", table)),
    );
  } else if (signs.length) {
    choices.push((table.surnames[signs[0]] ?? "") + everyday(signs[0], table));
  }
  choices.push(...signs.slice(choices.length).map((each) => everyday(each, table)));
  const letters = choices.filter(Boolean).map((each) => [...new Set(each)]);
  return readings(letters, table.most).join(" ").trim();
}

/** The letters somebody may type for one character. @param {string} sign @param {Letters} table */
function everyday(sign, table) {
  const code = sign.codePointAt(0) ?? 0;
  if (code < 128) return sign.toLowerCase();
  const known = table.also[sign];
  if (known !== undefined) return known;
  const letter = table.letters[code - table.first] ?? "";
  return letter === "-" ? "" : letter;
}

/** The first `most` of all combinations, the last place varying first. @param {string[][]} letters @param {number} most */
function readings(letters, most) {
  let found = [""];
  // From the end: what is cut off there can only stand behind the first `most` of the whole.
  for (const each of [...letters].reverse()) {
    found = each.flatMap((letter) => found.map((rest) => letter + rest)).slice(0, most);
  }
  return found;
}
