-- Archive numbers, the life of archives, kin, twins and merges, as they were on 2026-11-22. Never edited: later changes are later migrations.

CREATE INDEX "resident_by_archive_no" ON "resident" ("district", "archive_no");

CREATE TABLE "archive_serial" (
  "district" INTEGER NOT NULL,
  "area" TEXT NOT NULL,
  "next" INTEGER NOT NULL,
  PRIMARY KEY ("district", "area")
) STRICT, WITHOUT ROWID;

CREATE TABLE "life_step" (
  "district" INTEGER NOT NULL,
  "resident" BLOB NOT NULL,
  "n" INTEGER NOT NULL,
  "before" TEXT NOT NULL,
  "after" TEXT NOT NULL,
  "day" TEXT NOT NULL,
  "at" INTEGER NOT NULL,
  "staff" BLOB NOT NULL,
  "change" BLOB NOT NULL,
  "phone_index" BLOB,
  "sealed" BLOB NOT NULL,
  "undone_at" INTEGER,
  "undone_by" BLOB,
  PRIMARY KEY ("district", "resident", "n")
) STRICT, WITHOUT ROWID;

CREATE TABLE "life_try" (
  "district" INTEGER NOT NULL,
  "resident" BLOB NOT NULL,
  "attempt" BLOB NOT NULL,
  "day" TEXT NOT NULL,
  "at" INTEGER NOT NULL,
  "staff" BLOB NOT NULL,
  "sealed" BLOB NOT NULL,
  PRIMARY KEY ("district", "resident", "attempt")
) STRICT, WITHOUT ROWID;

CREATE TABLE "kin" (
  "district" INTEGER NOT NULL,
  "child" BLOB NOT NULL,
  "parent" BLOB NOT NULL,
  "relation" TEXT NOT NULL,
  "birth_order" INTEGER NOT NULL,
  "at" INTEGER NOT NULL,
  "staff" BLOB NOT NULL,
  PRIMARY KEY ("district", "child", "parent")
) STRICT, WITHOUT ROWID;

CREATE INDEX "kin_by_parent" ON "kin" ("district", "parent");

CREATE TABLE "kin_request" (
  "district" INTEGER NOT NULL,
  "request" BLOB NOT NULL,
  "resident" BLOB NOT NULL,
  "state" TEXT NOT NULL,
  "asked_at" INTEGER NOT NULL,
  "staff" BLOB NOT NULL,
  "sealed" BLOB NOT NULL,
  "decided_at" INTEGER,
  "decided_by" BLOB,
  PRIMARY KEY ("district", "request")
) STRICT, WITHOUT ROWID;

CREATE INDEX "kin_request_by_resident" ON "kin_request" ("district", "resident");

CREATE TABLE "twin" (
  "district" INTEGER NOT NULL,
  "twin" BLOB NOT NULL,
  "first" BLOB NOT NULL,
  "second" BLOB NOT NULL,
  "ground" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "noted_at" INTEGER NOT NULL,
  "decided_at" INTEGER,
  "decided_by" BLOB,
  PRIMARY KEY ("district", "twin")
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX "twin_by_first_second" ON "twin" ("district", "first", "second");

CREATE INDEX "twin_by_second" ON "twin" ("district", "second");

CREATE TABLE "merge" (
  "district" INTEGER NOT NULL,
  "merge" BLOB NOT NULL,
  "gone" BLOB NOT NULL,
  "kept" BLOB NOT NULL,
  "at" INTEGER NOT NULL,
  "staff" BLOB NOT NULL,
  "change" BLOB NOT NULL,
  "sealed" BLOB NOT NULL,
  "undone_at" INTEGER,
  "undone_by" BLOB,
  PRIMARY KEY ("district", "merge")
) STRICT, WITHOUT ROWID;

CREATE INDEX "merge_by_gone" ON "merge" ("district", "gone");

CREATE INDEX "merge_by_kept" ON "merge" ("district", "kept");

CREATE TABLE "merged" (
  "district" INTEGER NOT NULL,
  "gone" BLOB NOT NULL,
  "kept" BLOB NOT NULL,
  PRIMARY KEY ("district", "gone")
) STRICT, WITHOUT ROWID;

CREATE INDEX "merged_by_kept" ON "merged" ("district", "kept");
