// A QR of a short text, drawn as one path. The writer comes when the first one is wanted; `ready`
// fetches it while there is a network, so that it is here when there is none.

import { html, useEffect, useState } from "../html.js";

const QUIET = 4;
const WASM = "/tablet/vendor/zxing/zxing_writer.wasm";

export async function writer() {
  const { prepareZXingModule, writeBarcode } = await import(
    "../../../vendor/zxing/es/writer/index.js"
  );
  await prepareZXingModule({
    overrides: { locateFile: () => WASM },
    fireImmediately: true,
  });
  return writeBarcode;
}

let kept = false;

/** The writer's files asked for once, so that the keeper has them where there is no network; nothing is made of them yet. */
export function keep() {
  if (kept) return;
  kept = true;
  const all = [fetch(WASM), import("../../../vendor/zxing/es/writer/index.js")];
  Promise.all(all).catch(() => {
    kept = false;
  });
}

/** Fetched and kept, if that can be done now. */
export function ready() {
  writer().catch(() => {});
}

/** @param {{ data: ArrayLike<number>, width: number, height: number }} symbol one byte a module; 0: dark */
export function pathOf({ data, width, height }) {
  let d = "";
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      if (data[y * width + x] === 0) d += `M${x + QUIET} ${y + QUIET}h1v1h-1z`;
    }
  }
  return d;
}

/** @param {{ text: string, label: string, none: string }} props `none`: said where it cannot be drawn. */
export function Qr({ text, label, none }) {
  const [drawn, setDrawn] = useState(/** @type {{ d: string, size: number } | "" | null} */ (null));
  useEffect(() => {
    let here = true;
    writer()
      .then((write) => write(text, { format: "QRCode" }))
      .then(
        ({ symbol }) => here && setDrawn({ d: pathOf(symbol), size: symbol.width + 2 * QUIET }),
        () => here && setDrawn(""),
      );
    return () => {
      here = false;
    };
  }, [text]);
  if (drawn === null) return null;
  if (drawn === "") return html`<p>${none}</p>`;
  return html`<svg
    class="qr"
    viewBox=${`0 0 ${drawn.size} ${drawn.size}`}
    role="img"
    aria-label=${label}
    shape-rendering="crispEdges"
  >
    <rect class="paper" width="100%" height="100%" />
    <path d=${drawn.d} />
  </svg>`;
}
