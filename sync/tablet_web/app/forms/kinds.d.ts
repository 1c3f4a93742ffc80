// The forms of the exported catalogue (server/records/export.py), as the modules here read them.

export type Expression = unknown;

export type FieldType =
  | { is: "text"; least: number; most: number; pattern: string }
  | NumberType
  | { is: "code"; codes: Record<string, string> }
  | { is: "codes"; codes: Record<string, string>; none: string }
  | { is: "day"; past: boolean }
  | { is: "month"; past: boolean }
  | { is: "time" }
  | { is: "ref"; to: string }
  | ListType;

export interface NumberType {
  is: "integer" | "scaled";
  places: number;
  low: number;
  high: number;
  warn_low: number;
  warn_high: number;
  unit: string;
}

export interface ListType {
  is: "list";
  most: number;
  key: string;
  fields: Field[];
}

export interface Field {
  name: string;
  label: string;
  type: FieldType;
  required: boolean;
  class: string;
  resident_may: string;
  policy: string;
  reveals: boolean;
}

/** Finds fault when `broken` is true; made when all it needs is there and right. */
export interface Check {
  name: string;
  needs: string[];
  broken: Expression;
  missing: string;
  unless: string[];
  at: string;
  warn: boolean;
  sentence: string;
}

export interface Computed {
  name: string;
  label: string;
  type: FieldType;
  expression: Expression;
  fills: string;
  asks: Expression;
  at: string;
  warn: boolean;
  sentence: string;
  source: string;
}

export interface Kind {
  id: string;
  version: number;
  label: string;
  neutral_label: string;
  valid_from: string;
  valid_until: string | null;
  shape: string;
  subject: string;
  class: string;
  draft: boolean;
  after_death: boolean;
  waiver: { field: string; keeps: string[] } | null;
  fields: Field[];
  checks: Check[];
  computed: Computed[];
}

export type FaultCode =
  | "missing"
  | "wrong_type"
  | "out_of_range"
  | "unknown_code"
  | "contradiction"
  | "malformed";

/** One thing that is wrong: `field` is "meds/0/name" inside a list, "@on" the service day. */
export interface Fault {
  field: string;
  code: FaultCode;
  say: string;
  /** Only questioned: the form may be saved as it is. */
  warn: boolean;
}

/** What is known beside a form. */
export interface Beside {
  on: string;
  today: string;
  sex?: string | null;
  birth?: string | null;
  died?: string | null;
  /** Names of the catalogue's `known`. */
  known?: Record<string, unknown>;
  last?: Record<string, unknown>;
  numbers?: Record<string, number>;
}
