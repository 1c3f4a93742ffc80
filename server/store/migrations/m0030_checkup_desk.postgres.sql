-- What desks do on a checkup day, as it was on 2026-11-22. Never edited: later changes are later migrations.

CREATE INDEX "checkup_person_by_alarms" ON "checkup_person" ("district", "alarms");

CREATE TABLE "checkup_call" (
  "district" SMALLINT NOT NULL,
  "day" BYTEA NOT NULL,
  "who" BYTEA NOT NULL,
  "at" BIGINT NOT NULL,
  "staff" BYTEA NOT NULL,
  "undone_at" BIGINT,
  PRIMARY KEY ("district", "day", "who")
);

CREATE TABLE "checkup_lab" (
  "district" SMALLINT NOT NULL,
  "lab" BYTEA NOT NULL,
  "facility" BYTEA NOT NULL,
  "day" BYTEA NOT NULL,
  "laboratory" TEXT NOT NULL,
  "digest" BYTEA NOT NULL,
  "state" TEXT NOT NULL,
  "lines" INTEGER NOT NULL,
  "taken" INTEGER NOT NULL,
  "same" INTEGER NOT NULL,
  "refused" INTEGER NOT NULL,
  "made_by" BYTEA NOT NULL,
  "made_at" BIGINT NOT NULL,
  "ended_at" BIGINT,
  "sealed" BYTEA,
  PRIMARY KEY ("district", "lab")
);

CREATE INDEX "checkup_lab_by_day_made_at" ON "checkup_lab" ("district", "day", "made_at");

CREATE INDEX "checkup_lab_by_state_made_at" ON "checkup_lab" ("district", "state", "made_at");

CREATE TABLE "checkup_lab_columns" (
  "district" SMALLINT NOT NULL,
  "facility" BYTEA NOT NULL,
  "laboratory" TEXT NOT NULL,
  "columns" TEXT NOT NULL,
  "made_by" BYTEA NOT NULL,
  "made_at" BIGINT NOT NULL,
  PRIMARY KEY ("district", "facility", "laboratory")
);
