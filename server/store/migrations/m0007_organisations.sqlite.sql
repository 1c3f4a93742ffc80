-- Lists sent in, closings, people who leave, tablets given back, as they were on 2026-11-22. Never edited: later changes are later migrations.

CREATE TABLE "upload" (
  "district" INTEGER NOT NULL,
  "upload" BLOB NOT NULL,
  "staff" BLOB NOT NULL,
  "at" INTEGER NOT NULL,
  "sealed" BLOB NOT NULL,
  PRIMARY KEY ("district", "upload")
) STRICT, WITHOUT ROWID;

CREATE TABLE "closing" (
  "district" INTEGER NOT NULL,
  "facility" BLOB NOT NULL,
  "day" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "was_published" INTEGER NOT NULL,
  "asked_by" BLOB NOT NULL,
  "asked_at" INTEGER NOT NULL,
  "moved" INTEGER NOT NULL,
  "unplaced" INTEGER NOT NULL,
  PRIMARY KEY ("district", "facility")
) STRICT, WITHOUT ROWID;

CREATE INDEX "closing_by_state" ON "closing" ("district", "state");

CREATE TABLE "leaving" (
  "district" INTEGER NOT NULL,
  "staff" BLOB NOT NULL,
  "day" TEXT NOT NULL,
  "successor" BLOB,
  "state" TEXT NOT NULL,
  "asked_by" BLOB NOT NULL,
  "asked_at" INTEGER NOT NULL,
  PRIMARY KEY ("district", "staff")
) STRICT, WITHOUT ROWID;

CREATE INDEX "leaving_by_state" ON "leaving" ("district", "state");

CREATE TABLE "tablet_return" (
  "district" INTEGER NOT NULL,
  "device" BLOB NOT NULL,
  "reason" TEXT NOT NULL,
  "since" INTEGER NOT NULL,
  "done_at" INTEGER,
  PRIMARY KEY ("district", "device")
) STRICT, WITHOUT ROWID;
