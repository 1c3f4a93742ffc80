// Who may read this tablet. One random master key, in memory only while somebody is in; wrapped
// once per staff member by their passphrase. Each signing key is wrapped under its owner's own wrap
// key, so nobody signs as somebody else. Exports: Vault.
//
//   found, admit           rows to write: the first member of staff, a further one
//   end                    the wrap of one goes
//   unlock, lock, me, signer, changePassphrase, staff, wipe
//   seal, unseal           bytes of one row; sealRow, readRow: any JSON value as a Write and back
//
// Faults: wrong_passphrase {left}, wait {ms}, passphrase_short {least}, locked, wiped, key_ended,
// no_such_staff.

import { hkdf } from "../crypto/hash.js";
import { signingPair } from "../crypto/suites.js";
import { bytesOf, concat, text, utf8 } from "../wire/bytes.js";
import { scrypt } from "../../vendor/scrypt.js";
import { Queue } from "./queue.js";

/** @typedef {import("../types.js").Hex} Hex */
/** @typedef {import("../types.js").Store} Store */
/** @typedef {import("../types.js").StaffHere} StaffHere */
/** @typedef {import("../types.js").Suite} Suite */
/** @typedef {import("../types.js").Write} Write */
/** @typedef {import("../wire/bytes.js").Bytes} Bytes */
/** @typedef {{ salt: Bytes, cost: number, master: Bytes, sign: Bytes }} Wrap */
/**
 * @typedef {{ name: string, state: StaffHere["state"], tries: number, wait: number,
 *   wrap?: Wrap }} StaffRow
 */
/** @typedef {{ suite: Suite, private: Uint8Array }} SigningKey */
/** @typedef {Pick<import("../types.js").World, "disk" | "clock" | "random" | "cost_log2">} Means */

/** Wrong ones of a person in a row; then the readable copies go. */
const TRIES = 10;
const PASSPHRASE_LEAST = 8;
/** ms to wait after the first, second ... wrong try. */
const WAITS = [5, 10, 30, 60, 120, 300, 600, 900, 1800].map((seconds) => 1000 * seconds);
/** What could be read; ready batches, receipts and fates of changes stay. */
const READABLE = /** @type {const} */ ([
  "own",
  "person",
  "index",
  "gone",
  "looked",
  "draft",
  "session",
  "hall",
]);
const STAFF = /** @type {const} */ ("staff");
const NONCE = 12;
const VERSION = new Uint8Array([1]);

export class Vault {
  /** @type {Bytes | null} */
  #master = null;
  /** @type {CryptoKey | null} */
  #rows = null;
  /** @type {import("../crypto/suites.js").SigningPair | null} */
  #signer = null;
  /** @type {Hex | null} */
  #me = null;
  #means;
  #also;
  #tries = new Queue();

  /**
   * `alsoGone`: what else a wipe takes, in the same transaction.
   * @param {Means} means @param {() => Promise<Write[]>} [alsoGone]
   */
  constructor(means, alsoGone = async () => []) {
    this.#means = means;
    this.#also = alsoGone;
  }

  /** Who has it unlocked. */
  get me() {
    return this.#me;
  }

  /** Signs as `me`. */
  get signer() {
    return this.#signer ?? locked();
  }

  /**
   * Everybody who works with this tablet, as the pages are told.
   * @returns {Promise<StaffHere[]>}
   */
  async staff() {
    /** @type {[string, StaffRow][]} */
    const rows = await this.#means.disk.rows("staff");
    return rows.map(([id, { name, state, tries, wait }]) => ({
      id,
      name,
      state,
      tries_left: TRIES - tries,
      wait_until: tries ? this.#until(tries, wait) : 0,
    }));
  }

  /**
   * The first member of staff: makes the master key and is unlocked. The caller writes the rows,
   * with all else that must come with them. @param {Hex} staff @param {string} name
   * @param {string} passphrase @param {SigningKey} key @returns {Promise<Write[]>}
   */
  async found(staff, name, passphrase, key) {
    long(passphrase);
    this.#master = bytesOf(this.#means.random(32));
    const rows = await this.admit(staff, name, passphrase, key);
    await this.#enter(staff, this.#master, key);
    return rows;
  }

  /**
   * A further member of staff, while somebody is in. The caller writes the rows.
   * @param {Hex} staff @param {string} name @param {string} passphrase @param {SigningKey} key
   * @returns {Promise<Write[]>}
   */
  async admit(staff, name, passphrase, key) {
    const master = (this.#master ?? locked()).slice(); // a lock meanwhile blanks the other one
    const wrap = await this.#wrap(staff, long(passphrase), master, key);
    /** @type {StaffRow} */
    const row = { name, state: "active", tries: 0, wait: 0, wrap };
    return [{ store: "staff", key: staff, value: row }];
  }

  /**
   * Everybody is called as the server says; whether that changed anything.
   * @param {Map<Hex, string>} names
   * @returns {Promise<boolean>}
   */
  rename(names) {
    const { disk } = this.#means;
    return this.#tries.run(async () => {
      /** @type {[string, StaffRow][]} */
      const rows = await disk.rows("staff");
      const other = rows.filter(([id, { name }]) => (names.get(id) || name) !== name);
      if (!other.length) return false;
      await disk.write(
        other.map(([key, row]) => ({ store: STAFF, key, value: { ...row, name: names.get(key) } })),
      );
      return true;
    });
  }

  /** @param {Hex} staff @param {string} passphrase */
  async unlock(staff, passphrase) {
    const { master, key } = await this.#judge(staff, passphrase);
    this.lock();
    await this.#enter(staff, master, key);
  }

  lock() {
    this.#master?.fill(0);
    this.#master = this.#rows = this.#signer = this.#me = null;
  }

  /** Of `me`. The old one is judged like any try. @param {string} old @param {string} fresh */
  async changePassphrase(old, fresh) {
    const me = this.#me ?? locked();
    long(fresh);
    const { row, master, key } = await this.#judge(me, old);
    const wrap = await this.#wrap(me, fresh, master, key);
    const value = { ...row, tries: 0, wait: 0, wrap };
    await this.#means.disk.write([{ store: "staff", key: me, value }]);
  }

  /**
   * The district has ended this person's key: what they know opens nothing here any more. Not the
   * last one's: with it the next person is let in (PROTOCOL 3.2). Whether it was done.
   * @param {Hex} staff @returns {Promise<boolean>}
   */
  async end(staff) {
    const { disk } = this.#means;
    /** @type {[string, StaffRow][]} */
    const rows = await disk.rows("staff");
    const row = rows.find(([id]) => id === staff)?.[1];
    const others = rows.some(([id, { state, wrap }]) => id !== staff && state === "active" && wrap);
    if (!row || !others) return false;
    const { wrap: _, ...left } = row;
    await disk.write([{ store: STAFF, key: staff, value: { ...left, state: "ended" } }]);
    return true;
  }

  /**
   * Readable copies and every key go, in one transaction; what was sealed for the server stays.
   * @param {"tries" | "server" | "site_data"} why
   */
  async wipe(why) {
    const { disk } = this.#means;
    const gone = await this.#also();
    for (const store of READABLE) {
      for (const key of await disk.keys(store)) gone.push({ store, key });
    }
    /** @type {[string, StaffRow][]} */
    const staff = await disk.rows("staff");
    /** @type {Write[]} */
    const left = staff.map(([key, { wrap: _, ...rest }]) => ({ store: "staff", key, value: rest }));
    left.push({ store: "meta", key: "wiped", value: why });
    this.lock();
    try {
      await disk.write([...gone, ...left]);
    } catch {
      // A full disk takes nothing, and still lets go: then no name stays either.
      const deleted = gone.filter((each) => each.value === undefined);
      await disk.write([...deleted, ...staff.map(([key]) => ({ store: STAFF, key }))]);
    }
  }

  /**
   * @param {Store} store
   * @param {string} key
   * @param {Uint8Array} plain
   * @returns {Promise<Bytes>}
   */
  async seal(store, key, plain) {
    return this.#seal(this.#rows ?? locked(), `${store}\0${key}`, plain);
  }

  /** @param {Store} store @param {string} key @param {Uint8Array} blob @returns {Promise<Bytes>} */
  async unseal(store, key, blob) {
    return unseal(this.#rows ?? locked(), `${store}\0${key}`, blob);
  }

  /** @param {Store} store @param {string} key @param {unknown} value @returns {Promise<Write>} */
  async sealRow(store, key, value) {
    return { store, key, value: await this.seal(store, key, utf8(JSON.stringify(value))) };
  }

  /**
   * @template T
   * @param {Store} store
   * @param {string} key
   * @param {Uint8Array} blob
   * @returns {Promise<T>}
   */
  async readRow(store, key, blob) {
    return JSON.parse(text(await this.unseal(store, key, blob)));
  }

  /**
   * What the passphrase opens. The try is on disk before it is judged, so that killing the app in
   * between gains nobody a try; one after the other, so that many at once are many.
   * @param {Hex} staff @param {string} passphrase
   */
  #judge(staff, passphrase) {
    return this.#tries.run(() => this.#judged(staff, passphrase));
  }

  /** @param {Hex} staff @param {string} passphrase */
  async #judged(staff, passphrase) {
    const { disk, clock } = this.#means;
    const row = /** @type {StaffRow | undefined} */ (await disk.get("staff", staff));
    if (!row) throw { code: "no_such_staff" };
    if (row.state === "ended") throw { code: "key_ended" };
    if (!row.wrap) throw { code: "wiped" };
    if (row.tries >= TRIES) return this.#lastTry();
    const wait = row.tries ? this.#until(row.tries, row.wait) - clock() : 0;
    if (wait > 0) throw { code: "wait", facts: { ms: wait } };
    const tries = row.tries + 1;
    const until = clock() + (WAITS[tries - 1] ?? 0);
    await disk.write([{ store: "staff", key: staff, value: { ...row, tries, wait: until } }]);
    const opened = await unwrap(staff, passphrase, row.wrap);
    if (!opened) {
      if (tries >= TRIES) return this.#lastTry();
      throw { code: "wrong_passphrase", facts: { left: TRIES - tries } };
    }
    await disk.write([{ store: "staff", key: staff, value: { ...row, tries: 0, wait: 0 } }]);
    return { row, ...opened };
  }

  /** @returns {Promise<never>} */
  async #lastTry() {
    await this.wipe("tries");
    throw { code: "wiped" };
  }

  /**
   * A clock that was set back keeps nobody out for longer than the wait.
   * @param {number} tries
   * @param {number} wait
   */
  #until(tries, wait) {
    return Math.min(wait, this.#means.clock() + (WAITS[tries - 1] ?? 0));
  }

  /** @param {Hex} staff @param {Bytes} master @param {SigningKey} key */
  async #enter(staff, master, key) {
    this.#signer = await signingPair(key.suite, key.private);
    this.#rows = await aes(master, "gongwei/tablet/rows\0");
    this.#master = master;
    this.#me = staff;
  }

  /**
   * @param {Hex} staff
   * @param {string} passphrase
   * @param {Bytes} master
   * @param {SigningKey} key
   * @returns {Promise<Wrap>}
   */
  async #wrap(staff, passphrase, master, key) {
    const salt = bytesOf(this.#means.random(16));
    const cost = this.#means.cost_log2;
    const keys = await stretched(passphrase, salt, cost);
    const signing = concat(new Uint8Array([key.suite]), key.private);
    return {
      salt,
      cost,
      master: await this.#seal(keys.master, `master\0${staff}`, master),
      sign: await this.#seal(keys.sign, `sign\0${staff}`, signing),
    };
  }

  /**
   * @param {CryptoKey} key
   * @param {string} place
   * @param {Uint8Array} plain
   * @returns {Promise<Bytes>}
   */
  async #seal(key, place, plain) {
    const nonce = bytesOf(this.#means.random(NONCE));
    const how = { name: "AES-GCM", iv: nonce, additionalData: utf8(place) };
    const sealed = await crypto.subtle.encrypt(how, key, bytesOf(plain));
    return concat(VERSION, nonce, new Uint8Array(sealed));
  }
}

/** @returns {never} */
function locked() {
  throw { code: "locked" };
}

/** @param {string} passphrase */
function long(passphrase) {
  if ([...passphrase.normalize("NFKC")].length >= PASSPHRASE_LEAST) return passphrase;
  throw { code: "passphrase_short", facts: { least: PASSPHRASE_LEAST } };
}

/** @param {Uint8Array} secret @param {string} purpose */
async function aes(secret, purpose) {
  const raw = await hkdf(secret, new Uint8Array(0), utf8(purpose), 32);
  return crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
}

/** @param {string} passphrase @param {Bytes} salt @param {number} cost log2 of N */
async function stretched(passphrase, salt, cost) {
  const secret = await scrypt({
    password: utf8(passphrase.normalize("NFKC")),
    salt,
    costFactor: 2 ** cost,
    blockSize: 8,
    parallelism: 1,
    hashLength: 32,
    outputType: "binary",
  });
  return {
    master: await aes(secret, "gongwei/tablet/master\0"),
    sign: await aes(secret, "gongwei/tablet/sign\0"),
  };
}

/**
 * Nothing for a wrong passphrase.
 * @param {Hex} staff
 * @param {string} passphrase
 * @param {Wrap} wrap
 */
async function unwrap(staff, passphrase, wrap) {
  const keys = await stretched(passphrase, wrap.salt, wrap.cost);
  try {
    const master = await unseal(keys.master, `master\0${staff}`, wrap.master);
    const signing = await unseal(keys.sign, `sign\0${staff}`, wrap.sign);
    const suite = /** @type {Suite} */ (signing[0]);
    return { master, key: { suite, private: signing.subarray(1) } };
  } catch {
    return null;
  }
}

/**
 * @param {CryptoKey} key
 * @param {string} place
 * @param {Uint8Array} blob
 * @returns {Promise<Bytes>}
 */
async function unseal(key, place, blob) {
  if (blob[0] !== VERSION[0]) throw { code: "storage_broken" };
  const iv = bytesOf(blob.subarray(1, 1 + NONCE));
  const how = { name: "AES-GCM", iv, additionalData: utf8(place) };
  try {
    const plain = await crypto.subtle.decrypt(how, key, bytesOf(blob.subarray(1 + NONCE)));
    return new Uint8Array(plain);
  } catch {
    throw { code: "storage_broken" };
  }
}
