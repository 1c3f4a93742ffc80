-- Sheets of cards for checkup days, as it was on 2026-11-22. Never edited: later changes are
-- later migrations.

CREATE TABLE "checkup_sheet" (
  "district" SMALLINT NOT NULL,
  "sheet" BYTEA NOT NULL,
  "facility" BYTEA NOT NULL,
  "staff" BYTEA NOT NULL,
  "day" BYTEA,
  "state" TEXT NOT NULL,
  "asked_at" BIGINT NOT NULL,
  "ready_at" BIGINT,
  "people" BYTEA NOT NULL,
  "done" INTEGER NOT NULL,
  "size" INTEGER NOT NULL,
  "digest" BYTEA NOT NULL,
  "tries" INTEGER NOT NULL,
  PRIMARY KEY ("district", "sheet")
);

CREATE INDEX "checkup_sheet_by_state_asked_at" ON "checkup_sheet" ("district", "state", "asked_at");

CREATE INDEX "checkup_sheet_by_facility_asked_at" ON "checkup_sheet" ("district", "facility", "asked_at");

CREATE TABLE "checkup_sheet_part" (
  "district" SMALLINT NOT NULL,
  "sheet" BYTEA NOT NULL,
  "n" INTEGER NOT NULL,
  "sealed" BYTEA NOT NULL,
  PRIMARY KEY ("district", "sheet", "n")
);
