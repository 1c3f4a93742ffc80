-- Checkup days, as they were on 2026-11-22. Never edited: later changes are later migrations.

CREATE TABLE "checkup_day" (
  "district" INTEGER NOT NULL,
  "day" BLOB NOT NULL,
  "facility" BLOB NOT NULL,
  "on_day" TEXT NOT NULL,
  "place" TEXT NOT NULL,
  "opens_at" TEXT NOT NULL,
  "closes_at" TEXT NOT NULL,
  "lead" BLOB NOT NULL,
  "state" TEXT NOT NULL,
  "version" INTEGER NOT NULL,
  "csn" INTEGER NOT NULL,
  "serial" INTEGER NOT NULL,
  "stations" TEXT NOT NULL,
  "key" BLOB NOT NULL,
  "made_by" BLOB NOT NULL,
  "made_at" INTEGER NOT NULL,
  "closed_at" INTEGER,
  PRIMARY KEY ("district", "day")
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX "checkup_day_by_serial" ON "checkup_day" ("district", "serial");

CREATE INDEX "checkup_day_by_facility_on_day" ON "checkup_day" ("district", "facility", "on_day");

CREATE INDEX "checkup_day_by_state_on_day" ON "checkup_day" ("district", "state", "on_day");

CREATE TABLE "checkup_slot" (
  "district" INTEGER NOT NULL,
  "day" BLOB NOT NULL,
  "slot" INTEGER NOT NULL,
  "start_at" TEXT NOT NULL,
  "end_at" TEXT NOT NULL,
  "capacity" INTEGER NOT NULL,
  "taken" INTEGER NOT NULL,
  PRIMARY KEY ("district", "day", "slot")
) STRICT, WITHOUT ROWID;

CREATE TABLE "checkup_person" (
  "district" INTEGER NOT NULL,
  "day" BLOB NOT NULL,
  "who" BLOB NOT NULL,
  "csn" INTEGER NOT NULL,
  "status" TEXT NOT NULL,
  "source" TEXT NOT NULL,
  "groups" TEXT NOT NULL,
  "route" TEXT NOT NULL,
  "slot" INTEGER,
  "ticket" TEXT NOT NULL,
  "booked_at" INTEGER,
  "state" BLOB,
  "arrived_at" INTEGER,
  "done_at" INTEGER,
  "left_at" INTEGER,
  "alarms" INTEGER NOT NULL,
  "changed_at" INTEGER NOT NULL,
  "compiled_at" INTEGER NOT NULL,
  PRIMARY KEY ("district", "day", "who")
) STRICT, WITHOUT ROWID;

CREATE INDEX "checkup_person_by_day_csn" ON "checkup_person" ("district", "day", "csn");

CREATE INDEX "checkup_person_by_who" ON "checkup_person" ("district", "who");

CREATE TABLE "checkup_step" (
  "district" INTEGER NOT NULL,
  "change" BLOB NOT NULL,
  "day" BLOB NOT NULL,
  "who" BLOB NOT NULL,
  "kind" TEXT NOT NULL,
  "station" TEXT NOT NULL,
  "at" INTEGER NOT NULL,
  "device" BLOB NOT NULL,
  "staff" BLOB NOT NULL,
  PRIMARY KEY ("district", "change")
) STRICT, WITHOUT ROWID;

CREATE INDEX "checkup_step_by_day_who" ON "checkup_step" ("district", "day", "who");

CREATE TABLE "checkup_guest" (
  "district" INTEGER NOT NULL,
  "day" BLOB NOT NULL,
  "guest" BLOB NOT NULL,
  "person" BLOB,
  "blind" BLOB NOT NULL,
  "sealed" BLOB NOT NULL,
  "state" TEXT NOT NULL,
  PRIMARY KEY ("district", "day", "guest")
) STRICT, WITHOUT ROWID;

CREATE INDEX "checkup_guest_by_day_blind" ON "checkup_guest" ("district", "day", "blind");

CREATE TABLE "checkup_tablet" (
  "district" INTEGER NOT NULL,
  "day" BLOB NOT NULL,
  "device" BLOB NOT NULL,
  "sent_csn" INTEGER NOT NULL,
  "ended_at" INTEGER,
  "purged_at" INTEGER,
  PRIMARY KEY ("district", "day", "device")
) STRICT, WITHOUT ROWID;

CREATE INDEX "checkup_tablet_by_device" ON "checkup_tablet" ("district", "device");

CREATE TABLE "checkup_series" (
  "district" INTEGER NOT NULL,
  "day" BLOB NOT NULL,
  "device" BLOB NOT NULL,
  "epoch" INTEGER NOT NULL,
  "series" INTEGER NOT NULL,
  PRIMARY KEY ("district", "day", "device", "epoch")
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX "checkup_series_by_day_series" ON "checkup_series" ("district", "day", "series");

CREATE TABLE "checkup_code" (
  "district" INTEGER NOT NULL,
  "code" BLOB NOT NULL,
  "resident" BLOB NOT NULL,
  "type" INTEGER NOT NULL,
  "day" BLOB,
  "key_id" INTEGER NOT NULL,
  "issued_at" INTEGER NOT NULL,
  "issued_by" BLOB,
  "expires_at" INTEGER NOT NULL,
  "revoked_at" INTEGER,
  "revoked_by" BLOB,
  "reason" TEXT NOT NULL,
  "digits" TEXT NOT NULL,
  PRIMARY KEY ("district", "code")
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX "checkup_code_by_digits" ON "checkup_code" ("district", "digits");

CREATE INDEX "checkup_code_by_resident" ON "checkup_code" ("district", "resident");

CREATE INDEX "checkup_code_by_day" ON "checkup_code" ("district", "day");

CREATE INDEX "checkup_code_by_revoked_at" ON "checkup_code" ("district", "revoked_at");
