-- What desks do on a checkup day, as it was on 2026-11-22. Never edited: later changes are later migrations.

CREATE INDEX "checkup_person_by_alarms" ON "checkup_person" ("district", "alarms");

CREATE TABLE "checkup_call" (
  "district" INTEGER NOT NULL,
  "day" BLOB NOT NULL,
  "who" BLOB NOT NULL,
  "at" INTEGER NOT NULL,
  "staff" BLOB NOT NULL,
  "undone_at" INTEGER,
  PRIMARY KEY ("district", "day", "who")
) STRICT, WITHOUT ROWID;

CREATE TABLE "checkup_lab" (
  "district" INTEGER NOT NULL,
  "lab" BLOB NOT NULL,
  "facility" BLOB NOT NULL,
  "day" BLOB NOT NULL,
  "laboratory" TEXT NOT NULL,
  "digest" BLOB NOT NULL,
  "state" TEXT NOT NULL,
  "lines" INTEGER NOT NULL,
  "taken" INTEGER NOT NULL,
  "same" INTEGER NOT NULL,
  "refused" INTEGER NOT NULL,
  "made_by" BLOB NOT NULL,
  "made_at" INTEGER NOT NULL,
  "ended_at" INTEGER,
  "sealed" BLOB,
  PRIMARY KEY ("district", "lab")
) STRICT, WITHOUT ROWID;

CREATE INDEX "checkup_lab_by_day_made_at" ON "checkup_lab" ("district", "day", "made_at");

CREATE INDEX "checkup_lab_by_state_made_at" ON "checkup_lab" ("district", "state", "made_at");

CREATE TABLE "checkup_lab_columns" (
  "district" INTEGER NOT NULL,
  "facility" BLOB NOT NULL,
  "laboratory" TEXT NOT NULL,
  "columns" TEXT NOT NULL,
  "made_by" BLOB NOT NULL,
  "made_at" INTEGER NOT NULL,
  PRIMARY KEY ("district", "facility", "laboratory")
) STRICT, WITHOUT ROWID;
