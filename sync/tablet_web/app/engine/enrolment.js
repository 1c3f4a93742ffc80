// The tablet's side of enrolment (PROTOCOL 3.1): pure but for `post`, which sends one step and
// gives the bytes of a 200, or rejects. Exports: Enrolment, and for staff.js Conversation,
// parseCode, notTheServer, spelled.
//
//   const enrolment = await Enrolment.begin(code, { app, label, random, clock });
//   show(await enrolment.digits(post));          after a lost answer: again, the same bytes go
//   while (!(enrolled = await enrolment.ask(post))) wait;
//
// The trust key is pinned as soon as the first answer's MAC holds: whoever knows the code vouches
// for it. A QR text also carries its fingerprint: who overheard the code cannot stand in.
//
// Faults: bad_code; other_code (good, for another tablet, suite or kind); browser_too_old (it lacks
// the suite of the QR text); not_the_server (stop, ask for a new code); code_expired.

import { Code, commitmentOf, parseTyped, sixDigits, transcript } from "../crypto/enrolment.js";
import { kemPair, newPrivate, signingPair, signingPublic, suiteHere } from "../crypto/suites.js";
import { bundleOf, sealingKey } from "../crypto/trust.js";
import { base64, concat, equal, u32be, unhex, utf8, uuid7 } from "../wire/bytes.js";
import { readExact } from "../wire/slices.js";
import { read, readReply } from "./enrolment_shapes.js";

/** @typedef {import("../types.js").Hex} Hex */
/** @typedef {import("../types.js").Suite} Suite */
/** @typedef {import("../wire/bytes.js").Bytes} Bytes */
/** @typedef {import("../crypto/trust.js").ServerKeys} ServerKeys */
/** @typedef {(step: Bytes) => Promise<Uint8Array>} Post */
/** @typedef {(length: number) => Uint8Array} Random */
/** @typedef {{ code: Bytes, suite: Suite | null, trust: Hex | null }} Parsed */
/** @typedef {{ bundle: Bytes, signature: Bytes, keys: ServerKeys }} Bundle */
/**
 * All that a tablet keeps of its enrolment; `kem` and `signing` are 32 private bytes each, `trust`
 * is the pinned public key that signs every later bundle.
 * @typedef {{ district: number, device: Hex, staff: Hex, suite: Suite, kem: Bytes, signing: Bytes,
 *   panels: { id: Hex, name: string, facility: Hex }[], epoch: number, restricted: boolean,
 *   trust: Bytes, bundle: Bundle, lease: number, now: number }} Enrolled
 */

const VERSION = 1;

/** @param {string} why never shown: one sentence for all of it @returns {never} */
export function notTheServer(why) {
  throw { code: "not_the_server", facts: { why } };
}

/**
 * A typed code, or a scanned `GWE1:code:suite:fingerprint`.
 * @param {string} said
 * @returns {Promise<Parsed>}
 */
export async function parseCode(said) {
  const plain = said.trim().toUpperCase();
  if (!plain.startsWith("GWE1:")) {
    return { code: await parseTyped(said), suite: null, trust: null };
  }
  const [, code, suite, trust, ...more] = plain.split(":");
  if (more.length || !/^[13]$/.test(suite ?? "") || !/^[0-9A-F]{64}$/.test(trust ?? "")) {
    throw { code: "bad_code" };
  }
  return {
    code: await parseTyped(code),
    suite: /** @type {Suite} */ (Number(suite)),
    trust: trust.toLowerCase(),
  };
}

/** What both enrolments share: code, transcript, digits, polls. */
export class Conversation {
  /** @type {Uint8Array[]} the transcript so far: hello, answer, join, answer */
  #sent = [];
  /** @type {Bytes | null} */
  #join = null;
  #commitment = new Uint8Array(0);
  #polls = 0;
  #pinned;

  /** @param {Parsed} parsed @param {Suite} suite @param {Random} random */
  constructor(parsed, suite, random) {
    this.code = new Code(parsed.code);
    this.#pinned = parsed.trust;
    this.suite = suite;
    this.signing = newPrivate(suite, random);
    this.nonce = random(32);
    /** @type {import("../crypto/suites.js").SigningPublic | null} */
    this.trust = null;
    /** @type {Bundle | null} */
    this.bundle = null;
  }

  /**
   * The six digits to compare, after hello and join. After a failure of the line: call it again.
   * @param {Post} post
   */
  async digits(post) {
    if (this.#sent.length < 2) await this.#hello(post);
    this.#join ??= await this.joining(this.#sent[0]);
    const answer = await this.#authentic(
      await post(this.#join),
      ...this.#sent.slice(0, 2),
      this.#join,
    );
    const { nonce } = read("Joined", answer);
    if (!equal(await commitmentOf(nonce), this.#commitment)) notTheServer("commitment");
    this.#sent = [...this.#sent.slice(0, 2), this.#join, answer];
    return sixDigits(nonce, this.nonce, await transcript(...this.#sent));
  }

  /** @param {Post} post */
  async #hello(post) {
    const offer = base64(await this.code.offer());
    const sent = written({ step: "hello", v: VERSION, offer, suite: this.suite });
    const answer = await this.#authentic(await post(sent), sent);
    const hello = this.greeted(answer);
    await this.#know(hello, answer);
    if (hello.suite !== this.suite) notTheServer("suite");
    this.#commitment = hello.commitment;
    this.#sent = [sent, answer];
  }

  /** Pins the trust key. @param {any} hello @param {Uint8Array} answer */
  async #know(hello, answer) {
    const trust = await signingPublic(this.suite, hello.trust).catch(() => notTheServer("keys"));
    if (this.#pinned && this.#pinned !== trust.fingerprint) notTheServer("fingerprint");
    this.trust = trust;
    this.bundle = await this.vouched(answer, "bundle");
  }

  /**
   * The bundle that stands in that member of a message.
   * @param {Uint8Array} message
   * @param {string} member
   * @returns {Promise<Bundle>}
   */
  async vouched(message, member) {
    if (!this.trust) return notTheServer("keys");
    const { value, exact } = readExact(message);
    const { signature } = read("SignedBundle", value[member]);
    const bundle = exact(value[member].bundle);
    const keys = await bundleOf(bundle, signature, this.trust).catch(() => notTheServer("keys"));
    return { bundle, signature, keys };
  }

  /**
   * The sealed step after hello.
   * @param {"join" | "staff"} step
   * @param {object} body
   * @returns {Promise<Bytes>}
   */
  async sealed(step, body) {
    if (!this.bundle) return notTheServer("keys");
    const key = await sealingKey(this.bundle.keys, this.suite).catch(() => notTheServer("no_key"));
    const sealed = base64(await this.code.sealRequest(written(body), key));
    return written({ step, v: VERSION, offer: base64(await this.code.offer()), sealed });
  }

  /**
   * Asks whether an administrator has confirmed: what was sealed for this tablet, or null.
   * @param {Post} post @param {import("../crypto/suites.js").KemPair} kem @param {string} label
   */
  async confirmed(post, kem, label) {
    this.#polls += 1;
    const offer = await this.code.offer();
    const mark = concat(utf8("poll"), u32be(this.#polls));
    const mac = await this.code.mac(await transcript(...this.#sent, mark));
    const n = this.#polls;
    const sent = written({ step: "poll", v: VERSION, offer: base64(offer), n, mac: base64(mac) });
    const polled = read("Polled", await this.#authentic(await post(sent), ...this.#sent, sent));
    if (polled.status === "expired") throw { code: "code_expired" };
    if (polled.status !== "confirmed") return null;
    const size = kem.public.raw.length;
    const info = concat(utf8(`${label}\0`), offer);
    const psk = await this.code.psk();
    const [enc, ciphertext] = [polled.sealed.subarray(0, size), polled.sealed.subarray(size)];
    return kem.open(enc, ciphertext, { info, psk }).catch(() => notTheServer("cannot_open"));
  }

  /**
   * The answer's exact bytes when its MAC holds.
   * @param {Uint8Array} data
   * @param {...Uint8Array} before
   */
  async #authentic(data, ...before) {
    const { answer, mac } = readReply(data);
    if (!equal(await this.code.mac(await transcript(...before, answer)), mac)) notTheServer("mac");
    return answer;
  }

  /** What the first answer says. @param {Uint8Array} _answer @returns {any} */
  greeted(_answer) {
    return notTheServer("kind");
  }

  /** The second step, made once. @param {Uint8Array} _hello as posted @returns {Promise<Bytes>} */
  async joining(_hello) {
    return notTheServer("kind");
  }
}

/** One try to let this tablet in. */
export class Enrolment extends Conversation {
  #means;
  #device;
  #kem;

  /**
   * The suite is that of the QR text, else 1 where the browser has its curves, else 3.
   * @param {string} code
   * @param {{ app: string, label: string, random: Random, clock: () => number }} means
   */
  static async begin(code, means) {
    const parsed = await parseCode(code);
    const here = await suiteHere();
    if (parsed.suite === 1 && here === 3) throw { code: "browser_too_old" };
    return new Enrolment(parsed, parsed.suite ?? here, means);
  }

  /**
   * @param {Parsed} parsed @param {Suite} suite
   * @param {{ app: string, label: string, random: Random, clock: () => number }} means
   */
  constructor(parsed, suite, means) {
    super(parsed, suite, means.random);
    this.#means = means;
    this.#device = uuid7(means.clock(), means.random(10));
    this.#kem = newPrivate(suite, means.random);
  }

  /** @override @param {Uint8Array} answer */
  greeted(answer) {
    return read("Hello", answer, "StaffHello");
  }

  /** @override @param {Uint8Array} hello */
  async joining(hello) {
    const kem = (await kemPair(this.suite, this.#kem)).public.raw;
    const signer = await signingPair(this.suite, this.signing);
    const sign = signer.public.raw;
    const device = unhex(this.#device);
    const hash = await transcript(hello, device, kem, sign, this.nonce);
    const proof = await signer.sign(concat(utf8("gongwei/enrolment/keys\0"), hash));
    const bytes = { device, kem, sign, nonce: this.nonce, hello, proof };
    const { app, label } = this.#means;
    return this.sealed("join", { v: VERSION, app, label, ...spelled(bytes) });
  }

  /**
   * Null until an administrator has confirmed.
   * @param {Post} post
   * @returns {Promise<Enrolled | null>}
   */
  async ask(post) {
    const kem = await kemPair(this.suite, this.#kem);
    const plain = await this.confirmed(post, kem, "gongwei/enrolment/welcome");
    if (!plain || !this.trust || !this.bundle) return null;
    const { v: _, trust: __, ...welcome } = read("Welcome", plain);
    const bundle = await this.vouched(plain, "trust");
    const older = bundle.keys.version < this.bundle.keys.version;
    if (welcome.device !== this.#device || older) notTheServer("welcome");
    const { suite, signing } = this;
    const trust = this.trust.raw;
    return { ...welcome, suite, kem: this.#kem, signing, trust, bundle };
  }
}

/** @param {object} message */
const written = (message) => utf8(JSON.stringify(message));

/** @param {Record<string, Uint8Array>} members */
export const spelled = (members) =>
  Object.fromEntries(Object.entries(members).map(([name, value]) => [name, base64(value)]));
