-- Consents and switches as the residents' own acts, and what the new facility takes note of, as they
-- were on 2026-11-22. Never edited: later changes are later migrations.

-- Every consent so far put a copy on the tablets of the team it named.
ALTER TABLE "consent" ADD COLUMN "manner" TEXT NOT NULL DEFAULT 'copy';

ALTER TABLE "consent" ADD COLUMN "person" BLOB;

ALTER TABLE "consent" ADD COLUMN "revoked_by" BLOB;

ALTER TABLE "switch" ADD COLUMN "person" BLOB;

ALTER TABLE "switch" ADD COLUMN "hand" BLOB;

ALTER TABLE "switch" ADD COLUMN "sealed" BLOB;

CREATE TABLE "handover" (
  "district" INTEGER NOT NULL,
  "handover" BLOB NOT NULL,
  "resident" BLOB NOT NULL,
  "from_facility" BLOB NOT NULL,
  "from_panel" BLOB NOT NULL,
  "to_facility" BLOB NOT NULL,
  "to_panel" BLOB NOT NULL,
  "at" INTEGER NOT NULL,
  "due_at" INTEGER NOT NULL,
  "result" TEXT NOT NULL,
  "ended_at" INTEGER,
  "ended_by" BLOB,
  PRIMARY KEY ("district", "handover")
) STRICT, WITHOUT ROWID;

CREATE INDEX "handover_by_resident" ON "handover" ("district", "resident");

CREATE INDEX "handover_by_to_facility_at" ON "handover" ("district", "to_facility", "at");

CREATE INDEX "handover_by_from_facility_at" ON "handover" ("district", "from_facility", "at");

CREATE INDEX "handover_by_result_due_at" ON "handover" ("district", "result", "due_at");
