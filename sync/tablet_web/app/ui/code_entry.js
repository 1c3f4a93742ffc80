// An enrolment code while it is typed: in groups of four, look-alike signs put right at once
// (the reading itself is the engine's; SPEC 5).

const SIGNS = 28;
const GROUP = 4;
const QR_TEXT = "GWE1:";

/** @param {string} text */
function plain(text) {
  return text
    .normalize("NFKC")
    .toUpperCase()
    .replace(/[\s\p{Pd}\p{Cf}]/gu, "")
    .replace(/O/g, "0")
    .replace(/[IL]/g, "1");
}

/** Whether this is the text of a QR code, which is taken as it stands. @param {string} text */
export function scanned(text) {
  return text.trim().toUpperCase().startsWith(QR_TEXT);
}

/** As it stands in the box. @param {string} text */
export function grouped(text) {
  if (scanned(text)) return text.trim();
  return (plain(text).match(new RegExp(`.{1,${GROUP}}`, "gu")) ?? []).join("-");
}

/**
 * Where the caret belongs after grouping: behind as many signs as stood before it.
 * @param {string} typed @param {number} caret
 */
export function caretAfter(typed, caret) {
  if (scanned(typed)) return caret;
  const signs = plain(typed.slice(0, caret)).length;
  return signs === 0 ? 0 : signs + Math.floor((signs - 1) / GROUP);
}

/** What is wrong with it so far. @param {string} text @returns {{ short: number, long: number, strange: string }} */
export function look(text) {
  if (scanned(text)) return { short: 0, long: 0, strange: "" };
  const signs = plain(text);
  return {
    short: Math.max(0, SIGNS - signs.length),
    long: Math.max(0, signs.length - SIGNS),
    strange: signs.match(/[^0-9A-HJKMNP-TV-Z]/u)?.[0] ?? "",
  };
}
