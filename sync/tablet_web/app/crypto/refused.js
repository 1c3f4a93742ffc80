// What crypto/ refuses: a kind, never content. Exports: Refused.

/** Bytes that are not taken; `code` says which check failed (SPEC 2.4 names those of envelopes). */
export class Refused extends Error {
  /** @param {string} code */
  constructor(code) {
    super(`refused: ${code}`);
    this.name = "Refused";
    this.code = code;
  }
}
