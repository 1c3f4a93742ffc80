// The vectors of tests/vectors, which every implementation runs. Exports: vectors, refusalOf.

import { readFileSync } from "node:fs";

/** @param {string} name */
export function vectors(name) {
  const path = new URL(`../../../tests/vectors/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(path, "utf8"));
}

/** The code with which it was refused; "ok" when it was not. @param {() => unknown} act */
export async function refusalOf(act) {
  try {
    await act();
    return "ok";
  } catch (error) {
    const { code } = /** @type {{ code?: string }} */ (error);
    if (!code) throw error;
    return code;
  }
}
