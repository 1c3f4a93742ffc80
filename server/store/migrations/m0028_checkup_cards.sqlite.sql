-- Sheets of cards for checkup days, as it was on 2026-11-22. Never edited: later changes are
-- later migrations.

CREATE TABLE "checkup_sheet" (
  "district" INTEGER NOT NULL,
  "sheet" BLOB NOT NULL,
  "facility" BLOB NOT NULL,
  "staff" BLOB NOT NULL,
  "day" BLOB,
  "state" TEXT NOT NULL,
  "asked_at" INTEGER NOT NULL,
  "ready_at" INTEGER,
  "people" BLOB NOT NULL,
  "done" INTEGER NOT NULL,
  "size" INTEGER NOT NULL,
  "digest" BLOB NOT NULL,
  "tries" INTEGER NOT NULL,
  PRIMARY KEY ("district", "sheet")
) STRICT, WITHOUT ROWID;

CREATE INDEX "checkup_sheet_by_state_asked_at" ON "checkup_sheet" ("district", "state", "asked_at");

CREATE INDEX "checkup_sheet_by_facility_asked_at" ON "checkup_sheet" ("district", "facility", "asked_at");

CREATE TABLE "checkup_sheet_part" (
  "district" INTEGER NOT NULL,
  "sheet" BLOB NOT NULL,
  "n" INTEGER NOT NULL,
  "sealed" BLOB NOT NULL,
  PRIMARY KEY ("district", "sheet", "n")
) STRICT, WITHOUT ROWID;
