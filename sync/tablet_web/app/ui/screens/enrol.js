// A tablet is let in: its code, the six digits an administrator compares, the first passphrase.

import { words as all } from "../../words/zh/enrolment.js";
import { words as shell } from "../../words/zh/shell.js";
import { html, useState } from "../html.js";
import { CodeStep, DigitsStep, FinishStep } from "./letting_in.js";
import { Running } from "./unlock.js";

/** @param {import("../screens.js").Props} props */
export function Enrol({ engine, status, back, replace }) {
  const [digits, setDigits] = useState("");
  const [confirmed, setConfirmed] = useState(false);
  const stop = async () => {
    await engine.giveUpEnrolment().catch(() => {});
    setDigits("");
    replace(status.wiped_why ? "wiped" : "welcome");
  };
  if (confirmed) {
    return html`<${FinishStep}
      staff=${false}
      finish=${engine.finish}
      running=${html`<${Running} status=${status} />`}
    />`;
  }
  if (digits || status.stage === "enrolling") {
    return html`<${DigitsStep}
      digits=${digits}
      ask=${() => engine.enrolled()}
      stop=${stop}
      confirmed=${() => setConfirmed(true)}
    />`;
  }
  return html`<${CodeStep}
    label
    title=${all.enrol.title_code}
    leave=${back}
    leave_words=${shell.back}
    send=${async (/** @type {string} */ code, /** @type {string} */ label) => {
      setDigits((await engine.enrol(code, label)).digits);
    }}
  />`;
}
