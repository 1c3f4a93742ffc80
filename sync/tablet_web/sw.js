// The service worker: keeps one whole version of the app and answers from it, network or not.
//
// The server writes VERSION, FILES and LATER (name -> mark of its content) above this line, so this
// file changes exactly when the app does. A version is taken whole or not at all; it takes over
// when the page says so ("take-over": nothing is open that could be lost) or when no page is left.
// What is not the app's own (/sync/..., other doors) is never touched and never kept.

/* global VERSION, FILES, LATER */

const HERE = "/tablet/";
const CACHE = `gongwei-tablet-${VERSION}`;

self.addEventListener("install", (event) => {
  event.waitUntil(takeAll());
});

/** The whole version comes in one piece: a head that names every file, then their contents. */
async function takeAll() {
  const answer = await fetch(`${HERE}pack`, { cache: "no-store" });
  if (!answer.ok) throw new Error("not whole");
  const pack = await answer.arrayBuffer();
  const length = new DataView(pack).getUint32(0);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(pack, 4, length)));
  // A server that is being renewed may answer with another version's pack: then not at all.
  const wanted = Object.entries(FILES);
  const same = (/** @type {[string, string, string, number]} */ each) => FILES[each[0]] === each[2];
  if (head.files.length !== wanted.length || !head.files.every(same)) throw new Error("not whole");
  const cache = await caches.open(CACHE);
  let at = 4 + length;
  const kept = head.files.map(([name, type, , size]) => {
    const body = pack.slice(at, at + size);
    at += size;
    if (body.byteLength !== size) throw new Error("not whole");
    const headers = { ...head.headers, "content-type": type };
    return cache.put(name === "index.html" ? HERE : HERE + name, new Response(body, { headers }));
  });
  await Promise.all(kept);
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
});

async function answer(request, url) {
  const cache = await caches.open(CACHE);
  const name = url.pathname.slice(HERE.length);
  const path = request.mode === "navigate" ? HERE : url.pathname;
  const kept = await cache.match(path);
  if (kept) return kept;
  const got = await fetch(request);
  if (name in LATER && got.ok && got.headers.get("etag") === `"${LATER[name]}"`) {
    await cache.put(url.pathname, got.clone());
  }
  return got;
}
