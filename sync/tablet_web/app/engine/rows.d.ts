// What the engine keeps on disk and in memory. Ids are lower-case hex, bytes Uint8Array; nothing in
// a row outside `sealed` says anything of a person.

import type { Day, Hex, Suite } from "../types.js";

export interface SnapAt {
  at: number;
  lane: number;
  after: string;
  cut: string;
}

export interface CursorAt {
  epoch: number;
  csn: number;
  snap: SnapAt | null;
}

/** The small facts of a tablet: meta/state, rewritten with every step. */
export interface State {
  /** Enrolments of this app so far: batches of an earlier one are posted as they are. */
  gen: number;
  device: Hex;
  suite: Suite;
  district: number;
  /** Pinned trust key, public. */
  trust: Hex;
  /** ServerKeys, the exact text of the bundle held. */
  bundle: string;
  panels: { id: Hex; name: string; facility: Hex }[];
  restricted: boolean;
  schema: number;
  chain_epoch: number;
  seq: number;
  prev: Hex;
  /** Changes a batch; halved on a bad line, or when one could not be read. */
  most: number;
  /** Highest seq ever given out in this epoch. */
  high: number;
  counter: number;
  saved: number;
  server_now: number;
  offset: number | null;
  sigma: number;
  outcomes_seen: number;
  backed_epoch: number;
  backed_seq: number;
  backed_at: number;
  lease: number;
  feed_epoch: number;
  trust_epoch: number;
  checkpoint: number;
  checkpoint_root: Hex;
  checkpoint_before: { size: number; root: Hex } | null;
  misses: number;
  head_epoch: number;
  head_seq: number;
  head_digest: Hex;
  behind: boolean;
  /** A small question first: does the server's head stand below what did not go through? */
  probe: boolean;
  cursors: Record<Hex, CursorAt>;
  /** Panels whose digest differed last time. */
  ask: Record<Hex, boolean>;
  takes_pictures: boolean;
  suspended: boolean;
  /** Why pages are kept from this tablet, as the server said (PROTOCOL 9); "" or absent: they are not. */
  kept_from?: string;
  audit_alarm: boolean;
  digest_alarm: boolean;
  clock_off: number;
  last: number;
  /** Records that pages have brought, while a first copy comes down. */
  records: number;
  /** Version of the directory held; "" none. */
  names: Hex;
  /** Of the first panel, where the directory names it. */
  facility_name: string;
  /** Checkup days that are here, by id. */
  halls?: Record<Hex, HallAt>;
  /** How far this tablet has counted on a day; outlives the day here, so that no number comes twice. */
  hall_counts?: Record<Hex, HallCount>;
  /** Since when nothing but refusals that keep everything came (PROTOCOL 9); 0: not so. */
  refused_since: number;
}

/** How far one checkup day has come down. */
export interface HallAt {
  /** Feed epoch; 0: nothing yet. */
  epoch: number;
  csn: number;
  /** Of what is held of the day itself; 0: it is to be told anew. */
  version: number;
  /** The list is here to its end. */
  complete: boolean;
}

export interface HallCount {
  /** Chain epoch in which the series was given: another chain counts in another series. */
  chain: number;
  series: number;
  ticket: number;
  sheet: number;
}

/** What outlives an enrolment: meta/app. */
export interface AppState {
  rescue_on: boolean;
  last_rescue: number;
  idle_minutes: number;
  position_on: boolean;
  wiped_why: "" | "tries" | "server" | "site_data";
}

export interface BatchRow {
  gen: number;
  epoch: number;
  seq: number;
  digest: Hex;
  /** stale: could only be made anew by its author, and is sent once everything else is lost. */
  state: "ready" | "held" | "stale";
  /** Given out (sent, or in a rescue file): final. */
  out: boolean;
  staff: Hex;
  /** Change ids, in order; of a batch from a rescue file unknown. */
  ids: Hex[];
  prev: Hex;
  at: number;
  oldest: number;
  beside: boolean;
  taken: number;
  size: number;
  /** When a 200 came for it that could not be read. */
  posted: number;
  /** Came in with a rescue file: its changes are not here. */
  brought: boolean;
}

export interface OwnRow {
  n: number;
  staff: Hex;
  /** open: in no ready batch. kept: only readable copy. aside: not in the shown values. */
  state: "open" | "sent" | "receipted" | "aside" | "kept";
  epoch: number;
  seq: number;
  was: number[];
  session: Hex;
  at: number;
  /** Of a step: its checkup day. */
  hall?: Hex;
  sealed: Uint8Array;
}

/** Sealed in an OwnRow. */
export interface OwnPlain {
  resident: Hex;
  kind: string;
  on: Day;
  name: string;
  /** The bytes of the change, as text. */
  raw: string;
  known: { panel: Hex; epoch: number; csn: number; at: number };
  /** Goes beside the change. */
  position?: import("../types.js").Position;
}

export interface FateRow {
  n: number;
  staff: Hex;
  at: number;
  /** "": no receipt yet. */
  state: string;
  reason: string;
  receipt: number;
  /** Of a step: its checkup day. */
  hall?: Hex;
  sealed: Uint8Array;
}

export interface FatePlain {
  resident: Hex;
  kind: string;
  on: Day;
  name: string;
}

export interface SessionRow {
  wall: number;
  mono: number;
  offset: number | null;
  sigma: number;
}

export interface GoneRow {
  at: number;
  panel: Hex;
}

export interface LookedRow {
  at: number;
  /** Who read: only what they sign themselves says so. */
  staff: Hex;
  sealed: Uint8Array;
}

export interface PhotoRow {
  n: number;
  change: Hex;
  size: number;
  state: "loose" | "waiting" | "held" | "refused";
  taken: number;
  reason: string;
  /** Slip of the HEAD. */
  head: string;
  device: Hex;
  gen: number;
  at: number;
  resident: Hex;
  /** key, type. */
  sealed: Uint8Array;
}

export interface Entity {
  rev: number;
  ep: number;
  /** Service day of a record; "" of what is none. */
  on: string;
  /** The put as it came. */
  raw: Uint8Array;
}

/** All that was received of one resident: one sealed row. */
export interface Person {
  /** By class. */
  regs: Record<string, Entity>;
  plans: Record<string, Entity>;
  /** By change id and class: "id/A". */
  events: Record<string, Entity>;
}

/** A plan as the index has it: days counted from 1 January of `year`. */
export interface PlanHere {
  cls: "A" | "B";
  year: number;
  items: [string, string, number, number, number | null, string?][];
}

/** One resident in the sealed index. */
export interface Entry {
  id: Hex;
  panels: Hex[];
  /** Of the leaves of what was received, hex of 16 bytes. */
  sum: Hex;
  name: string;
  initials: string;
  sex: string;
  birth: string;
  doc: string;
  tel: string;
  /** Code of the address. */
  region: string;
  /** As the address says it; the directory may know better. */
  village: string;
  address: string;
  no: string;
  status: string;
  marks: import("../types.js").Mark[];
  plans: PlanHere[];
  last: string;
  /** Lowest feed epoch under which something of it came. */
  ep: number;
}
