// The engine in a browser: a module worker with the tablet's disk, its server and its clock. It
// locks itself when nobody touches it, and exchanges by itself when there is a network.

import { openDisk } from "../disk/idb.js";
import { Auto } from "./auto.js";
import { Engine } from "./engine.js";
import { send } from "./send.js";
import { faultOf, serve } from "./serve.js";

/** @typedef {import("../types.js").World} World */

const SCRYPT_LOG2 = 17;
const ONE_ENGINE = "gongwei-tablet-engine";

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

/** @returns {Promise<World>} */
async function world() {
  await aloneHere();
  return {
    disk: await openDisk(),
    clock: () => Date.now(),
    mono: () => performance.now(),
    random: (length) => crypto.getRandomValues(new Uint8Array(length)),
    send: (call) => send(call),
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
