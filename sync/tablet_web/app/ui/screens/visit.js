// A combined visit: hypertension and diabetes in one go. What both forms ask is asked once; two
// records are kept, both or neither.

import { html } from "../html.js";
import { Forms } from "./form.js";

/** @typedef {import("../screens.js").Props} Props */

const BOTH = ["htn_followup", "dm_followup"];

/** @param {Props} props */
export function Visit(props) {
  return html`<${Forms} ...${props} kinds=${props.params.kinds ?? BOTH} />`;
}
