-- The service plan, as it was on 2026-11-22. Never edited: later changes are later migrations.

CREATE TABLE "plan" (
  "district" SMALLINT NOT NULL,
  "resident" BYTEA NOT NULL,
  "year" INTEGER NOT NULL,
  "until" TEXT NOT NULL,
  "made_at" BIGINT NOT NULL,
  "rev" BIGINT NOT NULL,
  "rev_restricted" BIGINT NOT NULL,
  "facility" BYTEA NOT NULL,
  "panel" BYTEA NOT NULL,
  "village" TEXT NOT NULL,
  "sealed_open" BYTEA NOT NULL,
  "sealed_restricted" BYTEA,
  PRIMARY KEY ("district", "resident")
);

CREATE INDEX "plan_by_until_resident" ON "plan" ("district", "until", "resident");

CREATE TABLE "plan_due" (
  "district" SMALLINT NOT NULL,
  "resident" BYTEA NOT NULL,
  "key" TEXT NOT NULL,
  "cls" TEXT NOT NULL,
  "rule" TEXT NOT NULL,
  "facility" BYTEA NOT NULL,
  "panel" BYTEA NOT NULL,
  "village" TEXT NOT NULL,
  "opens" TEXT NOT NULL,
  "due" TEXT NOT NULL,
  "closes" TEXT NOT NULL,
  "sealed" BYTEA,
  PRIMARY KEY ("district", "resident", "key")
);

CREATE INDEX "plan_due_by_facility_due_village_resident_closes_opens_rule" ON "plan_due" ("district", "facility", "due", "village", "resident", "closes", "opens", "rule");

CREATE INDEX "plan_due_by_panel_due_village_resident_closes_opens_rule" ON "plan_due" ("district", "panel", "due", "village", "resident", "closes", "opens", "rule");

CREATE TABLE "plan_year" (
  "district" SMALLINT NOT NULL,
  "year" INTEGER NOT NULL,
  "edition" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "after" BYTEA NOT NULL,
  "reached" INTEGER NOT NULL,
  "total" INTEGER NOT NULL,
  "made_at" BIGINT NOT NULL,
  PRIMARY KEY ("district", "year")
);
