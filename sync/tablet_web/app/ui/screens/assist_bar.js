// For whom it is done: stands above every page of the assisted mode.

import { words } from "../../words/zh/assist.js";
import { words as records } from "../../words/zh/records.js";
import { personText } from "../ages.js";
import { html, useEffect, useState } from "../html.js";

/** @typedef {import("../screens.js").Props} Props */
/** @typedef {import("../../types.js").Archive} Archive */

/** The archive that is open; null while it is fetched, or where it has left. Not a further reading. @param {Props["engine"]} engine @param {string} resident */
export function useArchive(engine, resident) {
  const [archive, setArchive] = useState(/** @type {Archive | null} */ (null));
  useEffect(() => {
    let here = true;
    engine.again(resident).then(
      (found) => here && setArchive(found),
      () => {},
    );
    return () => {
      here = false;
    };
  }, [engine, resident]);
  return archive;
}

/** @param {{ engine: Props["engine"], status: Props["status"], resident: string, about?: string }} props */
export function AssistBar({ engine, status, resident, about }) {
  const line = useArchive(engine, resident)?.line;
  return html`<section class="who-bar low" aria-label=${words.title}>
    <div class="who-tab">
      <h1>
        ${line ? words.sentence(line.name) : words.opening}<span class="mark">${words.mark}</span>
      </h1>
      ${line &&
      html`<p class="quiet">
        ${[personText(line, status.today), line.tail && records.idTail(line.tail), about]
          .filter(Boolean)
          .join(records.dot)}
      </p>`}
    </div>
  </section>`;
}
