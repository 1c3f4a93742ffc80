// One button: a verb and its object. At work it says so and takes no second press; it is disabled
// only for what is physically impossible, and then its label is the reason.

import { html } from "../html.js";
import { icon } from "./icon.js";

/**
 * @typedef {object} ButtonProps
 * @property {any} [children]
 * @property {() => void} [onClick]
 * @property {boolean} [main] The one filled button of a screen.
 * @property {boolean} [big]
 * @property {boolean} [full]
 * @property {boolean} [alarm] Destroys something.
 * @property {import("./icon.js").IconName} [sign]
 * @property {boolean} [busy]
 * @property {string} [doing] What stands on it while it is at work.
 * @property {boolean} [disabled]
 * @property {"button" | "submit"} [type]
 * @property {string} [id]
 * @property {boolean} [pressed] For one that stays in or out.
 * @property {string} [describedby]
 */

/** @param {ButtonProps} props */
export function Button(props) {
  const { children, main, big, full, alarm, sign, busy, doing, disabled, onClick } = props;
  const kind = ["btn", main && "main", big && "big", full && "full", alarm && "alarm"];
  return html`<button
    class=${kind.filter(Boolean).join(" ")}
    type=${props.type ?? "button"}
    id=${props.id}
    disabled=${disabled}
    aria-disabled=${busy ? "true" : undefined}
    aria-pressed=${props.pressed === undefined ? undefined : String(props.pressed)}
    aria-describedby=${props.describedby}
    onClick=${(/** @type {Event} */ event) => {
      if (busy) event.preventDefault();
      else onClick?.();
    }}
  >
    ${sign && icon(busy ? "clock" : sign)}${busy && doing ? doing : children}
  </button>`;
}
