// One record whole: its answers under the headings of the form, what became of it, what the
// resident says of it, what it was before, its pictures; and taking it back.

import { words } from "../../words/zh/archive.js";
import { dayAndWeek, when } from "../../words/zh/time.js";
import { html, useEffect, useRef, useState } from "../html.js";
import { Button } from "../parts/button.js";
import { Chip } from "../parts/chip.js";
import { Entry } from "../parts/entry.js";
import { FaultBox, useCall } from "../parts/fault.js";
import { icon } from "../parts/icon.js";
import { signOf, stateOf, toneOf } from "./archive_records.js";
import { wholeOf } from "./archive_values.js";
import { Statement } from "./archive_voice.js";

/** @typedef {import("./archive.js").Opened} Opened */
/** @typedef {import("../../types.js").Rec} Rec */
/** @typedef {import("../../types.js").Picture} Picture */

/** @param {{ opened: Opened, rec: Rec }} props */
function Answers({ opened, rec }) {
  const { catalogue, reader } = opened;
  const kind = catalogue.kind(rec.kind, rec.v);
  const parts = wholeOf(kind ? catalogue.sections(kind) : [], rec.body, reader);
  return parts.map(
    ({ title, rows }) =>
      html`<section class="part" key=${title}>
        <h3>${title}</h3>
        <dl class="pairs">
          ${rows.map(
            (row) =>
              html`<dt>${row.label}</dt>
                <dd>
                  ${row.items
                    ? html`<ul>
                        ${row.items.map((item) => html`<li>${item}</li>`)}
                      </ul>`
                    : row.text}
                </dd>`,
          )}
        </dl>
      </section>`,
  );
}

/** @param {{ opened: Opened, picture: Picture }} props */
function Photo({ opened, picture }) {
  const [url, setUrl] = useState("");
  const { busy, fault, run } = useCall();
  useEffect(() => () => URL.revokeObjectURL(url), [url]);
  const show = () =>
    run(async () => {
      const found = await opened.engine.picture(picture.id);
      if (found)
        setUrl(URL.createObjectURL(new Blob([new Uint8Array(found.bytes)], { type: found.type })));
    });
  if (url) return html`<img class="photo" src=${url} alt=${words.picture} />`;
  if (!picture.here) {
    const why = picture.state === "refused" ? words.picture_refused : words.picture_away;
    return html`<p class="quiet">${words.because(why, picture.reason)}</p>`;
  }
  return html`<${Button} sign="camera" busy=${busy} onClick=${show}>${words.photos}<//>
    <${FaultBox} fault=${fault} />`;
}

/** Why it is taken back is part of it: the record stays, marked. @param {{ opened: Opened, rec: Rec, close: () => void }} props */
function TakeBack({ opened, rec, close }) {
  const [reason, setReason] = useState("");
  const [missing, setMissing] = useState(false);
  const { busy, fault, run } = useCall();
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  // It opens under a long record: it comes to where the button was.
  useEffect(() => {
    box.current?.scrollIntoView({ block: "center" });
    box.current?.querySelector("input")?.focus({ preventScroll: true });
  }, []);
  const take = () => {
    setMissing(!reason.trim());
    if (!reason.trim()) return;
    run(async () => {
      await opened.engine.void(opened.archive.line.id, rec.change, reason.trim());
      await opened.refresh();
      close();
    });
  };
  return html`<section class="take-back" ref=${box}>
    <${Entry}
      id="take-back"
      label=${words.take_back_why}
      hint=${words.take_back_hint}
      value=${reason}
      maxlength=${200}
      onInput=${setReason}
      error=${missing && !reason.trim() ? words.take_back_missing : ""}
    />
    <${FaultBox} fault=${fault} />
    <div class="btns">
      <${Button} onClick=${close}>${words.keep_it}<//>
      <${Button} alarm sign="x" busy=${busy} onClick=${take}>${words.take_back_do}<//>
    </div>
  </section>`;
}

/** @param {{ opened: Opened, rec: Rec }} props */
function Head({ opened, rec }) {
  const { catalogue, reader, now } = opened;
  const kind = catalogue.kind(rec.kind, rec.v);
  return html`<h2>${kind?.label ?? rec.kind}</h2>
    <p class="quiet">
      ${dayAndWeek(rec.on, reader.today)} · ${words.signed(rec.by, when(rec.at, now))}
    </p>
    <p class="chips">
      ${rec.voided && html`<${Chip} tone="alarm" sign="x">${words.voided}<//>`}
      ${rec.cls !== "A" && html`<${Chip} sign="lock">${words.restricted_chip}<//>`}
      ${rec.own &&
      html`<${Chip} tone=${toneOf(rec)} sign=${signOf(rec)}>${stateOf(rec)}<//> ${rec.reason &&
        html`<span>${rec.reason}</span>`}`}
    </p>
    ${rec.voided &&
    html`<p>${words.voided_by(rec.voided.reason, rec.voided.by, when(rec.voided.at, now))}</p>`}`;
}

/** What can be done with it: put right by whoever may write, taken back by its author. @param {{ opened: Opened, rec: Rec, take: () => void }} props */
function Actions({ opened, rec, take }) {
  if (rec.voided) return null;
  const resident = opened.archive.line.id;
  const mine = rec.staff === opened.me;
  const amend = () => opened.go("form", { resident, kind: rec.kind, amends: rec.change });
  return html`<div class="thumb begin">
    ${mine && html`<${Button} big sign="x" onClick=${take}>${words.take_back}<//>`}
    <${Button} big sign="pen" onClick=${amend}>${words.amend}<//>
  </div>`;
}

/** @param {{ opened: Opened, rec: Rec }} props */
export function Whole({ opened, rec }) {
  const [taking, setTaking] = useState(false);
  return html`<article class="card whole">
      <${Head} opened=${opened} rec=${rec} />
      ${rec.statements.map(
        (said) =>
          html`<${Statement} key=${said.change} opened=${opened} said=${said} rec=${rec} />`,
      )}
      <${Answers} opened=${opened} rec=${rec} />
      ${rec.attach.length > 0 &&
      html`<section class="part">
        <h3>${words.pictures}</h3>
        ${rec.attach.map(
          (picture) => html`<${Photo} key=${picture.id} opened=${opened} picture=${picture} />`,
        )}
      </section>`}
      ${rec.amended.length > 0 && html`<${Before} opened=${opened} rec=${rec} />`}
      ${taking && html`<${TakeBack} opened=${opened} rec=${rec} close=${() => setTaking(false)} />`}
    </article>
    ${!taking && html`<${Actions} opened=${opened} rec=${rec} take=${() => setTaking(true)} />`}`;
}

/** What it was before it was put right. @param {{ opened: Opened, rec: Rec }} props */
function Before({ opened, rec }) {
  return html`<details class="twin">
    <summary>${icon("clock")} ${words.amended_times(rec.amended.length)}</summary>
    ${rec.amended.map(
      (old) =>
        html`<section class="part old" key=${old.change}>
          <p class="quiet">${words.signed(old.by, when(old.at, opened.now))}</p>
          <${Answers} opened=${opened} rec=${old} />
        </section>`,
    )}
  </details>`;
}
