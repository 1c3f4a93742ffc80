-- What was asked and answered about services, as they were on 2026-11-22. Never edited: later changes are later migrations.

CREATE TABLE "confirmation" (
  "district" INTEGER NOT NULL,
  "confirmation" BLOB NOT NULL,
  "resident" BLOB NOT NULL,
  "record" BLOB NOT NULL,
  "facility" BLOB NOT NULL,
  "staff" BLOB NOT NULL,
  "day" TEXT NOT NULL,
  "service" TEXT NOT NULL,
  "asked_at" INTEGER NOT NULL,
  "answer" TEXT NOT NULL,
  "satisfaction" TEXT NOT NULL,
  "channel" TEXT NOT NULL,
  "counts" INTEGER NOT NULL,
  "answered_at" INTEGER,
  "gone_at" INTEGER,
  PRIMARY KEY ("district", "confirmation")
) STRICT, WITHOUT ROWID;

CREATE INDEX "confirmation_by_resident_day" ON "confirmation" ("district", "resident", "day");

CREATE INDEX "confirmation_by_record" ON "confirmation" ("district", "record");

CREATE INDEX "confirmation_by_facility_day" ON "confirmation" ("district", "facility", "day");

CREATE TABLE "confirmation_answer" (
  "district" INTEGER NOT NULL,
  "confirmation" BLOB NOT NULL,
  "said" BLOB NOT NULL,
  "answer" TEXT NOT NULL,
  "satisfaction" TEXT NOT NULL,
  "channel" TEXT NOT NULL,
  "hand" BLOB NOT NULL,
  "hand_facility" BLOB,
  "counts" INTEGER NOT NULL,
  "stood" INTEGER NOT NULL,
  "at" INTEGER NOT NULL,
  "sealed_for" BLOB NOT NULL,
  "sealed" BLOB NOT NULL,
  PRIMARY KEY ("district", "confirmation", "said")
) STRICT, WITHOUT ROWID;

CREATE TABLE "denial" (
  "district" INTEGER NOT NULL,
  "confirmation" BLOB NOT NULL,
  "facility" BLOB NOT NULL,
  "opened_at" INTEGER NOT NULL,
  "state" TEXT NOT NULL,
  "replied_by" BLOB,
  "replied_at" INTEGER,
  "finding" TEXT NOT NULL,
  "found_by" BLOB,
  "found_at" INTEGER,
  "sealed_for" BLOB NOT NULL,
  "sealed" BLOB NOT NULL,
  PRIMARY KEY ("district", "confirmation")
) STRICT, WITHOUT ROWID;

CREATE INDEX "denial_by_state" ON "denial" ("district", "state");

CREATE TABLE "sample_line" (
  "district" INTEGER NOT NULL,
  "sample" BLOB NOT NULL,
  "n" INTEGER NOT NULL,
  "confirmation" BLOB NOT NULL,
  "state" TEXT NOT NULL,
  "tries" INTEGER NOT NULL,
  "last_try" INTEGER,
  "caller" BLOB,
  PRIMARY KEY ("district", "sample", "n")
) STRICT, WITHOUT ROWID;

CREATE TABLE "telephone_sample" (
  "district" INTEGER NOT NULL,
  "sample" BLOB NOT NULL,
  "facility" BLOB,
  "from_day" TEXT NOT NULL,
  "until_day" TEXT NOT NULL,
  "drawn_at" INTEGER NOT NULL,
  "drawn_by" BLOB NOT NULL,
  "seed" BLOB NOT NULL,
  "pool" INTEGER NOT NULL,
  "size" INTEGER NOT NULL,
  PRIMARY KEY ("district", "sample")
) STRICT, WITHOUT ROWID;
