// The one way in which pages are drawn: Preact with tagged templates, no innerHTML anywhere.

import htm from "../../vendor/htm.js";
import { h } from "../../vendor/preact.js";

export { useCallback, useEffect, useMemo, useRef, useState } from "../../vendor/hooks.js";
export { Fragment, render } from "../../vendor/preact.js";

/** @type {(strings: TemplateStringsArray, ...values: any[]) => any} */
export const html = /** @type {any} */ (htm).bind(h);
