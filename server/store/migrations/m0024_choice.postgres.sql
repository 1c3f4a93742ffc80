-- Consents and switches as the residents' own acts, and what the new facility takes note of, as they
-- were on 2026-11-22. Never edited: later changes are later migrations.

-- Every consent so far put a copy on the tablets of the team it named.
ALTER TABLE "consent" ADD COLUMN "manner" TEXT NOT NULL DEFAULT 'copy';

ALTER TABLE "consent" ADD COLUMN "person" BYTEA;

ALTER TABLE "consent" ADD COLUMN "revoked_by" BYTEA;

ALTER TABLE "switch" ADD COLUMN "person" BYTEA;

ALTER TABLE "switch" ADD COLUMN "hand" BYTEA;

ALTER TABLE "switch" ADD COLUMN "sealed" BYTEA;

CREATE TABLE "handover" (
  "district" SMALLINT NOT NULL,
  "handover" BYTEA NOT NULL,
  "resident" BYTEA NOT NULL,
  "from_facility" BYTEA NOT NULL,
  "from_panel" BYTEA NOT NULL,
  "to_facility" BYTEA NOT NULL,
  "to_panel" BYTEA NOT NULL,
  "at" BIGINT NOT NULL,
  "due_at" BIGINT NOT NULL,
  "result" TEXT NOT NULL,
  "ended_at" BIGINT,
  "ended_by" BYTEA,
  PRIMARY KEY ("district", "handover")
);

CREATE INDEX "handover_by_resident" ON "handover" ("district", "resident");

CREATE INDEX "handover_by_to_facility_at" ON "handover" ("district", "to_facility", "at");

CREATE INDEX "handover_by_from_facility_at" ON "handover" ("district", "from_facility", "at");

CREATE INDEX "handover_by_result_due_at" ON "handover" ("district", "result", "due_at");
