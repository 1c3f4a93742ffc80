// Somebody who stands on no list: the document is seen and written down, the consent read out and
// signed for. Whether there is an archive already the server finds out.

import { readIdNumber } from "../../forms/id_number.js";
import { widths } from "../../forms/layout.js";
import { bodyOf } from "../../forms/typed.js";
import { missing as missingOf, readField } from "../../forms/values.js";
import { words } from "../../words/zh/hall.js";
import { catalogue } from "../catalogue.js";
import { html, useEffect, useMemo, useState } from "../html.js";
import { Button } from "../parts/button.js";
import { asFault, FaultBox, useCall } from "../parts/fault.js";
import { FormField } from "../parts/field.js";
import { goTo } from "../parts/goto.js";
import { icon } from "../parts/icon.js";
import { Pictures } from "../screens/form_pictures.js";
import { Opening } from "../screens/form_state.js";

/** @typedef {import("./ground.js").Here} Here */
/** @typedef {import("../../forms/kinds.d.ts").Field} Field */
/** @typedef {import("../../forms/kinds.d.ts").Fault} Fault */
/** @typedef {import("../../forms/typed.js").TypedForm} TypedForm */
/** @typedef {import("../../types.js").HallCard} HallCard */
/** @typedef {import("../../types.js").HallCheckedIn} HallCheckedIn */
/** @typedef {{ id: string, what: "photo" | "signature" }} Kept */
/** @typedef {{ here: Here, card: HallCard | null, name: string, done: (done: HallCheckedIn) => void, back: () => void }} GuestProps */

const GUEST = "6";
const AGREED = "1";
const ID_CARD = "01";
const TELLING = [ID_CARD, "05"];
/** Asked in this order, as the archive's own page asks them. */
const ASKED = ["id_type", "id_no", "name", "sex", "birth_date", "phone"];
const MAY = ["phone"];

/** @param {string} name */
const idOf = (name) => `g-${name}`;

/** @param {GuestProps} props */
export function Guest(props) {
  const { engine } = props.here;
  const [got, setGot] = useState(/** @type {{ fields: Field[], who: string } | null} */ (null));
  const [fault, setFault] = useState(/** @type {import("../../types.js").Fault | null} */ (null));
  useEffect(() => {
    let here = true;
    Promise.all([catalogue(), engine.freshId()]).then(
      ([forms, who]) => {
        const all = /** @type {Field[]} */ (/** @type {unknown} */ (forms.register.fields));
        const fields = ASKED.flatMap((name) => all.find((each) => each.name === name) ?? []);
        const asked = fields.map((each) => ({ ...each, required: !MAY.includes(each.name) }));
        if (here) setGot({ fields: asked, who });
      },
      (error) => here && setFault(asFault(error)),
    );
    return () => {
      here = false;
    };
  }, []);
  if (!got) return html`<${Opening} fault=${fault} />`;
  return html`<${Page} ...${props} ...${got} />`;
}

/** What a card reader read, as it is typed. @param {HallCard | null} card @param {string} name @returns {TypedForm} */
const begun = (card, name) => ({
  id_type: ID_CARD,
  ...(name ? { name } : {}),
  ...(card ? { id_no: card.number, birth_date: card.birth, sex: card.sex } : {}),
  ...(card?.name ? { name: card.name } : {}),
});

/** @param {{ fields: Field[], card: HallCard | null, name: string, here: Here }} props */
function useStranger({ fields, card, name, here }) {
  const [typed, setTyped] = useState(() => begun(card, name));
  const { today } = here.status;
  const own = useMemo(() => bodyOf(fields, typed), [typed]);
  const number = typeof own.id_no === "string" ? own.id_no : "";
  const telling = TELLING.includes(String(own.id_type ?? ""));
  const said = number && telling ? readIdNumber(number) : null;
  /** @type {Record<string, string>} */
  const told = {};
  if (said && own.birth_date === undefined) told.birth_date = said.birth;
  if (said && own.sex === undefined) told.sex = said.sex;
  const body = /** @type {Record<string, any>} */ ({ ...own, ...told });
  const faults = fields.flatMap((field) => {
    const value = body[field.name];
    if (value === undefined) return field.required ? [missingOf(field)] : [];
    const found = readField(field, value, today).faults.filter((each) => !each.warn);
    if (field.name === "id_no" && telling && !said) return [wrong("id_no", words.number_wrong)];
    return found;
  });
  const set = (/** @type {string} */ which, /** @type {any} */ value) =>
    setTyped((before) => ({ ...before, [which]: value }));
  return { typed, body, told, faults, set };
}

/** @param {string} field @param {string} say @returns {Fault} */
const wrong = (field, say) => ({ field, code: "malformed", say, warn: false });

/** @param {GuestProps & { fields: Field[], who: string }} props */
function Page(props) {
  const { here, fields, who, card, back } = props;
  const page = useStranger(props);
  const [left, setLeft] = useState(/** @type {string[]} */ ([]));
  const [tried, setTried] = useState(false);
  const [agreed, setAgreed] = useState(false);
  const [pictures, setPictures] = useState(/** @type {Kept[]} */ ([]));
  const sizes = widths(fields);
  return html`<div class="hall-part assist">
    <div class="cols form-cols">
      <form class="paper" onSubmit=${(/** @type {Event} */ event) => event.preventDefault()}>
        <h1>${words.guest_title}</h1>
        <p class="lead">${words.guest_lead}</p>
        <section class="form-section">
          <div class="form">
            ${fields.map(
              (field, at) =>
                html`<${FormField}
                  key=${field.name}
                  id=${idOf(field.name)}
                  field=${field}
                  value=${page.typed[field.name]}
                  made=${page.told[field.name] ?? ""}
                  side=${sideOf(field, page.told, card)}
                  span=${sizes[at]}
                  faults=${tried || left.includes(field.name)
                    ? page.faults.filter((each) => each.field.split("/")[0] === field.name)
                    : []}
                  onInput=${(/** @type {any} */ value) => page.set(field.name, value)}
                  onLeave=${() => setLeft((before) => [...before, field.name])}
                />`,
            )}
          </div>
        </section>
        <${Consent} agreed=${agreed} set=${setAgreed} told=${tried && !agreed} />
        <${Pictures}
          engine=${here.engine}
          resident=${who}
          pictures=${pictures}
          set=${setPictures}
        />
        ${tried && !pictures.length && html`<${Says} say=${words.sign_missing} />`}
      </form>
      <aside>
        <${Ways}
          ...${props}
          page=${page}
          agreed=${agreed}
          pictures=${pictures}
          tried=${tried}
          tryIt=${() => setTried(true)}
          back=${back}
        />
      </aside>
    </div>
  </div>`;
}

/** Read out before anybody signs. @param {{ agreed: boolean, set: (agreed: boolean) => void, told: boolean }} props */
function Consent({ agreed, set, told }) {
  return html`<section class="form-section">
    <h2>${words.consent}</h2>
    <div class="elder">${words.guest_said.map((line) => html`<p key=${line}>${line}</p>`)}</div>
    <label class="switch"
      ><input
        type="checkbox"
        id="g-agreed"
        checked=${agreed}
        onChange=${() => set(!agreed)}
      />${words.agree}</label
    >
    ${told && html`<${Says} say=${words.not_agreed} />`}
  </section>`;
}

/** @param {{ say: string }} props */
const Says = ({ say }) => html`<p class="msg">${icon("warn")}<span>${say}</span></p>`;

/** @param {Field} field @param {Record<string, string>} told @param {HallCard | null} card */
function sideOf(field, told, card) {
  if (told[field.name]) return words.from_number;
  if (card?.name && field.name === "name") return words.from_card;
  return field.required ? "" : words.optional;
}

/**
 * @param {GuestProps & { who: string, page: ReturnType<typeof useStranger>, agreed: boolean,
 *   pictures: Kept[], tried: boolean, tryIt: () => void }} props
 */
function Ways({ here, who, page, agreed, pictures, tried, tryIt, done, back }) {
  const call = useCall();
  const places = [
    ...new Set(page.faults.map((each) => idOf(each.field.split("/")[0] ?? ""))),
    ...(agreed ? [] : ["g-agreed"]),
    ...(pictures.length ? [] : ["pictures"]),
  ];
  const save = () => {
    tryIt();
    if (places[0]) {
      goTo(places[0]);
      return;
    }
    const { id_no, id_type, name, sex, birth_date, phone } = page.body;
    const guest = {
      ...{ who, number: id_no, id_type, name, sex, birth_date },
      ...(phone ? { phone } : {}),
      ...{ pictures: pictures.map(({ id }) => id), agreed: AGREED },
    };
    call.run(async () => done(await here.engine.hallCheckIn(here.view.day, { guest }, GUEST)));
  };
  return html`<div class="thumb">
    ${tried &&
    places.length > 0 &&
    html`<p class="msg" role="alert">${icon("warn")}<span>${words.short(places.length)}</span></p>`}
    <${FaultBox} fault=${call.fault} />
    <${Button} main big full sign="check" busy=${call.busy} doing=${words.saving} onClick=${save}
      >${words.guest_save}<//
    >
    <${Button} full onClick=${back}>${words.guest_back}<//>
  </div>`;
}
