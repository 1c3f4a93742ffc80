-- The service plan, as it was on 2026-11-22. Never edited: later changes are later migrations.

CREATE TABLE "plan" (
  "district" INTEGER NOT NULL,
  "resident" BLOB NOT NULL,
  "year" INTEGER NOT NULL,
  "until" TEXT NOT NULL,
  "made_at" INTEGER NOT NULL,
  "rev" INTEGER NOT NULL,
  "rev_restricted" INTEGER NOT NULL,
  "facility" BLOB NOT NULL,
  "panel" BLOB NOT NULL,
  "village" TEXT NOT NULL,
  "sealed_open" BLOB NOT NULL,
  "sealed_restricted" BLOB,
  PRIMARY KEY ("district", "resident")
) STRICT;

CREATE INDEX "plan_by_until_resident" ON "plan" ("district", "until", "resident");

CREATE TABLE "plan_due" (
  "district" INTEGER NOT NULL,
  "resident" BLOB NOT NULL,
  "key" TEXT NOT NULL,
  "cls" TEXT NOT NULL,
  "rule" TEXT NOT NULL,
  "facility" BLOB NOT NULL,
  "panel" BLOB NOT NULL,
  "village" TEXT NOT NULL,
  "opens" TEXT NOT NULL,
  "due" TEXT NOT NULL,
  "closes" TEXT NOT NULL,
  "sealed" BLOB,
  PRIMARY KEY ("district", "resident", "key")
) STRICT, WITHOUT ROWID;

CREATE INDEX "plan_due_by_facility_due_village_resident_closes_opens_rule" ON "plan_due" ("district", "facility", "due", "village", "resident", "closes", "opens", "rule");

CREATE INDEX "plan_due_by_panel_due_village_resident_closes_opens_rule" ON "plan_due" ("district", "panel", "due", "village", "resident", "closes", "opens", "rule");

CREATE TABLE "plan_year" (
  "district" INTEGER NOT NULL,
  "year" INTEGER NOT NULL,
  "edition" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "after" BLOB NOT NULL,
  "reached" INTEGER NOT NULL,
  "total" INTEGER NOT NULL,
  "made_at" INTEGER NOT NULL,
  PRIMARY KEY ("district", "year")
) STRICT, WITHOUT ROWID;
