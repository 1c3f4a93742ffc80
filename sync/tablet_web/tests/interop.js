// The far end of tests/test_tablet_interop.py: does what a line asks for, with the app's own
// modules, and answers in a line. JSON both ways, bytes as hex; {"post": ...} asks to post a step.

import { randomBytes } from "node:crypto";
import { createInterface } from "node:readline";
import { sealFile } from "../app/crypto/attachment.js";
import { checkpointHolds } from "../app/crypto/audit.js";
import { commit } from "../app/crypto/commitment.js";
import { openBody, parseDown, sealUp, verify } from "../app/crypto/envelope.js";
import { headSlip, putSlip } from "../app/crypto/slip.js";
import { kemPair, kemPublic, signingPair, signingPublic } from "../app/crypto/suites.js";
import { Enrolment } from "../app/engine/enrolment.js";
import { FurtherStaff } from "../app/engine/staff.js";
import { hex, unhex } from "../app/wire/bytes.js";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const heard = async () => JSON.parse((await lines.next()).value ?? "null");
/** @param {object} message */
const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
/** @param {Uint8Array} step */
const post = async (step) => {
  say({ post: hex(step) });
  const { answer } = await heard();
  return unhex(answer);
};
const random = (/** @type {number} */ length) => new Uint8Array(randomBytes(length));

/** @param {any} asked */
async function letIn(asked) {
  const clock = () => asked.now;
  const more = { app: "tablet/4", label: asked.label, random, clock };
  const enrolment = await Enrolment.begin(asked.code, more);
  say({ digits: await enrolment.digits(post), again: await enrolment.digits(post) });
  await heard();
  const waiting = await enrolment.ask(post);
  say({ waiting: waiting === null });
  await heard();
  const found = await enrolment.ask(post);
  if (!found) return { found: null };
  const { kem, signing, trust, bundle, ...rest } = found;
  const keys = { kem: hex(kem), signing: hex(signing), trust: hex(trust) };
  return { ...rest, ...keys, version: bundle.keys.version, bundle: hex(bundle.bundle) };
}

/** @param {any} asked */
async function further(asked) {
  const { suite, device, version } = asked;
  const staff = await FurtherStaff.begin(asked.code, {
    device,
    version,
    random,
    kem: await kemPair(suite, unhex(asked.kem)),
    by: await signingPair(suite, unhex(asked.by)),
    trust: await signingPublic(suite, unhex(asked.trust)),
  });
  say({ digits: await staff.digits(post) });
  await heard();
  const found = await staff.ask(post);
  return found && { ...found, signing: hex(found.signing) };
}

/** @type {Record<string, (asked: any) => Promise<unknown>>} */
const does = {
  async open({ suite, kem, signer, bytes, most }) {
    const sealed = await parseDown(unhex(bytes), most);
    await verify(sealed, await signingPublic(suite, unhex(signer)));
    const body = await openBody(sealed, await kemPair(suite, unhex(kem)), most);
    return { header: sealed.header, digest: sealed.digest, body: hex(body) };
  },
  async seal({ suite, signing, recipient, place, body, secret, changes }) {
    const root = changes.length ? await commit(unhex(secret), changes.map(unhex)) : undefined;
    const signer = await signingPair(suite, unhex(signing));
    const keys = { signer, recipient: await kemPublic(suite, unhex(recipient)) };
    const { bytes, digest } = await sealUp({ ...place, root }, unhex(body), keys);
    return { bytes: hex(bytes), digest };
  },
  async slips({ suite, signing, device, file, at, piece }) {
    const signer = await signingPair(suite, unhex(signing));
    const whose = { device, file, signer };
    const put = await putSlip(whose, at, unhex(piece));
    return { put: hex(put), head: hex(await headSlip(whose)) };
  },
  file: async ({ key, plain }) => ({ sealed: hex(await sealFile(unhex(key), unhex(plain))) }),
  async checkpoint({ suite, key, origin, fresh, held }) {
    const audit = await signingPublic(suite, unhex(key));
    /** @param {any} tree */
    const tree = (tree) => ({ ...tree, root: unhex(tree.root) });
    const said = { signature: unhex(fresh.signature), proof: fresh.proof.map(unhex) };
    const known = { origin, key: audit, held: held && tree(held) };
    return { holds: await checkpointHolds({ ...tree(fresh), ...said }, known) };
  },
  enrol: letIn,
  staff: further,
};

for (let asked = await heard(); asked; asked = await heard()) {
  try {
    say({ done: await does[asked.do](asked) });
  } catch (error) {
    const { code, facts, stack } = /** @type {any} */ (error);
    say({ failed: code ?? "broken", facts: facts ?? stack ?? {} });
  }
}
