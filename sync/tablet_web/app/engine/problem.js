// What is made of an answer that is none of the server's sealed ones (PROTOCOL 9). It is not
// signed, so whoever stands on the line may have written it: its code counts where this call can
// have it, and a sentence in it is shown to nobody. Exports: problemIn.

/** Codes of the tablets' door. */
const CODES = new Set([
  "not_an_envelope",
  "too_large",
  "enrol_refused",
  "no_such_attachment",
  "out_of_step",
  "too_much_waiting",
  "busy",
  "no_such_page",
  "wrong_method",
  "wrong_content",
  "malformed",
  "broken",
]);

/** @param {{ status: number, body: Uint8Array }} reply @returns {{ code: string }} */
export function problemIn({ status, body }) {
  const code = codeIn(body);
  if (CODES.has(code)) return { code };
  if (status === 413) return { code: "too_large" };
  return { code: status >= 500 ? "broken" : "no_such_page" };
}

/** @param {Uint8Array} body */
function codeIn(body) {
  try {
    return String(JSON.parse(new TextDecoder().decode(body)).code);
  } catch {
    return "";
  }
}
