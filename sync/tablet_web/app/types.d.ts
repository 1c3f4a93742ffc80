// What the two halves of the app agree on: the engine (a worker: keys, disk, wire) and the pages.
// Bytes never cross as text except ids (lower-case hex); instants are ms UTC; days are civil days
// of Asia/Shanghai, YYYY-MM-DD. Nothing here is a class: it all passes through postMessage.

import type { HallEngine } from "./hall.js";

export type Hex = string;
export type Day = string;
export type Suite = 1 | 3;
export type AccessClass = "A" | "B";

/** Every failure that a person can meet: a stable code (words/zh/faults.js has its sentence). */
export interface Fault {
  code: string;
  /** The server's own sentence, where it sent one. */
  say?: string;
  /** Counts and days for the sentence; never a name, number or address of a person. */
  facts?: Record<string, string | number>;
}

// ---- state, always to be had, also locked --------------------------------------------------------

export type Stage = "new" | "enrolling" | "locked" | "open" | "wiped";

export interface Status {
  stage: Stage;
  now: number;
  today: Day;
  /** Who works with this tablet; the first one was there at enrolment. */
  staff: StaffHere[];
  /** Who has it unlocked now. */
  me: Hex | null;
  device: Hex | null;
  facility: string;
  panels: { id: Hex; name: string }[];
  restricted: boolean;
  suite: Suite | null;
  sync: SyncState;
  storage: StorageState;
  /** Instant at which a silent tablet locks; 0: none yet. */
  lease: number;
  lease_over: boolean;
  /** Server minus this clock, when more than CLOCK_WARN_MS; else 0. */
  clock_off: number;
  /** The idle minutes after which it locks by itself. */
  idle_minutes: number;
  /** Whether home visits are saved with the position of the tablet. */
  position_on: boolean;
  /** Checkup days that are on this tablet. While it is 0 nothing of the hall need be fetched. */
  halls: number;
  /** The district's wipe or ten wrong tries took the readable copies; ready batches still wait. */
  wiped_why: "" | "tries" | "server" | "site_data";
}

export interface StaffHere {
  id: Hex;
  name: string;
  /** Of ten in a row; at 0 the readable copies go. */
  tries_left: number;
  /** Until when the next try has to wait; 0: at once. */
  wait_until: number;
  /** "waiting": their key was brought, an administrator has not confirmed it yet. */
  state: "active" | "waiting" | "ended";
}

export interface SyncState {
  /** Changes without a receipt, everybody's on this tablet. */
  waiting: number;
  oldest: number | null;
  /** Of those, made by somebody who is not unlocked now. */
  waiting_of_others: number;
  last: number | null;
  running: Progress | null;
  failures: number;
  next_try: number | null;
  online: boolean;
  held: number;
  conflicts: number;
  proposals: number;
  quarantined: number;
  /** Kept here because the server could not read them: the only readable copy. */
  unread: number;
  photos_waiting: number;
  ready_batches: number;
  /** Of ready batches, sealed by somebody else who must unlock once before they can be made anew. */
  needs: Hex[];
  /** While the first copy comes down: which lane (0 to 2); the app is usable from lane 1 on. */
  snapshot: { lane: number; residents: number; records: number } | null;
  fault: Fault | null;
  /** The server's audit log did not hold: people must look. */
  audit_alarm: boolean;
  behind: boolean;
  suspended: boolean;
  rescue_due: boolean;
  last_rescue: number | null;
}

export interface Progress {
  step: "unlock" | "send" | "take" | "photo" | "seal";
  done: number;
  /** 0: not known. */
  of: number;
}

export interface StorageState {
  persisted: boolean;
  used: number;
  quota: number;
  /** Nothing more can be written: reading and sending still work. */
  full: boolean;
  /** Not persisted: works only while the rescue file is on. */
  rescue_on: boolean;
}

// ---- what lists show -----------------------------------------------------------------------------

/** One resident of the sealed index: home and search need nothing else. */
export interface Line {
  id: Hex;
  name: string;
  /** Lower-case first letters of the pinyin; several readings by a space. */
  initials: string;
  sex: "" | "0" | "1" | "2" | "9";
  birth: Day | "";
  /** Last four signs of the document, of the telephone. */
  tail: string;
  phone: string;
  /** Village or street, from the address; "" unknown. */
  village: string;
  address: string;
  no: string;
  status: string;
  panels: Hex[];
  marks: Mark[];
  due: Due[];
  /** Newest service day of a record that is here. */
  last: Day | "";
  /** Own changes without a receipt. */
  waiting: number;
}

export type Mark =
  | "allergy"
  | "no_allergy"
  | "hypertension"
  | "diabetes"
  | "disputed"
  | "conflict"
  | "new_here"
  | "restricted";

export interface Due {
  rule: string;
  slot: string;
  cls: AccessClass;
  opens: Day;
  due: Day;
  closes: Day | null;
  /** An own record of today or yesterday has done it; the server has not said so yet. */
  done: boolean;
  /** Why, in words, where the server sent them. */
  reason: string;
}

/** Residents with something due, in the order in which they are to be visited. */
export interface Home {
  today: Day;
  villages: { name: string; lines: Line[] }[];
  /** Visited today: own records of today. */
  done: Line[];
  later: { from: Day; count: number } | null;
  residents: number;
  disputed: Line[];
  /** Nothing has come down yet. */
  empty: boolean;
}

// ---- one archive ---------------------------------------------------------------------------------

export interface Archive {
  line: Line;
  cells: Record<string, Cell>;
  /** Newest service day first; own ones stand among them. What was amended is inside its amender. */
  records: Rec[];
  due: Due[];
  /** Class B parts are here. */
  restricted: boolean;
  /** Created here, not yet known to the server. */
  new_here: boolean;
}

export interface Cell {
  name: string;
  field: string;
  /** Of a set; "" otherwise. */
  element: string;
  policy: string;
  /** What is relied on; undefined: nothing. */
  shown: unknown;
  heads: Head[];
  conflict: boolean;
  /** What the resident says and nobody has answered. */
  claims: Head[];
}

export interface Head {
  change: Hex;
  value: unknown;
  author: "staff" | "resident" | "import" | "registrar";
  staff: Hex;
  /** Name and facility where the directory has them. */
  by: string;
  at: number;
  /** Written here, without a receipt. */
  own: boolean;
}

export interface Rec {
  change: Hex;
  kind: string;
  v: number;
  on: Day;
  at: number;
  staff: Hex;
  by: string;
  cls: AccessClass;
  /** Of an own one: open, sent, or what the server said. Of a received one applied(_guest). */
  state: string;
  reason: string;
  own: boolean;
  body: Record<string, unknown>;
  /** Earlier versions that this one amends, newest first. */
  amended: Rec[];
  voided: { reason: string; by: string; at: number } | null;
  flags: string[];
  attach: Picture[];
  /** The resident's own words about it (kind statement). */
  statements: Rec[];
}

export interface Picture {
  id: Hex;
  type: string;
  size: number;
  /** Its bytes are still on this tablet. */
  here: boolean;
  state: "" | "waiting" | "sent" | "taken" | "refused";
  reason: string;
}

// ---- what is written -----------------------------------------------------------------------------

/** Degrees times 100000 and metres, as the wire has them; `at`: of the fix, ms UTC. */
export interface Position {
  lat: number;
  lon: number;
  acc: number;
  at: number;
}

export interface NewRecord {
  resident: Hex;
  kind: string;
  v: number;
  on: Day;
  body: Record<string, unknown>;
  amends?: Hex;
  ground?: { kind: "card" | "consent" | "emergency"; note: string };
  /** Ids that `addPicture` gave. */
  pictures?: Hex[];
  /** Goes beside the record to the server, and to no other tablet. */
  position?: Position;
  /** Drafts that this record ends, in the same local step. */
  draft?: string;
}

export interface NewEdit {
  resident: Hex;
  on: Day;
  /** Cell -> value; null or false takes a set element away. */
  cells: Record<string, unknown>;
  /** Cell -> ids of the heads that were on the screen; left out: those of now. */
  saw?: Record<string, Hex[]>;
  draft?: string;
}

/** Somebody who has no archive yet. `resident`: an id that `freshId` gave. */
export interface NewResident {
  resident: Hex;
  panel: Hex;
  on: Day;
  /** Codes of the kind open_archive. */
  seen: string;
  signed: string;
  /** Cell -> value, as of an edit; the identity among them. */
  cells: Record<string, unknown>;
  pictures?: Hex[];
  draft?: string;
}

/** What a resident is handed when a switch was signed here. */
export interface Docket {
  number: string;
  /** What the QR holds; "" when the act has left this tablet: the number still finds it. */
  text: string;
  at: number;
  team: Hex;
  staff: Hex;
}

/** What somebody without a phone may choose, as the server last told it. */
export interface Choices {
  teams: { id: Hex; name: string; facility: string }[];
  grounds: { code: string; label: string }[];
}

/** A form that is being filled in, as the page keeps it; the engine only seals it. */
export interface Draft {
  key: string;
  resident: Hex;
  kinds: string[];
  at: number;
  typed: Record<string, unknown>;
}

/** An own change and what became of it. */
export interface Mine {
  change: Hex;
  resident: Hex;
  name: string;
  kind: string;
  on: Day;
  at: number;
  staff: Hex;
  /** open: only here. sent: in a sealed batch that has left or is ready. Else the server's word. */
  state: string;
  reason: string;
  receipt: number | null;
}

// ---- a checkup day -------------------------------------------------------------------------------

export type {
  HallAlarm,
  HallCard,
  HallCheckedIn,
  HallDay,
  HallHow,
  HallLabel,
  HallMark,
  HallOutcome,
  HallPart,
  HallPerson,
  HallPhase,
  HallScan,
  HallSheet,
  HallStation,
  HallView,
  NewGuest,
} from "./hall.js";

// ---- enrolment -----------------------------------------------------------------------------------

export interface Checkup {
  service_worker: boolean;
  webcrypto: boolean;
  camera: boolean;
  persisted: boolean;
  indexeddb: boolean;
  secure: boolean;
  /** Which suites this browser can do: 1 where it has X25519 and Ed25519, 3 with P-256. */
  suites: Suite[];
}

// ---- the engine ----------------------------------------------------------------------------------

/** Everything the pages may ask of the engine. Every call may reject with a Fault. */
export type Engine = Tablet & HallEngine;

/** What is there from the first moment; the calls of the hall come when one is made. */
export interface Tablet {
  status(): Promise<Status>;

  /** Starts with a typed or scanned code; resolves to the six digits to compare. */
  enrol(code: string, label: string): Promise<{ digits: string }>;
  /** Whether the administrator has confirmed; to be asked every 2 s. */
  enrolled(): Promise<"waiting" | "confirmed" | "expired">;
  /** Ends the enrolment: makes the master key, keeps everything, and is unlocked. */
  finish(name: string, passphrase: string): Promise<void>;
  giveUpEnrolment(): Promise<void>;

  /** A further member of staff, from a code for this tablet; needs an unlocked tablet. */
  addStaff(code: string): Promise<{ digits: string }>;
  staffAdded(): Promise<"waiting" | "confirmed" | "expired">;
  finishStaff(name: string, passphrase: string): Promise<void>;

  unlock(staff: Hex, passphrase: string): Promise<void>;
  lock(): Promise<void>;
  changePassphrase(old: string, fresh: string): Promise<void>;
  /** Something was touched: puts off the idle lock. */
  touch(): Promise<void>;
  setIdleMinutes(minutes: number): Promise<void>;
  setPosition(on: boolean): Promise<void>;

  home(): Promise<Home>;
  search(text: string, most?: number): Promise<Line[]>;
  /** Logs the reading (and says it to the server with the next exchange). */
  open(resident: Hex, purpose: string): Promise<Archive>;
  /** The same again after a save, by whoever has it open: not a further reading. */
  again(resident: Hex): Promise<Archive>;

  save(record: NewRecord): Promise<Hex>;
  /** Several at once (a combined visit), all or none. */
  saveAll(records: NewRecord[]): Promise<Hex[]>;
  edit(change: NewEdit): Promise<Hex>;
  void(resident: Hex, record: Hex, reason: string): Promise<Hex>;
  /** An id for somebody or something that is to be. */
  freshId(): Promise<Hex>;
  /** Opens an archive; the change that does. Whatever follows for them is saved after it. */
  newResident(person: NewResident): Promise<Hex>;
  docket(act: Hex): Promise<Docket>;
  choices(): Promise<Choices>;
  /** Residents of this tablet who may be the same person. */
  alike(person: { name: string; birth: Day; sex: string; id_no: string }): Promise<Line[]>;

  draft(key: string): Promise<Draft | null>;
  keepDraft(draft: Draft): Promise<void>;
  dropDraft(key: string): Promise<void>;
  drafts(): Promise<Draft[]>;

  /** A JPEG, PNG or WebP, sealed at once; it goes with the record that names it. */
  addPicture(resident: Hex, bytes: Uint8Array, type: string): Promise<Hex>;
  picture(id: Hex): Promise<{ bytes: Uint8Array; type: string } | null>;
  dropPicture(id: Hex): Promise<void>;

  sync(): Promise<void>;
  mine(): Promise<Mine[]>;

  /** All ready batches as one GWR1 file (PROTOCOL 4.6); works locked. */
  rescueFile(): Promise<{ name: string; bytes: Uint8Array; batches: number; changes: number }>;
  rescueKept(): Promise<void>;
  setRescue(on: boolean): Promise<void>;
  /** Batches of a rescue file come back into an emptied tablet's outbox, to be sent from it. */
  readRescue(bytes: Uint8Array): Promise<{ batches: number }>;

  /** Names of staff and facilities, as the server last told them. */
  names(): Promise<Record<Hex, string>>;
  /** After a wipe and when nothing waits: the tablet is as new. Refused while batches wait. */
  startOver(): Promise<void>;
}

/** What the engine says by itself. hall: a checkup day has changed here, or is gone. */
export type Said =
  | { event: "status"; status: Status }
  | { event: "changed"; residents: Hex[] }
  | { event: "hall"; days: Hex[] };

// ---- the disk ------------------------------------------------------------------------------------

export type Store =
  | "meta"
  | "staff"
  | "batch"
  | "mine"
  | "own"
  | "fate"
  | "receipt"
  | "session"
  | "person"
  | "index"
  | "gone"
  | "looked"
  | "draft"
  | "photo"
  | "photo_part"
  | "hall";

/** One row put (value given) or deleted (value undefined). Keys are text. */
export interface Write {
  store: Store;
  key: string;
  value?: unknown;
}

/** A durable store of rows by key. `write` is one transaction: all of it is on disk, or nothing. */
export interface Disk {
  get<T>(store: Store, key: string): Promise<T | undefined>;
  /** Rows by rising key; `from`, `to`: bounds of the key, both inside. */
  rows<T>(store: Store, from?: string, to?: string): Promise<[string, T][]>;
  keys(store: Store, from?: string, to?: string): Promise<string[]>;
  count(store: Store): Promise<number>;
  /** Rejects with Fault storage_full when there is no room; then nothing was written. */
  write(rows: Write[]): Promise<void>;
  close(): void;
}

/** What an engine is given: nothing in it reads a clock, a random number or the network itself. */
export interface World {
  disk: Disk;
  /** ms UTC. */
  clock(): number;
  /** ms, never set back, of this run. */
  mono(): number;
  random(length: number): Uint8Array;
  /** POST or PUT/HEAD to the server this app came from; rejects when there is no connection. */
  send(call: Call): Promise<Reply>;
  online(): boolean;
  /** scrypt, log2 of N: 17 on a tablet, less in tests. */
  cost_log2: number;
  /** Data files of the app: catalogue.json, initials.json. */
  data<T>(name: string): Promise<T>;
  /** Whether the browser keeps the storage, and its use in bytes; left out: it does. */
  estimate?(): Promise<{ persisted: boolean; used: number; quota: number }>;
}

export interface Call {
  method: "POST" | "PUT" | "HEAD";
  path: string;
  headers?: Record<string, string>;
  body?: Uint8Array;
  timeout_ms: number;
}

export interface Reply {
  status: number;
  headers: Record<string, string>;
  body: Uint8Array;
}
