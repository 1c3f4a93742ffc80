-- Organisations, teams, accounts and sessions, as they were on 2026-11-22. Never edited: later changes are later migrations.

ALTER TABLE "facility" ADD COLUMN "level" TEXT NOT NULL DEFAULT 'facility';

ALTER TABLE "facility" ADD COLUMN "parent" BLOB;

ALTER TABLE "facility" ADD COLUMN "code" TEXT NOT NULL DEFAULT '';

ALTER TABLE "facility" ADD COLUMN "licence" TEXT NOT NULL DEFAULT '';

ALTER TABLE "facility" ADD COLUMN "ownership" TEXT NOT NULL DEFAULT 'public';

ALTER TABLE "facility" ADD COLUMN "opened_on" TEXT NOT NULL DEFAULT '';

ALTER TABLE "facility" ADD COLUMN "closed_on" TEXT;

CREATE TABLE "service_area" (
  "district" INTEGER NOT NULL,
  "code" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "facility" BLOB NOT NULL,
  "panel" BLOB,
  PRIMARY KEY ("district", "code")
) STRICT, WITHOUT ROWID;

CREATE INDEX "service_area_by_facility" ON "service_area" ("district", "facility");

CREATE TABLE "facility_service" (
  "district" INTEGER NOT NULL,
  "facility" BLOB NOT NULL,
  "service" TEXT NOT NULL,
  "from_day" TEXT NOT NULL,
  "until_day" TEXT,
  PRIMARY KEY ("district", "facility", "service", "from_day")
) STRICT, WITHOUT ROWID;

CREATE TABLE "team_member" (
  "district" INTEGER NOT NULL,
  "panel" BLOB NOT NULL,
  "staff" BLOB NOT NULL,
  "ground" TEXT NOT NULL,
  "from_day" TEXT NOT NULL,
  "until_day" TEXT,
  PRIMARY KEY ("district", "panel", "staff", "from_day")
) STRICT, WITHOUT ROWID;

CREATE INDEX "team_member_by_staff" ON "team_member" ("district", "staff");

CREATE TABLE "account" (
  "district" INTEGER NOT NULL,
  "staff" BLOB NOT NULL,
  "login" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "password" BLOB NOT NULL,
  "sealed_totp" BLOB NOT NULL,
  "totp_step" INTEGER NOT NULL,
  "tries" INTEGER NOT NULL,
  "locked_until" INTEGER NOT NULL,
  "made_by" BLOB NOT NULL,
  "changed_at" INTEGER NOT NULL,
  PRIMARY KEY ("district", "staff")
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX "account_by_login" ON "account" ("district", "login");

CREATE TABLE "invite" (
  "district" INTEGER NOT NULL,
  "invite" BLOB NOT NULL,
  "staff" BLOB NOT NULL,
  "purpose" TEXT NOT NULL,
  "made_by" BLOB NOT NULL,
  "made_at" INTEGER NOT NULL,
  "expires_at" INTEGER NOT NULL,
  "used_at" INTEGER,
  PRIMARY KEY ("district", "invite")
) STRICT, WITHOUT ROWID;

CREATE INDEX "invite_by_staff" ON "invite" ("district", "staff");

CREATE TABLE "session" (
  "district" INTEGER NOT NULL,
  "session" BLOB NOT NULL,
  "staff" BLOB NOT NULL,
  "began_at" INTEGER NOT NULL,
  "seen_at" INTEGER NOT NULL,
  "ended" TEXT NOT NULL,
  PRIMARY KEY ("district", "session")
) STRICT, WITHOUT ROWID;

CREATE INDEX "session_by_staff" ON "session" ("district", "staff");

CREATE TABLE "draft" (
  "district" INTEGER NOT NULL,
  "draft" BLOB NOT NULL,
  "staff" BLOB NOT NULL,
  "path" TEXT NOT NULL,
  "at" INTEGER NOT NULL,
  "sealed" BLOB NOT NULL,
  PRIMARY KEY ("district", "draft")
) STRICT, WITHOUT ROWID;

CREATE INDEX "draft_by_staff" ON "draft" ("district", "staff");

CREATE TABLE "account_event" (
  "district" INTEGER NOT NULL,
  "event" BLOB NOT NULL,
  "staff" BLOB NOT NULL,
  "actor" BLOB NOT NULL,
  "what" TEXT NOT NULL,
  "at" INTEGER NOT NULL,
  PRIMARY KEY ("district", "event")
) STRICT, WITHOUT ROWID;

CREATE INDEX "account_event_by_staff" ON "account_event" ("district", "staff");

CREATE TABLE "task_claim" (
  "district" INTEGER NOT NULL,
  "kind" TEXT NOT NULL,
  "subject" BLOB NOT NULL,
  "staff" BLOB NOT NULL,
  "at" INTEGER NOT NULL,
  PRIMARY KEY ("district", "kind", "subject")
) STRICT, WITHOUT ROWID;

CREATE TABLE "touched" (
  "district" INTEGER NOT NULL,
  "resident" BLOB NOT NULL,
  "at" INTEGER NOT NULL,
  PRIMARY KEY ("district", "resident")
) STRICT, WITHOUT ROWID;

CREATE TABLE "special_case" (
  "district" INTEGER NOT NULL,
  "special_case" BLOB NOT NULL,
  "resident" BLOB NOT NULL,
  "panel" BLOB NOT NULL,
  "ground" TEXT NOT NULL,
  "code" TEXT NOT NULL,
  "sealed" BLOB NOT NULL,
  "has_evidence" INTEGER NOT NULL,
  "state" TEXT NOT NULL,
  "asked_by" BLOB NOT NULL,
  "asked_at" INTEGER NOT NULL,
  "due_at" INTEGER NOT NULL,
  "decided_by" BLOB,
  "decided_at" INTEGER,
  PRIMARY KEY ("district", "special_case")
) STRICT, WITHOUT ROWID;

CREATE INDEX "special_case_by_resident" ON "special_case" ("district", "resident");

UPDATE "staff" SET "role" = 'doctor' WHERE "role" = 'village_doctor';

UPDATE "staff" SET "role" = 'desk' WHERE "role" NOT IN ('doctor', 'desk', 'county');
