// Bringing a further member of staff to this tablet (PROTOCOL 3.2): the steps of enrolment.js, with
// the witness of whoever has the tablet unlocked. Exports: FurtherStaff.
//
//   const further = await FurtherStaff.begin(code, { device, kem, by, trust, version, random });
//   show(await further.digits(post));
//   while (!(staff = await further.ask(post))) wait;

import { signingPair } from "../crypto/suites.js";
import { transcript } from "../crypto/enrolment.js";
import { concat, equal, unhex, utf8 } from "../wire/bytes.js";
import { Conversation, notTheServer, parseCode, spelled } from "./enrolment.js";
import { read } from "./enrolment_shapes.js";

/** @typedef {import("../types.js").Hex} Hex */
/** @typedef {import("../wire/bytes.js").Bytes} Bytes */
/**
 * `by` signs as who has it unlocked; `trust` is the pinned key; `version` that of the bundle held.
 * @typedef {{ device: Hex, kem: import("../crypto/suites.js").KemPair,
 *   by: import("../crypto/suites.js").SigningPair,
 *   trust: import("../crypto/suites.js").SigningPublic, version: number,
 *   random: (length: number) => Uint8Array }} Means
 */

const VERSION = 1;

export class FurtherStaff extends Conversation {
  #means;
  /** @type {Hex} */
  #staff = "";

  /** @param {string} code @param {Means} means */
  static async begin(code, means) {
    const parsed = await parseCode(code);
    if (parsed.suite && parsed.suite !== means.trust.suite) throw { code: "other_code" };
    return new FurtherStaff(parsed, means);
  }

  /** @param {import("./enrolment.js").Parsed} parsed @param {Means} means */
  constructor(parsed, means) {
    super(parsed, means.trust.suite, means.random);
    this.#means = means;
  }

  /** @override @param {Uint8Array} answer */
  greeted(answer) {
    const hello = read("StaffHello", answer, "Hello");
    if (hello.device !== this.#means.device) throw { code: "other_code" };
    if (!equal(hello.trust, this.#means.trust.raw)) notTheServer("trust");
    this.#staff = hello.staff;
    return hello;
  }

  /** @override @param {Uint8Array} hello */
  async joining(hello) {
    const { by, version } = this.#means;
    if (!this.bundle || this.bundle.keys.version < version) notTheServer("trust");
    const signer = await signingPair(this.suite, this.signing);
    const sign = signer.public.raw;
    const [device, staff] = [unhex(this.#means.device), unhex(this.#staff)];
    const mine = await transcript(device, staff, sign);
    const proof = await signer.sign(concat(utf8("gongwei/enrolment/staff-key\0"), mine));
    const here = await transcript(hello, device, staff, sign, this.nonce);
    const witness = await by.sign(concat(utf8("gongwei/enrolment/staff-device\0"), here));
    const bytes = { device, staff, sign, nonce: this.nonce, hello, proof, witness };
    return this.sealed("staff", { v: VERSION, ...spelled({ ...bytes, by: unhex(by.public.kid) }) });
  }

  /**
   * Null until an administrator has confirmed; then `signing` (32 private bytes) is theirs to sign
   * with. @param {import("./enrolment.js").Post} post
   * @returns {Promise<{ staff: Hex, name: string, now: number, signing: Bytes } | null>}
   */
  async ask(post) {
    const plain = await this.confirmed(post, this.#means.kem, "gongwei/enrolment/staff-welcome");
    if (!plain) return null;
    const { device, staff, name, now } = read("StaffWelcome", plain);
    if (device !== this.#means.device || staff !== this.#staff) notTheServer("welcome");
    return { staff, name, now, signing: this.signing };
  }
}
