// The camera of a hall: it stays open from one person to the next and tells each symbol it sees
// once. What is held before it longer than a blink is not told again.

import { words } from "../../words/zh/hall.js";
import { html, useEffect, useRef, useState } from "../html.js";
import { icon } from "../parts/icon.js";
import { reader } from "../screens/scan.js";

const PAUSE_MS = 80;
/** Out of sight for so long, the same symbol is told once more. */
const GONE_MS = 2500;
const FORMATS = ["qr_code", "code_128"];

/** @typedef {"waiting" | "on" | "failed"} Lit */

/**
 * Reads until `over` says so.
 * @param {HTMLVideoElement} see @param {(text: string) => void} found
 * @param {() => { over: boolean, on: boolean }} how
 */
async function watch(see, found, how) {
  const read = await reader(FORMATS);
  let last = { text: "", at: 0 };
  while (!how().over) {
    if (how().on) {
      const text = await read(see).catch(() => "");
      const now = performance.now();
      const held = text === last.text && now - last.at < GONE_MS;
      if (text) last = { text, at: now };
      if (text && !held && how().on && !how().over) found(text);
    }
    await new Promise((next) => setTimeout(next, PAUSE_MS));
  }
}

/**
 * @param {{ found: (text: string) => void, on: boolean }} props `on`: whether a symbol is wanted now
 */
export function Lens({ found, on }) {
  const video = useRef(/** @type {HTMLVideoElement | null} */ (null));
  const [lit, setLit] = useState(/** @type {Lit} */ ("waiting"));
  const now = useRef({ found, on });
  now.current = { found, on };
  useEffect(() => {
    let over = false;
    /** @type {MediaStream | null} */
    let stream = null;
    const close = () => {
      for (const track of stream?.getTracks() ?? []) track.stop();
    };
    const run = async () => {
      const see = /** @type {HTMLVideoElement} */ (video.current);
      stream = await navigator.mediaDevices.getUserMedia({
        video: { facingMode: "environment" },
        audio: false,
      });
      if (over) return;
      see.srcObject = stream;
      await see.play();
      setLit("on");
      await watch(
        see,
        (text) => now.current.found(text),
        () => ({ over, on: now.current.on }),
      );
    };
    run()
      .catch(() => !over && setLit("failed"))
      .finally(() => over && close());
    return () => {
      over = true;
      close();
    };
  }, []);
  return html`<div class="lens">
    <video ref=${video} muted playsinline aria-hidden="true" hidden=${lit === "failed"}></video>
    <p class="quiet" aria-live="polite">${lit === "failed" && icon("warn")}${words.lens[lit]}</p>
  </div>`;
}
