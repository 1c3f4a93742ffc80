// The board moves by itself: the server says when something has changed and sends the parts that are
// drawn anew. Without this script the page has a link that asks again.
"use strict";

(() => {
  const board = document.querySelector("#board");
  const say = document.querySelector("#live-say");
  if (!board || !say) return;
  const ASK_MS = 30_000; // where no more listeners are taken
  const SILENT_MS = 40_000; // the server speaks every fifteen seconds
  const link = say.querySelector("a");
  const text = say.querySelector("span");
  const fresh = document.querySelector("#fresh");
  let heard = Date.now();
  let when = fresh ? fresh.textContent : "";
  let source = null;
  let asking = 0;
  let over = false;

  const tell = (key, bad = false) => {
    const words = say.dataset[key].replace("{when}", when.replace(/^\D+/, ""));
    if (text.textContent !== words) text.textContent = words;
    say.classList.toggle("lost", bad);
    link.hidden = key === "live" || key === "crowded";
  };

  // Only what differs is put in place of what stands there, and what had the focus has it again.
  const swap = (html) => {
    const parsed = new DOMParser().parseFromString(html, "text/html");
    for (const next of parsed.querySelectorAll("[data-part]")) {
      const old = board.querySelector(`[data-part="${next.dataset.part}"]`);
      if (!old || old.isEqualNode(next)) continue;
      const held = old.contains(document.activeElement) ? document.activeElement : null;
      const opened = Boolean(old.querySelector("details[open]"));
      const put = document.importNode(next, true);
      if (opened && put.querySelector("details")) put.querySelector("details").open = true;
      old.replaceWith(put);
      if (!held) continue;
      const same = [...put.querySelectorAll("a, button, summary, [tabindex]")]
        .find((each) => (held.value ? each.value === held.value : each.textContent === held.textContent));
      if (same) same.focus();
    }
  };

  const noted = (said) => {
    heard = Date.now();
    if (said) when = said;
    if (fresh && said) fresh.textContent = said;
  };

  const leave = () => {
    if (source) source.close();
    source = null;
  };

  const ended = () => {
    over = true;
    leave();
    clearInterval(asking);
    tell("ended", true);
    link.textContent = say.dataset.signIn;
  };

  const ask = async () => {
    const answer = await fetch(board.dataset.parts, { headers: { "x-part": "board" } }).catch(() => null);
    if (!answer) { tell("lost", true); return; }
    if (answer.redirected || answer.status === 403) { ended(); return; }
    if (!answer.ok) { tell("lost", true); return; }
    swap(await answer.text());
    noted("");
    tell("crowded");
  };

  const listen = () => {
    leave();
    if (over) return;
    source = new EventSource(board.dataset.stream);
    source.addEventListener("board", (event) => { noted(""); swap(event.data); tell("live"); });
    source.addEventListener("beat", (event) => { noted(event.data); tell("live"); });
    source.addEventListener("ended", ended);
    source.addEventListener("crowded", () => {
      leave();
      clearInterval(asking);
      ask();
      asking = setInterval(ask, ASK_MS);
    });
    source.addEventListener("error", () => {
      // A line that broke is tried again by the browser; an answer that is no stream is not.
      tell("lost", true);
      if (!source || source.readyState !== EventSource.CLOSED) return;
      leave();
      ask().then(() => { if (!asking) setTimeout(listen, 5_000); });
    });
  };

  setInterval(() => {
    if (source && Date.now() - heard > SILENT_MS) { heard = Date.now(); tell("lost", true); listen(); }
  }, 5_000);

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-screen]")) {
      if (document.fullscreenElement) document.exitFullscreen();
      else document.documentElement.requestFullscreen().catch(() => {});
    }
  });

  addEventListener("pagehide", leave);
  addEventListener("pageshow", (event) => { if (event.persisted) listen(); });
  listen();
})();
