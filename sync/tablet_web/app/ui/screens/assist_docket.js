// The paper of a switch: number, square and moment, to be photographed or printed, and taken to any
// counter. It counts although this tablet should never find a network again.

import { words as all } from "../../words/zh/assist.js";
import { html, useEffect, useState } from "../html.js";
import { Button } from "../parts/button.js";
import { Pairs } from "../parts/card.js";
import { asFault, FaultBox } from "../parts/fault.js";
import { Qr } from "../parts/qr.js";
import { useArchive } from "./assist_bar.js";

/** @typedef {import("../screens.js").Props} Props */

/** @param {Props} props */
export function AssistDocket({ engine, params, replace }) {
  const { resident, act } = params;
  const words = all.docket;
  const [paper, setPaper] = useState(/** @type {import("../../types.js").Docket | null} */ (null));
  const [to, setTo] = useState("");
  const [fault, setFault] = useState(/** @type {import("../../types.js").Fault | null} */ (null));
  const name = useArchive(engine, resident)?.line.name ?? "";
  useEffect(() => {
    let here = true;
    Promise.all([engine.docket(act), engine.choices()]).then(
      ([found, { teams }]) => {
        if (!here) return;
        const team = teams.find(({ id }) => id === found.team);
        setTo(team ? all.team_of(team.facility, team.name) : "");
        setPaper(found);
      },
      (error) => here && setFault(asFault(error)),
    );
    return () => {
      here = false;
    };
  }, [engine, act]);
  const away = () => replace("assist", { resident });
  return html`<main class="body assist">
    <${FaultBox} fault=${fault} />
    ${paper &&
    html`<section class="ticket docket">
      <div>
        <h1>${words.title}<span class="mark">${words.mark}</span></h1>
        ${to && html`<p class="elder">${words.say(name, to)}</p>`}
        <${Pairs}
          rows=${[
            [words.number, html`<span class="number">${words.grouped(paper.number)}</span>`],
            [words.at, words.moment(paper.at)],
          ]}
        />
        ${paper.text
          ? html`<${Qr} text=${paper.text} label=${words.square} none=${words.no_square} />`
          : html`<p>${words.gone}</p>`}
      </div>
      <div class="tear"></div>
      <div>
        <p class="elder">${words.hold}</p>
        <p>${words.undo}</p>
      </div>
    </section>`}
    <div class="btns no-print docket-btns">
      <${Button} big onClick=${() => window.print()}>${words.print}<//>
      <${Button} big main sign="check" onClick=${away}>${words.show}<//>
    </div>
  </main>`;
}
