// One act, on one page: what is read out, what is filled in, who was there, the signature. What is
// still missing is said when the button is pressed; nothing is kept before that.

import { widths } from "../../forms/layout.js";
import { words } from "../../words/zh/assist.js";
import { catalogue } from "../catalogue.js";
import { html, useEffect, useState } from "../html.js";
import { Button } from "../parts/button.js";
import { asFault, FaultBox, useCall } from "../parts/fault.js";
import { FormField } from "../parts/field.js";
import { icon } from "../parts/icon.js";
import { AssistBar } from "./assist_bar.js";
import { actBody, isSigned, lacks, plainFields, whoFields } from "./assist_body.js";
import { Special, SPECIAL } from "./assist_special.js";
import { Pictures } from "./form_pictures.js";

/** @typedef {import("../screens.js").Props} Props */
/** @typedef {import("../../forms/kinds.d.ts").Kind} Kind */
/** @typedef {import("../../forms/kinds.d.ts").Fault} Fault */
/** @typedef {import("../../forms/typed.js").TypedForm} TypedForm */
/** @typedef {{ id: string, what: "photo" | "signature" }} Kept */
/**
 * What the page has in hand.
 * @typedef {object} Got
 * @property {Kind} kind
 * @property {import("../catalogue.js").Catalogue} catalogue
 * @property {import("../../types.js").Archive} archive
 * @property {import("../../types.js").Choices} choices
 * @property {import("../../types.js").Mine[]} mine
 */
/**
 * @typedef {object} Sheet
 * @property {TypedForm} typed
 * @property {(name: string, value: any) => void} set
 * @property {{ name: string, value: unknown }[]} cells
 * @property {(cells: { name: string, value: unknown }[]) => void} setCells
 * @property {(field: string) => Fault[]} faults To be said now.
 */

const DOCKET = "act_switch";

/** @param {Props} props */
function useGot({ engine, params }) {
  const { resident, kind } = params;
  const [got, setGot] = useState(/** @type {Got | null} */ (null));
  const [fault, setFault] = useState(/** @type {import("../../types.js").Fault | null} */ (null));
  useEffect(() => {
    let here = true;
    Promise.all([catalogue(), engine.again(resident), engine.choices(), engine.mine()]).then(
      ([forms, archive, choices, mine]) => {
        const form = /** @type {Kind} */ (/** @type {unknown} */ (forms.kind(kind)));
        if (here) setGot({ kind: form, catalogue: forms, archive, choices, mine });
      },
      (error) => here && setFault(asFault(error)),
    );
    return () => {
      here = false;
    };
  }, [engine, resident, kind]);
  return { got, fault };
}

/** @param {Props} props */
export function AssistAct(props) {
  const { got, fault } = useGot(props);
  const { engine, status, params } = props;
  return html`<${AssistBar}
      engine=${engine}
      status=${status}
      resident=${params.resident}
      about=${words.acts[params.kind]?.name}
    />
    ${got
      ? html`<${Page} ...${props} got=${got} />`
      : html`<main class="body form-body assist">
          <p>${words.opening}</p>
          <${FaultBox} fault=${fault} />
        </main>`}`;
}

/** @param {Props & { got: Got }} props */
function useSheet({ params }) {
  const [typed, setTyped] = useState(
    /** @type {TypedForm} */ (params.record ? { record: params.record } : {}),
  );
  const [cells, setCells] = useState(/** @type {{ name: string, value: unknown }[]} */ ([]));
  const set = (/** @type {string} */ name, /** @type {any} */ value) =>
    setTyped((before) => ({ ...before, [name]: value }));
  return { typed, set, cells, setCells };
}

/** @param {Props & { got: Got }} props */
function Page(props) {
  const { got, status, engine, params, back, replace } = props;
  const { kind } = got;
  const sheet = useSheet(props);
  const [pictures, setPictures] = useState(/** @type {Kept[]} */ ([]));
  const [tried, setTried] = useState(false);
  const call = useCall();
  const [saved, setSaved] = useState(false);
  const body = actBody(kind, sheet.typed, sheet.cells);
  const register = /** @type {any} */ (got.catalogue.register);
  const beside = { today: status.today, pictures: pictures.length, register, cells: sheet.cells };
  const found = lacks(kind, body, beside);
  const faults = (/** @type {string} */ field) =>
    tried ? found.filter((each) => each.field.split("/")[0] === field).map(spoken) : [];
  const finish = () => {
    setTried(true);
    if (found[0]) {
      document.getElementById(`a-${found[0].field.split("/")[0]}`)?.focus();
      return;
    }
    call.run(async () => {
      const { resident } = params;
      const record = { resident, kind: kind.id, v: kind.version, on: status.today, body };
      const id = await engine.save({ ...record, pictures: pictures.map((each) => each.id) });
      if (kind.id === DOCKET) replace("assist_docket", { resident, act: id });
      else setSaved(true);
    });
  };
  if (saved) return html`<${Saved} ...${props} />`;
  const paper = { ...sheet, faults };
  return html`<main class="body form-body assist">
    <div class="cols form-cols">
      <form class="paper" onSubmit=${(/** @type {Event} */ event) => event.preventDefault()}>
        <${Special} got=${got} sheet=${paper} status=${status} params=${params} />
        <${Fields} title=${words.fill_title} fields=${plainFields(kind, SPECIAL)} sheet=${paper} />
        <${Fields} title=${words.who_title} fields=${whoFields(kind)} sheet=${paper} />
        ${isSigned(kind, sheet.typed) &&
        html`<${Sign}
          kind=${kind}
          sheet=${paper}
          engine=${engine}
          resident=${params.resident}
          pictures=${pictures}
          set=${setPictures}
        />`}
      </form>
      <aside>
        <div class="thumb">
          <${Finish}
            lacking=${tried ? found.length : 0}
            call=${call}
            kind=${kind}
            finish=${finish}
          />
          <${Button} full onClick=${back}>${words.later}<//>
        </div>
      </aside>
    </div>
  </main>`;
}

/** @param {{ lacking: number, call: ReturnType<typeof useCall>, kind: Kind, finish: () => void }} props */
function Finish({ lacking, call, kind, finish }) {
  return html`${lacking > 0 &&
    html`<p class="msg" role="alert">${icon("warn")}<span>${words.short(lacking)}</span></p>`}
    <${FaultBox} fault=${call.fault} />
    <${Button} main big full sign="save" busy=${call.busy} doing=${words.saving} onClick=${finish}
      >${words.acts[kind.id]?.verb}<//
    >`;
}

/** @param {Fault} fault */
const spoken = (fault) => ({ ...fault, say: fault.say || SAID[fault.field] || words.missing });
const SAID = /** @type {Record<string, string>} */ ({
  seen: words.seen_missing,
  signed: words.sign_missing,
});

/** Questions as the catalogue has them. @param {{ title: string, fields: any[], sheet: Sheet }} props */
function Fields({ title, fields, sheet }) {
  if (!fields.length) return null;
  const spans = widths(fields);
  return html`<section class="form-section">
    <h2>${title}</h2>
    <div class="form">
      ${fields.map(
        (field, at) =>
          html`<${FormField}
            key=${field.name}
            id=${`a-${field.name}`}
            field=${field}
            value=${sheet.typed[field.name]}
            span=${spans[at] ?? 12}
            faults=${sheet.faults(field.name)}
            onInput=${(/** @type {any} */ value) => sheet.set(field.name, value)}
            onLeave=${() => {}}
          />`,
      )}
    </div>
  </section>`;
}

/** @param {{ kind: Kind, sheet: Sheet, engine: Props["engine"], resident: string, pictures: Kept[], set: any }} props */
function Sign({ kind, sheet, engine, resident, pictures, set }) {
  const field = kind.fields.filter(({ name }) => name === "signed");
  return html`<div class="sign">
    <p class="elder">${words.sign_say}</p>
    <${Fields} title=${words.sign_title} fields=${field} sheet=${sheet} />
    ${sheet.typed.signed !== "3" &&
    html`<${Pictures} engine=${engine} resident=${resident} pictures=${pictures} set=${set} />`}
  </div>`;
}

/** @param {Props & { got: Got }} props */
function Saved({ got, params, replace }) {
  const { name } = got.archive.line;
  const what = words.acts[got.kind.id]?.name ?? "";
  return html`<main class="body assist">
    <div class="ticket saved" role="status">
      <div>
        <h1>${icon("check")} <span class="mark">${words.saved}</span></h1>
        <p class="bold">${words.saved_what(what, name)}</p>
      </div>
      <div class="tear"></div>
      <div><p>${words.saved_next}</p></div>
    </div>
    <div class="thumb saved-ways">
      <${Button} big onClick=${() => replace("archive", { resident: params.resident })}
        >${words.back}<//
      >
      <${Button} big main onClick=${() => replace("assist", { resident: params.resident })}
        >${words.again}<//
      >
    </div>
  </main>`;
}
