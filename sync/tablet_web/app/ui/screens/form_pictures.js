// Photos and signatures that go with a record. A photo is made small here, before anything keeps
// it: at most 2000 pixels, as JPEG. What is kept lies in the engine; the page has ids.

import { words } from "../../words/zh/form.js";
import { html, useEffect, useRef, useState } from "../html.js";
import { Button } from "../parts/button.js";
import { FaultBox, useCall } from "../parts/fault.js";
import { show } from "../parts/goto.js";
import { icon } from "../parts/icon.js";

/** @typedef {import("../../types.js").Engine} Engine */
/** @typedef {{ id: string, what: "photo" | "signature" }} Kept */

const LARGEST = 2000;
const QUALITY = 0.85;
const THUMB = 160;

/** @param {CanvasImageSource & { width: number, height: number }} image @param {number} most */
function drawn(image, most) {
  const scale = Math.min(1, most / Math.max(image.width, image.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(image.width * scale));
  canvas.height = Math.max(1, Math.round(image.height * scale));
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas;
}

/** @param {HTMLCanvasElement} canvas @param {string} type @returns {Promise<Uint8Array>} */
async function bytesOf(canvas, type) {
  /** @type {Blob | null} */
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, type, QUALITY));
  if (!blob) throw { code: "picture_unreadable" };
  return new Uint8Array(await blob.arrayBuffer());
}

/** A photo as it is sent; null for one that this browser cannot open. @param {File} file */
async function shrunk(file) {
  try {
    const image = await createImageBitmap(file);
    const canvas = drawn(image, LARGEST);
    image.close();
    return await bytesOf(canvas, "image/jpeg");
  } catch {
    return null;
  }
}

/** @param {File} file */
const isHeic = (file) => /hei[cf]/i.test(file.type) || /\.hei[cf]$/i.test(file.name);

/** A small copy of what the engine keeps, drawn on a canvas: no address that anything could follow. @param {{ engine: Engine, id: string, label: string }} props */
export function Thumb({ engine, id, label }) {
  const canvas = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  useEffect(() => {
    let here = true;
    engine
      .picture(id)
      .then((found) => found && createImageBitmap(new Blob([new Uint8Array(found.bytes)])))
      .then((image) => {
        if (!here || !image || !canvas.current) return;
        const small = drawn(image, THUMB);
        canvas.current.width = small.width;
        canvas.current.height = small.height;
        canvas.current.getContext("2d")?.drawImage(small, 0, 0);
      })
      .catch(() => {});
    return () => {
      here = false;
    };
  }, [id]);
  return html`<canvas class="thumbnail" ref=${canvas} role="img" aria-label=${label}></canvas>`;
}

/**
 * A pad to sign on with a finger or a pen.
 * @param {{ keep: (canvas: HTMLCanvasElement) => void, close: () => void }} props
 */
function Pad({ keep, close }) {
  const canvas = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  const pen = useRef(/** @type {{ x: number, y: number } | null} */ (null));
  const [marked, setMarked] = useState(false);
  const [asked, setAsked] = useState(false);
  useEffect(() => {
    const pad = canvas.current;
    if (!pad) return;
    const box = pad.getBoundingClientRect();
    pad.width = Math.round(box.width * devicePixelRatio);
    pad.height = Math.round(box.height * devicePixelRatio);
    clean(pad);
    show(pad.parentElement);
  }, []);
  const at = (/** @type {PointerEvent} */ event) => {
    const pad = /** @type {HTMLCanvasElement} */ (event.currentTarget);
    const box = pad.getBoundingClientRect();
    const ratio = pad.width / box.width;
    return { x: (event.clientX - box.left) * ratio, y: (event.clientY - box.top) * ratio };
  };
  const down = (/** @type {PointerEvent} */ event) => {
    /** @type {HTMLCanvasElement} */ (event.currentTarget).setPointerCapture(event.pointerId);
    pen.current = at(event);
  };
  const move = (/** @type {PointerEvent} */ event) => {
    const from = pen.current;
    if (!from || !canvas.current) return;
    const to = at(event);
    line(canvas.current, from, to);
    pen.current = to;
    setMarked(true);
  };
  const up = () => {
    pen.current = null;
  };
  const again = () => {
    if (canvas.current) clean(canvas.current);
    setMarked(false);
  };
  const done = () => (marked && canvas.current ? keep(canvas.current) : setAsked(true));
  return html`<div class="pad">
    <p class="bold">${words.signHere}</p>
    <canvas
      ref=${canvas}
      aria-label=${words.signHere}
      onPointerDown=${down}
      onPointerMove=${move}
      onPointerUp=${up}
      onPointerCancel=${up}
    ></canvas>
    ${asked && !marked && html`<p class="msg">${icon("warn")}<span>${words.signEmpty}</span></p>`}
    <div class="btns">
      <${Button} onClick=${close}>${words.signStop}<//>
      <${Button} onClick=${again}>${words.signAgain}<//>
      <${Button} sign="check" onClick=${done}>${words.signDone}<//>
    </div>
  </div>`;
}

/** @param {HTMLCanvasElement} pad */
function clean(pad) {
  const brush = pad.getContext("2d");
  if (!brush) return;
  brush.fillStyle = "#ffffff";
  brush.fillRect(0, 0, pad.width, pad.height);
}

/** @param {HTMLCanvasElement} pad @param {{ x: number, y: number }} from @param {{ x: number, y: number }} to */
function line(pad, from, to) {
  const brush = pad.getContext("2d");
  if (!brush) return;
  brush.strokeStyle = "#000000";
  brush.lineWidth = 3 * devicePixelRatio;
  brush.lineCap = "round";
  brush.beginPath();
  brush.moveTo(from.x, from.y);
  brush.lineTo(to.x, to.y);
  brush.stroke();
}

/** The tablet's own camera, or a file. @param {{ input: { current: HTMLInputElement | null }, took: () => void }} props */
function Camera({ input, took }) {
  return html`<input
    class="vh"
    type="file"
    accept="image/*"
    capture="environment"
    tabindex="-1"
    aria-hidden="true"
    ref=${input}
    onChange=${took}
  />`;
}

/** @param {{ engine: Engine, pictures: Kept[], drop: (id: string) => void }} props */
function Thumbs({ engine, pictures, drop }) {
  if (!pictures.length) return null;
  return html`<ul class="thumbs">
    ${pictures.map((each, at) => {
      const label = each.what === "signature" ? words.signature : words.pictureNumber(at + 1);
      return html`<li key=${each.id}>
        <${Thumb} engine=${engine} id=${each.id} label=${label} />
        <span>${label}</span>
        <${Button} sign="x" onClick=${() => drop(each.id)}>${words.takeAway}<//>
      </li>`;
    })}
  </ul>`;
}

/**
 * The pictures of a page.
 * @param {{ engine: Engine, resident: string, pictures: Kept[],
 *   set: (by: (before: Kept[]) => Kept[]) => void }} props
 */
export function Pictures({ engine, resident, pictures, set }) {
  const [signing, setSigning] = useState(false);
  const [say, setSay] = useState("");
  const { busy, fault, run } = useCall();
  const file = useRef(/** @type {HTMLInputElement | null} */ (null));
  const add = async (
    /** @type {Uint8Array} */ bytes,
    /** @type {string} */ type,
    /** @type {Kept["what"]} */ what,
  ) => {
    const id = await engine.addPicture(resident, bytes, type);
    set((before) => [...before, { id, what }]);
  };
  const took = () => {
    const found = file.current?.files?.[0];
    if (found) run(() => photo(found));
  };
  const photo = async (/** @type {File} */ found) => {
    setSay("");
    const bytes = await shrunk(found);
    if (file.current) file.current.value = "";
    if (bytes) await add(bytes, "image/jpeg", "photo");
    else setSay(isHeic(found) ? words.heic : words.unreadable);
  };
  const sign = (/** @type {HTMLCanvasElement} */ canvas) =>
    run(async () => {
      await add(await bytesOf(drawn(canvas, LARGEST), "image/png"), "image/png", "signature");
      setSigning(false);
    });
  const drop = (/** @type {string} */ id) =>
    run(async () => {
      await engine.dropPicture(id);
      set((before) => before.filter((each) => each.id !== id));
    });
  return html`<section class="form-section pictures" id="pictures" tabindex="-1">
    <h2>${words.pictures}</h2>
    <${Thumbs} engine=${engine} pictures=${pictures} drop=${drop} />
    ${signing
      ? html`<${Pad} keep=${sign} close=${() => setSigning(false)} />`
      : html`<div class="btns plain">
          <${Camera} input=${file} took=${took} />
          <${Button}
            sign="camera"
            busy=${busy}
            doing=${words.working}
            onClick=${() => file.current?.click()}
            >${words.photo}<//
          >
          <${Button} sign="pen" onClick=${() => setSigning(true)}>${words.sign}<//>
        </div>`}
    ${say && html`<p class="msg" role="alert">${icon("warn")}<span>${say}</span></p>`}
    <${FaultBox} fault=${fault} />
  </section>`;
}
