-- Checkup days, as they were on 2026-11-22. Never edited: later changes are later migrations.

CREATE TABLE "checkup_day" (
  "district" SMALLINT NOT NULL,
  "day" BYTEA NOT NULL,
  "facility" BYTEA NOT NULL,
  "on_day" TEXT NOT NULL,
  "place" TEXT NOT NULL,
  "opens_at" TEXT NOT NULL,
  "closes_at" TEXT NOT NULL,
  "lead" BYTEA NOT NULL,
  "state" TEXT NOT NULL,
  "version" INTEGER NOT NULL,
  "csn" BIGINT NOT NULL,
  "serial" INTEGER NOT NULL,
  "stations" TEXT NOT NULL,
  "key" BYTEA NOT NULL,
  "made_by" BYTEA NOT NULL,
  "made_at" BIGINT NOT NULL,
  "closed_at" BIGINT,
  PRIMARY KEY ("district", "day")
);

CREATE UNIQUE INDEX "checkup_day_by_serial" ON "checkup_day" ("district", "serial");

CREATE INDEX "checkup_day_by_facility_on_day" ON "checkup_day" ("district", "facility", "on_day");

CREATE INDEX "checkup_day_by_state_on_day" ON "checkup_day" ("district", "state", "on_day");

CREATE TABLE "checkup_slot" (
  "district" SMALLINT NOT NULL,
  "day" BYTEA NOT NULL,
  "slot" INTEGER NOT NULL,
  "start_at" TEXT NOT NULL,
  "end_at" TEXT NOT NULL,
  "capacity" INTEGER NOT NULL,
  "taken" INTEGER NOT NULL,
  PRIMARY KEY ("district", "day", "slot")
);

CREATE TABLE "checkup_person" (
  "district" SMALLINT NOT NULL,
  "day" BYTEA NOT NULL,
  "who" BYTEA NOT NULL,
  "csn" BIGINT NOT NULL,
  "status" TEXT NOT NULL,
  "source" TEXT NOT NULL,
  "groups" TEXT NOT NULL,
  "route" TEXT NOT NULL,
  "slot" INTEGER,
  "ticket" TEXT NOT NULL,
  "booked_at" BIGINT,
  "state" BYTEA,
  "arrived_at" BIGINT,
  "done_at" BIGINT,
  "left_at" BIGINT,
  "alarms" INTEGER NOT NULL,
  "changed_at" BIGINT NOT NULL,
  "compiled_at" BIGINT NOT NULL,
  PRIMARY KEY ("district", "day", "who")
);

CREATE INDEX "checkup_person_by_day_csn" ON "checkup_person" ("district", "day", "csn");

CREATE INDEX "checkup_person_by_who" ON "checkup_person" ("district", "who");

CREATE TABLE "checkup_step" (
  "district" SMALLINT NOT NULL,
  "change" BYTEA NOT NULL,
  "day" BYTEA NOT NULL,
  "who" BYTEA NOT NULL,
  "kind" TEXT NOT NULL,
  "station" TEXT NOT NULL,
  "at" BIGINT NOT NULL,
  "device" BYTEA NOT NULL,
  "staff" BYTEA NOT NULL,
  PRIMARY KEY ("district", "change")
);

CREATE INDEX "checkup_step_by_day_who" ON "checkup_step" ("district", "day", "who");

CREATE TABLE "checkup_guest" (
  "district" SMALLINT NOT NULL,
  "day" BYTEA NOT NULL,
  "guest" BYTEA NOT NULL,
  "person" BYTEA,
  "blind" BYTEA NOT NULL,
  "sealed" BYTEA NOT NULL,
  "state" TEXT NOT NULL,
  PRIMARY KEY ("district", "day", "guest")
);

CREATE INDEX "checkup_guest_by_day_blind" ON "checkup_guest" ("district", "day", "blind");

CREATE TABLE "checkup_tablet" (
  "district" SMALLINT NOT NULL,
  "day" BYTEA NOT NULL,
  "device" BYTEA NOT NULL,
  "sent_csn" BIGINT NOT NULL,
  "ended_at" BIGINT,
  "purged_at" BIGINT,
  PRIMARY KEY ("district", "day", "device")
);

CREATE INDEX "checkup_tablet_by_device" ON "checkup_tablet" ("district", "device");

CREATE TABLE "checkup_series" (
  "district" SMALLINT NOT NULL,
  "day" BYTEA NOT NULL,
  "device" BYTEA NOT NULL,
  "epoch" INTEGER NOT NULL,
  "series" INTEGER NOT NULL,
  PRIMARY KEY ("district", "day", "device", "epoch")
);

CREATE UNIQUE INDEX "checkup_series_by_day_series" ON "checkup_series" ("district", "day", "series");

CREATE TABLE "checkup_code" (
  "district" SMALLINT NOT NULL,
  "code" BYTEA NOT NULL,
  "resident" BYTEA NOT NULL,
  "type" SMALLINT NOT NULL,
  "day" BYTEA,
  "key_id" INTEGER NOT NULL,
  "issued_at" BIGINT NOT NULL,
  "issued_by" BYTEA,
  "expires_at" BIGINT NOT NULL,
  "revoked_at" BIGINT,
  "revoked_by" BYTEA,
  "reason" TEXT NOT NULL,
  "digits" TEXT NOT NULL,
  PRIMARY KEY ("district", "code")
);

CREATE UNIQUE INDEX "checkup_code_by_digits" ON "checkup_code" ("district", "digits");

CREATE INDEX "checkup_code_by_resident" ON "checkup_code" ("district", "resident");

CREATE INDEX "checkup_code_by_day" ON "checkup_code" ("district", "day");

CREATE INDEX "checkup_code_by_revoked_at" ON "checkup_code" ("district", "revoked_at");
