// The engine in a browser: a module worker with the tablet's disk, its server and its clock. It
// locks itself when nobody touches it, and exchanges by itself when there is a network.

import { openDisk } from "../disk/idb.js";
import { concat } from "../wire/bytes.js";
import { Auto } from "./auto.js";
import { Engine } from "./engine.js";
import { faultOf, serve } from "./serve.js";

/** @typedef {import("../types.js").Call} Call */
/** @typedef {import("../types.js").Reply} Reply */
/** @typedef {import("../types.js").World} World */

const SCRYPT_LOG2 = 17;
const ONE_ENGINE = "gongwei-tablet-engine";
/** No answer of a server is larger, inflated (PROTOCOL 11, ANSWER_BYTES). */
const ANSWER_BYTES = 16 * 1024 * 1024;

/**
 * Resolves when no other engine works on this disk: two would count tries and places of batches
 * past each other. Held until this worker is gone, whatever page has started it.
 * @returns {Promise<void>}
 */
function aloneHere() {
  if (!navigator.locks) return Promise.resolve();
  return new Promise((alone) => {
    navigator.locks.request(ONE_ENGINE, () => {
      alone();
      return new Promise(() => {});
    });
  });
}

/** The bytes of an answer, as far as any can be from a server. @param {Response} answer */
async function bodyOf(answer) {
  /** @type {Uint8Array[]} */
  const parts = [];
  let left = ANSWER_BYTES;
  const reader = answer.body?.getReader();
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
    if (done || !value) return concat(...parts);
    left -= value.length;
    if (left < 0) {
      await reader?.cancel();
      throw { code: "not_the_server" };
    }
    parts.push(value);
  }
}

/** @param {Call} call @returns {Promise<Reply>} */
async function send({ method, path, headers, body, timeout_ms }) {
  try {
    const answer = await fetch(path, {
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
    if (error instanceof Object && "code" in error && error.code === "not_the_server") throw error;
    const late = error instanceof DOMException && error.name === "TimeoutError";
    throw { code: late ? "timeout" : "no_connection" };
  }
}

/** @returns {Promise<World>} */
async function world() {
  await aloneHere();
  return {
    disk: await openDisk(),
    clock: () => Date.now(),
    mono: () => performance.now(),
    random: (length) => crypto.getRandomValues(new Uint8Array(length)),
    send,
    online: () => navigator.onLine,
    cost_log2: SCRYPT_LOG2,
    data: async (name) => (await fetch(new URL(`../../data/${name}`, import.meta.url))).json(),
    estimate: async () => {
      const { usage = 0, quota = 0 } = (await navigator.storage?.estimate?.()) ?? {};
      const persisted = (await navigator.storage?.persisted?.()) ?? false;
      return { persisted, used: usage, quota };
    },
  };
}

/** @param {unknown} message */
const post = (message) => self.postMessage(message);

/** @type {Promise<Engine>} */
const engine = world().then((here) => {
  const made = new Engine(here, post);
  const auto = new Auto(made, here);
  self.addEventListener("online", () => auto.shows());
  auto.begin();
  return made;
});
engine.catch(() => {});

self.addEventListener("message", async (event) => {
  try {
    await serve(await engine, post, event.data);
  } catch (error) {
    // The disk could not be opened: every call says so.
    post({ id: event.data.id, ok: false, value: faultOf(error) });
  }
});
