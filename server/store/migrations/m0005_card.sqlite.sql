-- Cards, searches, reasons of openings, changes written at a desk, as they were on 2026-11-22. Never edited: later changes are later migrations.

CREATE TABLE "resident_card" (
  "district" INTEGER NOT NULL,
  "resident" BLOB NOT NULL,
  "facility" BLOB,
  "panel" BLOB,
  "status" TEXT NOT NULL,
  "rev" INTEGER NOT NULL,
  "at" INTEGER NOT NULL,
  "sealed" BLOB NOT NULL,
  PRIMARY KEY ("district", "resident")
) STRICT, WITHOUT ROWID;

CREATE INDEX "resident_card_by_facility_resident" ON "resident_card" ("district", "facility", "resident");

CREATE INDEX "resident_card_by_at" ON "resident_card" ("district", "at");

CREATE TABLE "search" (
  "district" INTEGER NOT NULL,
  "search" BLOB NOT NULL,
  "staff" BLOB NOT NULL,
  "facility" BLOB NOT NULL,
  "at" INTEGER NOT NULL,
  "how" TEXT NOT NULL,
  "shown" INTEGER NOT NULL,
  "sealed" BLOB NOT NULL,
  PRIMARY KEY ("district", "search")
) STRICT, WITHOUT ROWID;

CREATE INDEX "search_by_staff_at" ON "search" ("district", "staff", "at");

CREATE TABLE "search_shown" (
  "district" INTEGER NOT NULL,
  "resident" BLOB NOT NULL,
  "search" BLOB NOT NULL,
  PRIMARY KEY ("district", "resident", "search")
) STRICT, WITHOUT ROWID;

CREATE TABLE "opening_reason" (
  "district" INTEGER NOT NULL,
  "entry" BLOB NOT NULL,
  "resident" BLOB NOT NULL,
  "staff" BLOB NOT NULL,
  "at" INTEGER NOT NULL,
  "purpose" TEXT NOT NULL,
  "present" INTEGER NOT NULL,
  "sealed" BLOB NOT NULL,
  PRIMARY KEY ("district", "entry")
) STRICT, WITHOUT ROWID;

CREATE INDEX "opening_reason_by_resident_staff_at" ON "opening_reason" ("district", "resident", "staff", "at");

CREATE TABLE "desk_change" (
  "district" INTEGER NOT NULL,
  "change" BLOB NOT NULL,
  "resident" BLOB NOT NULL,
  "performing" BLOB NOT NULL,
  "responsible" BLOB,
  PRIMARY KEY ("district", "change")
) STRICT, WITHOUT ROWID;
