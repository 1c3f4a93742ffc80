-- Cards, searches, reasons of openings, changes written at a desk, as they were on 2026-11-22. Never edited: later changes are later migrations.

CREATE TABLE "resident_card" (
  "district" SMALLINT NOT NULL,
  "resident" BYTEA NOT NULL,
  "facility" BYTEA,
  "panel" BYTEA,
  "status" TEXT NOT NULL,
  "rev" BIGINT NOT NULL,
  "at" BIGINT NOT NULL,
  "sealed" BYTEA NOT NULL,
  PRIMARY KEY ("district", "resident")
);

CREATE INDEX "resident_card_by_facility_resident" ON "resident_card" ("district", "facility", "resident");

CREATE INDEX "resident_card_by_at" ON "resident_card" ("district", "at");

CREATE TABLE "search" (
  "district" SMALLINT NOT NULL,
  "search" BYTEA NOT NULL,
  "staff" BYTEA NOT NULL,
  "facility" BYTEA NOT NULL,
  "at" BIGINT NOT NULL,
  "how" TEXT NOT NULL,
  "shown" INTEGER NOT NULL,
  "sealed" BYTEA NOT NULL,
  PRIMARY KEY ("district", "search")
);

CREATE INDEX "search_by_staff_at" ON "search" ("district", "staff", "at");

CREATE TABLE "search_shown" (
  "district" SMALLINT NOT NULL,
  "resident" BYTEA NOT NULL,
  "search" BYTEA NOT NULL,
  PRIMARY KEY ("district", "resident", "search")
);

CREATE TABLE "opening_reason" (
  "district" SMALLINT NOT NULL,
  "entry" BYTEA NOT NULL,
  "resident" BYTEA NOT NULL,
  "staff" BYTEA NOT NULL,
  "at" BIGINT NOT NULL,
  "purpose" TEXT NOT NULL,
  "present" BOOLEAN NOT NULL,
  "sealed" BYTEA NOT NULL,
  PRIMARY KEY ("district", "entry")
);

CREATE INDEX "opening_reason_by_resident_staff_at" ON "opening_reason" ("district", "resident", "staff", "at");

CREATE TABLE "desk_change" (
  "district" SMALLINT NOT NULL,
  "change" BYTEA NOT NULL,
  "resident" BYTEA NOT NULL,
  "performing" BYTEA NOT NULL,
  "responsible" BYTEA,
  PRIMARY KEY ("district", "change")
);
