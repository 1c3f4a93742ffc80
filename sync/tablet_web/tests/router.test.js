// Where one is: never in the address, never in what the browser keeps.

import assert from "node:assert/strict";
import { test } from "node:test";
import { door } from "../app/ui/gate.js";
import { Router } from "../app/ui/router.js";

/** A browser's history of one window, in memory. @param {(state: unknown) => void} moved */
function window(moved) {
  /** @type {{ state: unknown, url: string }[]} */
  const entries = [{ state: null, url: "/tablet/" }];
  let at = 0;
  return {
    entries,
    /** @param {unknown} state @param {string} _ @param {string} url */
    pushState(state, _, url) {
      entries.length = at + 1;
      entries.push({ state: structuredClone(state), url });
      at += 1;
    },
    /** @param {unknown} state @param {string} _ @param {string} url */
    replaceState(state, _, url) {
      entries[at] = { state: structuredClone(state), url };
    },
    back() {
      at -= 1;
      moved(entries[at]?.state);
    },
  };
}

function routed() {
  let drawn = 0;
  /** @type {Router} */
  let router;
  const steps = window((state) => router.moved(state));
  router = new Router(
    steps,
    () => {
      drawn += 1;
    },
    7,
  );
  return { router, steps, drawn: () => drawn };
}

const SCREENS = { home: {}, archive: {}, sync: {}, rescue: { shut: true }, unlock: { shut: true } };

test("one goes and comes back, with what the screen was given", () => {
  const { router, drawn } = routed();
  router.go("archive", { resident: "0a" });
  router.go("form", { resident: "0a", kind: "htn_followup" });
  router.back();
  assert.equal(router.place.name, "archive");
  assert.deepEqual(router.place.params, { resident: "0a" });
  router.back();
  assert.equal(router.place.name, "home");
  router.back();
  assert.equal(router.place.name, "home");
  assert.equal(drawn(), 4);
});

test("the browser keeps numbers only and one address", () => {
  const { router, steps } = routed();
  router.go("archive", { resident: "0a1b", name: "周谷雨" });
  router.replace("search", { text: "zgy" });
  const kept = JSON.stringify(steps.entries);
  assert.equal(kept.includes("0a1b") || kept.includes("周") || kept.includes("zgy"), false);
  assert.deepEqual([...new Set(steps.entries.map((entry) => entry.url))], ["/tablet/"]);
});

test("a place that was replaced is not come back to", () => {
  const { router } = routed();
  router.go("form", {});
  router.replace("archive", {});
  router.back();
  assert.equal(router.place.name, "home");
});

test("after a lock no step of before leads anywhere", () => {
  const { router } = routed();
  router.go("archive", { resident: "0a" });
  router.go("form", { resident: "0a" });
  router.reset();
  router.moved({ run: 7, at: 1 });
  assert.equal(router.place.name, "home");
  assert.deepEqual(router.places.length, 1);
});

test("a locked tablet opens the lock and the rescue file, nothing else", () => {
  assert.equal(door("locked", "archive", SCREENS), "unlock");
  assert.equal(door("locked", "sync", SCREENS), "unlock");
  assert.equal(door("locked", "rescue", SCREENS), "rescue");
  assert.equal(door("wiped", "home", SCREENS), "wiped");
  assert.equal(door("wiped", "enrol", SCREENS), "enrol");
  assert.equal(door("locked", "enrol", SCREENS), "unlock");
  assert.equal(door("new", "home", SCREENS), "welcome");
  assert.equal(door("new", "enrol", SCREENS), "enrol");
  assert.equal(door("enrolling", "rescue", SCREENS), "enrol");
});

test("an open tablet leads past its doors, and home where there is no such screen", () => {
  assert.equal(door("open", "archive", SCREENS), "archive");
  assert.equal(door("open", "unlock", SCREENS), "home");
  assert.equal(door("open", "nowhere", SCREENS), "home");
});
