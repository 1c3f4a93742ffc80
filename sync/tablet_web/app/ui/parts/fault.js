// What went wrong, said where it went wrong, until the next try. Nothing that vanishes by itself.

import { faultWords } from "../../words/zh/faults.js";
import { html, useEffect, useRef, useState } from "../html.js";
import { icon } from "./icon.js";

/** @typedef {import("../../types.js").Fault} Fault */

/** What a rejected call brought. A bug of the page itself counts as one of the app. @param {unknown} error @returns {Fault} */
export function asFault(error) {
  const fault = /** @type {Partial<Fault> | null} */ (error);
  if (fault && typeof fault === "object" && typeof fault.code === "string") {
    return /** @type {Fault} */ (fault);
  }
  return { code: "broken", facts: { error: error instanceof Error ? error.name : "unknown" } };
}

// No network is an ordinary state of a tablet, and never red.
const CALM = new Set(["no_connection", "timeout", "busy", "lease_over", "pictures_waiting"]);

/** @param {{ fault: Fault | null, id?: string, action?: any }} props */
export function FaultBox({ fault, id, action }) {
  if (!fault) return null;
  const { say, next } = faultWords(fault);
  const calm = CALM.has(fault.code);
  return html`<div
    class=${`fault ${calm ? "calm" : ""}`}
    role=${calm ? "status" : "alert"}
    id=${id}
  >
    ${icon(calm ? "off" : "warn")}
    <div>
      <p class="bold">${say}</p>
      ${next && html`<p>${next}</p>`}${action}
    </div>
  </div>`;
}

/**
 * One call at a time, with what a page shows of it. A second press while one runs is dropped.
 * @returns {{ busy: boolean, fault: Fault | null, run: (work: () => Promise<unknown>) => Promise<boolean>, clear: () => void }}
 */
export function useCall() {
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState(/** @type {Fault | null} */ (null));
  const running = useRef(false);
  const here = useRef(true);
  useEffect(() => {
    here.current = true;
    return () => {
      here.current = false;
    };
  }, []);
  const run = async (/** @type {() => Promise<unknown>} */ work) => {
    if (running.current) return false;
    running.current = true;
    setBusy(true);
    setFault(null);
    try {
      await work();
      return true;
    } catch (error) {
      if (here.current) setFault(asFault(error));
      return false;
    } finally {
      running.current = false;
      if (here.current) setBusy(false);
    }
  };
  return { busy, fault, run, clear: () => setFault(null) };
}
