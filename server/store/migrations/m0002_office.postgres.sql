-- Organisations, teams, accounts and sessions, as they were on 2026-11-22. Never edited: later changes are later migrations.

ALTER TABLE "facility" ADD COLUMN "level" TEXT NOT NULL DEFAULT 'facility';

ALTER TABLE "facility" ADD COLUMN "parent" BYTEA;

ALTER TABLE "facility" ADD COLUMN "code" TEXT NOT NULL DEFAULT '';

ALTER TABLE "facility" ADD COLUMN "licence" TEXT NOT NULL DEFAULT '';

ALTER TABLE "facility" ADD COLUMN "ownership" TEXT NOT NULL DEFAULT 'public';

ALTER TABLE "facility" ADD COLUMN "opened_on" TEXT NOT NULL DEFAULT '';

ALTER TABLE "facility" ADD COLUMN "closed_on" TEXT;

CREATE TABLE "service_area" (
  "district" SMALLINT NOT NULL,
  "code" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "facility" BYTEA NOT NULL,
  "panel" BYTEA,
  PRIMARY KEY ("district", "code")
);

CREATE INDEX "service_area_by_facility" ON "service_area" ("district", "facility");

CREATE TABLE "facility_service" (
  "district" SMALLINT NOT NULL,
  "facility" BYTEA NOT NULL,
  "service" TEXT NOT NULL,
  "from_day" TEXT NOT NULL,
  "until_day" TEXT,
  PRIMARY KEY ("district", "facility", "service", "from_day")
);

CREATE TABLE "team_member" (
  "district" SMALLINT NOT NULL,
  "panel" BYTEA NOT NULL,
  "staff" BYTEA NOT NULL,
  "ground" TEXT NOT NULL,
  "from_day" TEXT NOT NULL,
  "until_day" TEXT,
  PRIMARY KEY ("district", "panel", "staff", "from_day")
);

CREATE INDEX "team_member_by_staff" ON "team_member" ("district", "staff");

CREATE TABLE "account" (
  "district" SMALLINT NOT NULL,
  "staff" BYTEA NOT NULL,
  "login" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "password" BYTEA NOT NULL,
  "sealed_totp" BYTEA NOT NULL,
  "totp_step" BIGINT NOT NULL,
  "tries" INTEGER NOT NULL,
  "locked_until" BIGINT NOT NULL,
  "made_by" BYTEA NOT NULL,
  "changed_at" BIGINT NOT NULL,
  PRIMARY KEY ("district", "staff")
);

CREATE UNIQUE INDEX "account_by_login" ON "account" ("district", "login");

CREATE TABLE "invite" (
  "district" SMALLINT NOT NULL,
  "invite" BYTEA NOT NULL,
  "staff" BYTEA NOT NULL,
  "purpose" TEXT NOT NULL,
  "made_by" BYTEA NOT NULL,
  "made_at" BIGINT NOT NULL,
  "expires_at" BIGINT NOT NULL,
  "used_at" BIGINT,
  PRIMARY KEY ("district", "invite")
);

CREATE INDEX "invite_by_staff" ON "invite" ("district", "staff");

CREATE TABLE "session" (
  "district" SMALLINT NOT NULL,
  "session" BYTEA NOT NULL,
  "staff" BYTEA NOT NULL,
  "began_at" BIGINT NOT NULL,
  "seen_at" BIGINT NOT NULL,
  "ended" TEXT NOT NULL,
  PRIMARY KEY ("district", "session")
);

CREATE INDEX "session_by_staff" ON "session" ("district", "staff");

CREATE TABLE "draft" (
  "district" SMALLINT NOT NULL,
  "draft" BYTEA NOT NULL,
  "staff" BYTEA NOT NULL,
  "path" TEXT NOT NULL,
  "at" BIGINT NOT NULL,
  "sealed" BYTEA NOT NULL,
  PRIMARY KEY ("district", "draft")
);

CREATE INDEX "draft_by_staff" ON "draft" ("district", "staff");

CREATE TABLE "account_event" (
  "district" SMALLINT NOT NULL,
  "event" BYTEA NOT NULL,
  "staff" BYTEA NOT NULL,
  "actor" BYTEA NOT NULL,
  "what" TEXT NOT NULL,
  "at" BIGINT NOT NULL,
  PRIMARY KEY ("district", "event")
);

CREATE INDEX "account_event_by_staff" ON "account_event" ("district", "staff");

CREATE TABLE "task_claim" (
  "district" SMALLINT NOT NULL,
  "kind" TEXT NOT NULL,
  "subject" BYTEA NOT NULL,
  "staff" BYTEA NOT NULL,
  "at" BIGINT NOT NULL,
  PRIMARY KEY ("district", "kind", "subject")
);

CREATE TABLE "touched" (
  "district" SMALLINT NOT NULL,
  "resident" BYTEA NOT NULL,
  "at" BIGINT NOT NULL,
  PRIMARY KEY ("district", "resident")
);

CREATE TABLE "special_case" (
  "district" SMALLINT NOT NULL,
  "special_case" BYTEA NOT NULL,
  "resident" BYTEA NOT NULL,
  "panel" BYTEA NOT NULL,
  "ground" TEXT NOT NULL,
  "code" TEXT NOT NULL,
  "sealed" BYTEA NOT NULL,
  "has_evidence" BOOLEAN NOT NULL,
  "state" TEXT NOT NULL,
  "asked_by" BYTEA NOT NULL,
  "asked_at" BIGINT NOT NULL,
  "due_at" BIGINT NOT NULL,
  "decided_by" BYTEA,
  "decided_at" BIGINT,
  PRIMARY KEY ("district", "special_case")
);

CREATE INDEX "special_case_by_resident" ON "special_case" ("district", "resident");

UPDATE "staff" SET "role" = 'doctor' WHERE "role" = 'village_doctor';

UPDATE "staff" SET "role" = 'desk' WHERE "role" NOT IN ('doctor', 'desk', 'county');
