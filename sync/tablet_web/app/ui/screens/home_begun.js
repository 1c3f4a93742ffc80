// Forms that were begun and put aside. A sheet half written is on no list of the server's: it stands
// here, and in the archive it belongs to, until it is done or thrown away.

import { words } from "../../words/zh/home.js";
import { when } from "../../words/zh/time.js";
import { html, useEffect, useState } from "../html.js";
import { icon } from "../parts/icon.js";
import { begunOf } from "./home_rows.js";

/** @typedef {import("../screens.js").Props} Props */
/** @typedef {import("../catalogue.js").Catalogue} Catalogue */

const SHOWN = 3;

/** @param {{ engine: Props["engine"], go: Props["go"], now: number, catalogue: Catalogue | null, resident?: string }} props `resident`: in the archive of this one. */
export function Begun({ engine, go, now, catalogue, resident }) {
  const [drafts, setDrafts] = useState(/** @type {import("../../types.js").Draft[]} */ ([]));
  const [all, setAll] = useState(false);
  useEffect(() => {
    let here = true;
    engine.drafts().then(
      (found) => here && setDrafts(found),
      () => {},
    );
    return () => {
      here = false;
    };
  }, [engine]);
  const begun = catalogue ? begunOf(drafts, catalogue, resident) : [];
  if (!begun.length) return null;
  const shown = all ? begun : begun.slice(0, SHOWN);
  return html`<section class="card begun">
    <h2>${icon("pen")} ${words.begun(begun.length)}</h2>
    <ul>
      ${shown.map(
        (each) =>
          html`<li key=${each.key}>
            <button type="button" class="visit short" onClick=${() => go(each.to, each.params)}>
              <span>
                <b>${words.list([resident ? "" : each.name, each.what])}</b>
                <span class="quiet">${words.begun_at(when(each.at, now), each.amends)}</span>
              </span>
              <span class="go">${icon("right")}</span>
            </button>
          </li>`,
      )}
    </ul>
    ${begun.length > shown.length &&
    html`<button type="button" class="btn full more" onClick=${() => setAll(true)}>
      ${words.begun_more(begun.length - shown.length)}
    </button>`}
  </section>`;
}
