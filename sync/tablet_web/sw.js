// The service worker: keeps one whole version of the app and answers from it, network or not.
//
// The server writes VERSION, FILES and LATER (name -> mark of its content) above this line, so this
// file changes exactly when the app does. A version is taken whole or not at all; it takes over
// when the page says so ("take-over": nothing is open that could be lost) or when no page is left.
// What is not the app's own (/sync/..., other doors) is never touched and never kept.
//
// Any page of this origin can write into a cache; nobody but the server can write this file. So
// what was kept is held to its mark each time it is given out: a page of another door that was
// broken into leaves nothing here that would be there when somebody types a passphrase.

/* global VERSION, FILES, LATER */

const HERE = "/tablet/";
const CACHE = `gongwei-tablet-${VERSION}`;

self.addEventListener("install", (event) => {
  event.waitUntil(takeAll());
});

/** The whole version comes in one piece: a head, then the contents in the order of FILES. */
async function takeAll() {
  const answer = await fetch(`${HERE}pack`, { cache: "no-store" });
  if (!answer.ok) throw new Error("not whole");
  const pack = await answer.arrayBuffer();
  const length = new DataView(pack).getUint32(0);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(pack, 4, length)));
  if (head.sizes.length !== Object.keys(FILES).length) throw new Error("not whole");
  const cache = await caches.open(CACHE);
  let at = 4 + length;
  const kept = Object.entries(FILES).map(async ([name, mark], place) => {
    const body = pack.slice(at, at + head.sizes[place]);
    at += head.sizes[place];
    // A server that is being renewed may answer with another version's pack: then not at all.
    if ((await markOf(body)) !== mark) throw new Error("not whole");
    const headers = { ...head.headers, "content-type": head.types[name.split(".").pop()] };
    return cache.put(name === "index.html" ? HERE : HERE + name, new Response(body, { headers }));
  });
  await Promise.all(kept);
  await bringAlong();
}

/** What was fetched later once is wanted without a network too: the newer version has it at once. */
async function bringAlong() {
  for (const each of await caches.keys()) {
    if (!each.startsWith("gongwei-tablet-") || each === CACHE) continue;
    for (const { url } of await (await caches.open(each)).keys()) {
      const place = new URL(url);
      if (LATER[place.pathname.slice(HERE.length)]) await answer(new Request(url), place);
      if (HALL.test(place.pathname)) await keepHall();
    }
  }
}

const HALL = /^\/tablet\/app\/(engine|ui)\/hall/;
let whole = null;

/** A hall has no network: with the first of its files come all of them, once. */
function keepHall() {
  const names = Object.keys(LATER).filter((name) => !name.startsWith("vendor/"));
  whole ??= Promise.all(
    names.map((name) => {
      const url = new URL(HERE + name, self.location.origin);
      return answer(new Request(url), url);
    }),
  ).catch(() => {
    whole = null;
  });
  return whole;
}

self.addEventListener("activate", (event) => {
  event.waitUntil(settle());
});

async function settle() {
  for (const name of await caches.keys()) {
    if (name.startsWith("gongwei-tablet-") && name !== CACHE) await caches.delete(name);
  }
  await self.clients.claim();
}

self.addEventListener("message", (event) => {
  if (event.data === "take-over") self.skipWaiting();
  if (event.data === "version") event.source?.postMessage({ version: VERSION });
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (url.pathname !== "/tablet" && !url.pathname.startsWith(HERE)) return;
  event.respondWith(answer(event.request, url));
  if (HALL.test(url.pathname)) event.waitUntil(keepHall());
});

async function answer(request, url) {
  const cache = await caches.open(CACHE);
  const path = request.mode === "navigate" ? HERE : url.pathname;
  const name = path === HERE ? "index.html" : path.slice(HERE.length);
  const mark = FILES[name] ?? LATER[name];
  const kept = await cache.match(path);
  if (kept && (await markOf(await kept.clone().arrayBuffer())) === mark) return kept;
  const got = await fetch(request);
  if (mark && got.ok && (await markOf(await got.clone().arrayBuffer())) === mark) {
    await cache.put(path, got.clone());
  }
  return got;
}

/** What the server names a content by. @param {ArrayBuffer} body */
async function markOf(body) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", body)).subarray(0, 16);
  return btoa(String.fromCharCode(...hash));
}
