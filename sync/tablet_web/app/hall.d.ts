// A checkup day (体检日) as the engine tells it to the pages. The modules behind these calls come
// when one of them is made for the first time; a page asks for none while Status.halls is 0.
//
// No check-in, mark or leaving is ever refused: each is a step that is saved, sealed for the server
// and shown at once, whatever other tablets do. Two tablets that check one person in make two
// steps and one arrival. A call rejects with a Fault all the same where it cannot be carried out:
// no_such_day (it has ended, or never was here), no_such_person, locked, storage_full, and
// storage_not_kept as for any save.

import type { Day, Hex } from "./types.js";

/** expected: not here yet. finished: every station was done, or is not to be. left: went before. */
export type HallPhase = "expected" | "registered" | "under_way" | "finished" | "left";

/** 1 card, 2 the phone's day code, 3 ID number, 4 name, 5 archive number, 6 guest, 7 desk. */
export type HallHow = "1" | "2" | "3" | "4" | "5" | "6" | "7";

/** 1 done, 2 not done and why, 3 taken back. */
export type HallMark = "1" | "2" | "3";

/**
 * valid: `person` may be checked in. already_in: the person was checked in before, here or on
 * another tablet as far as is known. expired, revoked, forged, unknown_key, wrong_day: of a code.
 * not_on_list: genuine, and of nobody on the list; with a `person` it is a resident of this
 * tablet's own panel, who walks in; without one, find them otherwise or take a guest.
 * unreadable: no code, number, ticket or line of a card reader; with `by` number an ID number whose
 * check digit does not hold.
 */
export type HallOutcome =
  | "valid"
  | "already_in"
  | "expired"
  | "wrong_day"
  | "forged"
  | "revoked"
  | "unknown_key"
  | "not_on_list"
  | "unreadable";

/** What hung at the scanner: "type" a scanner or card reader that types, or a person; "camera". */
export type HallInput = "camera" | "type";

/** What an ID-card reader read, or a typed number says: a guest's form starts with it. */
export interface HallCard {
  /** Normalised: 18 signs. Its check digit holds. */
  number: string;
  name: string;
  sex: "" | "1" | "2";
  birth: Day;
  nation: string;
  address: string;
}

export interface HallScan {
  outcome: HallOutcome;
  /** Of a forged, expired, revoked code none, even where one is known. */
  person: HallPerson | null;
  /** What to check in with. */
  how: HallHow;
  /** Id of the code, for the check-in; "" no code. */
  code: Hex;
  /** By what the person was found: also the ticket or a tube of theirs, at a station. */
  by: "code" | "digits" | "number" | "archive_no" | "ticket" | "specimen" | "";
  /** Of an ID number or a card reader's line; else null. */
  card: HallCard | null;
}

export interface HallDay {
  day: Hex;
  on: Day;
  facility: string;
  place: string;
  /** 08:00 */
  opens: string;
  closes: string;
  when: "past" | "today" | "later";
  people: number;
  arrived: number;
  /** False while the list still comes down: it can be used, and somebody may be missing. */
  complete: boolean;
  /** Open critical values. */
  alarms: number;
  /** Own steps of this day without a receipt. */
  waiting: number;
  /** False: this tablet cannot number yet; check-in works, tickets and labels come later. */
  numbers: boolean;
}

export interface HallStation {
  id: string;
  label: string;
  short: string;
  /** What of which form is filled in there; without fields all of it. */
  forms: { kind: string; v: number; fields: string[] }[];
  /** Ids of HallView.tubes. */
  tubes: string[];
  minutes: number;
  /** For the person: 请空腹. */
  note: string;
  /** What an operator may find critical there, beside values: codes of station_part. */
  urgent: { code: string; label: string }[];
  /** Persons for whom it is the next one; those who have done it. */
  waiting: number;
  done: number;
}

export interface HallView extends HallDay {
  lead: { id: Hex; name: string };
  doctors: { id: Hex; name: string }[];
  stations: HallStation[];
  tubes: { id: string; label: string }[];
  groups: { id: string; label: string; route: string[]; people: number; arrived: number }[];
  /** Everybody by phase; walk_ins and guests are among them. */
  counts: Record<HallPhase, number> & { walk_ins: number; guests: number; doubled: number };
}

export interface HallLabel {
  tube: string;
  /** HallView.tubes says it. */
  label: string;
  /** Twelve digits; the last checks the others. */
  number: string;
}

export interface HallSheet {
  change: Hex;
  labels: HallLabel[];
}

/** What is known of a station of this person. */
export interface HallPart {
  station: string;
  label: string;
  mark: HallMark;
  at: number;
  /** Written here, without a receipt. */
  own: boolean;
}

export interface HallAlarm {
  /** Change of the part that brought it, and its field: what hallActed takes. */
  part: Hex;
  field: string;
  /** As the form has it; true of a finding that has only a name (field `urgent:CODE`). */
  value: unknown;
  station: string;
  at: number;
  /** Of the district's rule; "" where this tablet knows none. */
  name: string;
  sentence: string;
  who: Hex;
  person: string;
  ticket: string;
  acted: { did: string; at: number; by: string } | null;
}

export interface HallPerson {
  who: Hex;
  /** own: a resident of this tablet's panel who is not on the list. */
  status: "invited" | "walk_in" | "guest" | "own";
  name: string;
  sex: "" | "1" | "2";
  birth: Day | "";
  /** Last four signs of the ID number. */
  tail: string;
  groups: string[];
  /** Ids of stations, in order. */
  route: string[];
  slot: string;
  phase: HallPhase;
  /** "" none yet: before the check-in, or on a tablet that cannot number yet. */
  ticket: string;
  arrived: number | null;
  /** When the last station was done; null before. */
  finished: number | null;
  next: string;
  missing: string[];
  parts: HallPart[];
  sheet: HallSheet | null;
  alarms: HallAlarm[];
  /** Check-ins beyond the first. */
  doubled: number;
  /** Own steps without a receipt. */
  waiting: number;
}

/** Somebody who is on no list. `who`: an id that `freshId` gave, the same for a second try. */
export interface NewGuest {
  who: Hex;
  number: string;
  /** Code of the kind check_in. */
  id_type: string;
  name: string;
  sex: string;
  birth_date: Day;
  phone?: string;
  /** Ids that `addPicture` gave: the signature. */
  pictures?: Hex[];
  agreed: string;
}

export interface HallCheckedIn {
  change: Hex;
  person: HallPerson;
  /** "": this tablet cannot number yet; it has one as soon as the tablet has heard the server. */
  ticket: string;
  /** Null where nothing is numbered yet, or no tube is needed: then the route alone is printed. */
  sheet: HallSheet | null;
  /** Somebody had checked this person in before, as far as is known. */
  doubled: boolean;
}

export interface NewHallPart {
  who: Hex;
  station: string;
  mark: HallMark;
  /** Of a mark 2. */
  why?: string;
  /** A part of one form of the station; undefined: only ticked. */
  form?: { kind: string; v: number; values: Record<string, unknown> };
  /** Codes of the kind station_part: findings an operator calls critical. */
  urgent?: string[];
}

/** Drafts whose key begins with `hall.DAY.` go when the day does. */
export interface HallEngine {
  /** Days of this tablet, today's first. */
  hallDays(): Promise<HallDay[]>;
  hall(day: Hex): Promise<HallView>;

  /**
   * Whatever a camera read or a scanner, a card reader or a person typed: a code (any case, with
   * spaces, line ends or signs in front), its digits, an ID number, a card reader's line, an
   * archive number, a ticket, a specimen number.
   */
  hallScan(day: Hex, text: string, input: HallInput): Promise<HallScan>;
  /** By name, its initials, a tail; residents of the own panel who are not on the list last. */
  hallFind(day: Hex, text: string, most?: number): Promise<HallPerson[]>;
  hallPerson(day: Hex, who: Hex): Promise<HallPerson>;

  /** With ticket and labels, in one step on disk. `code`: of the scan. */
  hallCheckIn(
    day: Hex,
    person: { who: Hex } | { guest: NewGuest },
    how: HallHow,
    code?: Hex,
  ): Promise<HallCheckedIn>;
  /** New labels; the older ones are void. `no_numbers` on a tablet that cannot number yet. */
  hallSheet(day: Hex, who: Hex): Promise<HallCheckedIn>;
  /** The alarms it has raised stand in the answer. Several forms of a station: one call each. */
  hallPart(day: Hex, part: NewHallPart): Promise<{ change: Hex; alarms: HallAlarm[] }>;
  /** Which values would alarm, before they are saved. */
  hallCritical(
    day: Hex,
    form: string,
    values: Record<string, unknown>,
  ): Promise<{ field: string; name: string; sentence: string }[]>;
  /** `did`: 1 doctor saw, 2 referred, 3 measured again, was wrong, 4 sent to hospital. */
  hallActed(
    day: Hex,
    who: Hex,
    alarm: { part: Hex; field: string },
    did: string,
    doctor: Hex,
    text: string,
  ): Promise<Hex>;
  /** `missing`: why somebody goes with stations undone. */
  hallLeave(day: Hex, who: Hex, missing?: string): Promise<Hex>;
  /** Stations not settled yet, in order, and critical values nobody has acted on. */
  hallMissing(day: Hex, who: Hex): Promise<{ stations: HallStation[]; alarms: HallAlarm[] }>;
  /** Open ones of everybody, oldest first. */
  hallAlarms(day: Hex): Promise<HallAlarm[]>;
  /** Who waits at a station: in the hall, and it is not settled; those for whom it is next first. */
  hallQueue(day: Hex, station: string): Promise<HallPerson[]>;
  /** Everybody of the day in a phase, or of all; by ticket, then by name. */
  hallList(day: Hex, phase?: HallPhase): Promise<HallPerson[]>;
}
