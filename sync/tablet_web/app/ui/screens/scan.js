// Reading a QR code by the camera: by the browser's own reader where it has one, else by ours,
// which is fetched only then.

import { words as all } from "../../words/zh/enrolment.js";
import { html, useEffect, useRef, useState } from "../html.js";
import { Button } from "../parts/button.js";
import { icon } from "../parts/icon.js";

const words = all.enrol;
const PAUSE_MS = 200;
const WIDTH = 640;
const QR = "qr_code";
/** As the browser's reader names them, and as ours does. @type {Record<string, any>} */
const OURS = { [QR]: "QRCode", code_128: "Code128" };

/** @typedef {(video: HTMLVideoElement) => Promise<string>} Reader */

/** @param {string[]} formats @returns {Promise<Reader | null>} */
async function own(formats) {
  const Detector = /** @type {any} */ (globalThis).BarcodeDetector;
  if (!Detector) return null;
  try {
    const can = await Detector.getSupportedFormats();
    if (!formats.every((each) => can.includes(each))) return null;
    const detector = new Detector({ formats });
    return async (video) => (await detector.detect(video))[0]?.rawValue ?? "";
  } catch {
    return null;
  }
}

/** @param {string[]} formats @returns {Promise<Reader>} */
async function ours(formats) {
  const { prepareZXingModule, readBarcodes } = await import(
    "../../../vendor/zxing/es/reader/index.js"
  );
  await prepareZXingModule({
    overrides: { locateFile: () => "/tablet/vendor/zxing/zxing_reader.wasm" },
    fireImmediately: true,
  });
  const canvas = document.createElement("canvas");
  const drawn = canvas.getContext("2d", { willReadFrequently: true });
  return async (video) => {
    if (!drawn || !video.videoWidth) return "";
    canvas.width = WIDTH;
    canvas.height = Math.round((WIDTH * video.videoHeight) / video.videoWidth);
    drawn.drawImage(video, 0, 0, canvas.width, canvas.height);
    const picture = drawn.getImageData(0, 0, canvas.width, canvas.height);
    return (
      (await readBarcodes(picture, { formats: formats.map((each) => OURS[each]) }))[0]?.text ?? ""
    );
  };
}

/** What reads these symbols from the camera's picture. */
export const reader = async (formats = [QR]) => (await own(formats)) ?? (await ours(formats));

/** The camera's picture with a frame; calls `found` once. @param {{ found: (text: string) => void, stop: () => void }} props */
export function Scan({ found, stop }) {
  const video = useRef(/** @type {HTMLVideoElement | null} */ (null));
  const [state, setState] = useState(/** @type {"waiting" | "on" | "failed"} */ ("waiting"));
  useEffect(() => {
    let here = true;
    /** @type {MediaStream | null} */
    let stream = null;
    const run = async () => {
      const see = /** @type {HTMLVideoElement} */ (video.current);
      stream = await navigator.mediaDevices.getUserMedia({
        video: { facingMode: "environment" },
        audio: false,
      });
      if (!here) return;
      see.srcObject = stream;
      await see.play();
      setState("on");
      const read = await reader();
      while (here) {
        const text = await read(see);
        if (text && here) {
          found(text);
          return;
        }
        await new Promise((next) => setTimeout(next, PAUSE_MS));
      }
    };
    run()
      .catch(() => here && setState("failed"))
      .finally(() => !here && close());
    const close = () => {
      for (const track of stream?.getTracks() ?? []) track.stop();
    };
    return () => {
      here = false;
      close();
    };
  }, []);
  return html`<section class="scan" aria-label=${words.scan_title}>
    <p>${state === "on" ? words.scan_hint : state === "waiting" ? words.scan_waiting : ""}</p>
    ${state === "failed" && html`<p class="msg" role="alert">${icon("warn")}${words.no_camera}</p>`}
    <video ref=${video} muted playsinline aria-hidden="true"></video>
    <div class="btns"><${Button} sign="pen" onClick=${stop}>${words.scan_stop}<//></div>
  </section>`;
}
