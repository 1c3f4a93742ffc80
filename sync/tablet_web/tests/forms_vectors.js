// Where the vectors lie that the server is held to, and the catalogue as the server tells it.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const REPOSITORY = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..");

/** A file of vectors; a number too large to be held exactly is none. @param {string} name */
export function vectors(name) {
  const text = readFileSync(join(REPOSITORY, "tests", "vectors", name), "utf8");
  /** @type {any} the third argument is newer than the types */
  const parse = JSON.parse;
  return parse(text, (/** @type {string} */ _, /** @type {any} */ value, /** @type {any} */ at) =>
    typeof value === "number" && /^-?[0-9]+$/.test(at.source) && at.source !== String(value)
      ? Number.POSITIVE_INFINITY
      : value,
  );
}

const TELL = "import json; from server.rules.catalogue import whole; print(json.dumps(whole()))";

/** @returns {any} */
export function catalogue() {
  const python = join(REPOSITORY, ".venv", "bin", "python");
  const told = execFileSync(python, ["-c", TELL], {
    cwd: REPOSITORY,
    maxBuffer: 64 << 20,
  });
  return JSON.parse(told.toString("utf8"));
}
