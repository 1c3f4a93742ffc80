// One call to the server, over a line nobody vouches for. What comes back may be anything: a page
// of a network that wants a login, a redirect to it, an answer without an end, one that unpacks to
// more than the tablet has. Exports: send.
//
// Faults: no_connection, timeout, not_the_server (longer than any answer can be).

import { concat } from "../wire/bytes.js";

/** @typedef {import("../types.js").Call} Call */
/** @typedef {import("../types.js").Reply} Reply */

/** Inflated (PROTOCOL 11, ANSWER_BYTES). */
const MOST_BYTES = 16 * 1024 * 1024;

/** @param {Call} call @param {string} [base] "" the server of the page @returns {Promise<Reply>} */
export async function send({ method, path, headers, body, timeout_ms }, base = "") {
  try {
    const answer = await fetch(base + path, {
      method,
      headers: headers ?? {},
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      signal: AbortSignal.timeout(timeout_ms),
      ...(body ? { body: /** @type {BufferSource} */ (body) } : {}),
    });
    const bytes = await bodyOf(answer);
    return { status: answer.status, headers: Object.fromEntries(answer.headers), body: bytes };
  } catch (error) {
    if (error === TOO_LONG) throw { ...TOO_LONG };
    const late = error instanceof DOMException && error.name === "TimeoutError";
    throw { code: late ? "timeout" : "no_connection" };
  }
}

const TOO_LONG = Object.freeze({ code: "not_the_server" });

/** Its bytes, as far as any can be from a server. @param {Response} answer */
async function bodyOf(answer) {
  /** @type {Uint8Array[]} */
  const parts = [];
  let left = MOST_BYTES;
  const reader = answer.body?.getReader();
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
    if (done || !value) return concat(...parts);
    left -= value.length;
    if (left < 0) {
      reader?.cancel().catch(() => {});
      throw TOO_LONG;
    }
    parts.push(value);
  }
}
