-- What comes after a checkup day, as they were on 2026-11-22. Never edited: later changes are later migrations.

CREATE TABLE "checkup_result" (
  "district" SMALLINT NOT NULL,
  "day" BYTEA NOT NULL,
  "who" BYTEA NOT NULL,
  "form" TEXT NOT NULL,
  "n" INTEGER NOT NULL,
  "change" BYTEA NOT NULL,
  "made_at" BIGINT NOT NULL,
  "sealed" BYTEA NOT NULL,
  PRIMARY KEY ("district", "day", "who", "form")
);

CREATE INDEX "checkup_result_by_change" ON "checkup_result" ("district", "change");

CREATE TABLE "checkup_finding" (
  "district" SMALLINT NOT NULL,
  "finding" BYTEA NOT NULL,
  "day" BYTEA NOT NULL,
  "who" BYTEA NOT NULL,
  "facility" BYTEA NOT NULL,
  "action" TEXT NOT NULL,
  "urgent" BOOLEAN NOT NULL,
  "due_day" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "opened_at" BIGINT NOT NULL,
  "done_at" BIGINT,
  "done_by" BYTEA,
  "sealed" BYTEA NOT NULL,
  "note" BYTEA,
  PRIMARY KEY ("district", "finding")
);

CREATE INDEX "checkup_finding_by_facility_state" ON "checkup_finding" ("district", "facility", "state");

CREATE INDEX "checkup_finding_by_day_who" ON "checkup_finding" ("district", "day", "who");

CREATE TABLE "checkup_letter" (
  "district" SMALLINT NOT NULL,
  "day" BYTEA NOT NULL,
  "who" BYTEA NOT NULL,
  "how" TEXT NOT NULL,
  "by" BYTEA NOT NULL,
  "on_day" TEXT NOT NULL,
  "told_at" BIGINT NOT NULL,
  "change" BYTEA,
  "undone_at" BIGINT,
  PRIMARY KEY ("district", "day", "who")
);

CREATE TABLE "checkup_bundle" (
  "district" SMALLINT NOT NULL,
  "bundle" BYTEA NOT NULL,
  "day" BYTEA NOT NULL,
  "village" TEXT NOT NULL,
  "staff" BYTEA NOT NULL,
  "facility" BYTEA NOT NULL,
  "state" TEXT NOT NULL,
  "done" INTEGER NOT NULL,
  "total" INTEGER NOT NULL,
  "shut" INTEGER NOT NULL,
  "asked_at" BIGINT NOT NULL,
  "ready_at" BIGINT,
  "size" INTEGER NOT NULL,
  "tries" INTEGER NOT NULL,
  PRIMARY KEY ("district", "bundle")
);

CREATE INDEX "checkup_bundle_by_state_asked_at" ON "checkup_bundle" ("district", "state", "asked_at");

CREATE INDEX "checkup_bundle_by_day" ON "checkup_bundle" ("district", "day");

CREATE TABLE "checkup_bundle_part" (
  "district" SMALLINT NOT NULL,
  "bundle" BYTEA NOT NULL,
  "n" INTEGER NOT NULL,
  "sealed" BYTEA NOT NULL,
  PRIMARY KEY ("district", "bundle", "n")
);

CREATE TABLE "checkup_absent" (
  "district" SMALLINT NOT NULL,
  "day" BYTEA NOT NULL,
  "who" BYTEA NOT NULL,
  "noted_by" BYTEA NOT NULL,
  "noted_at" BIGINT NOT NULL,
  "sealed" BYTEA NOT NULL,
  PRIMARY KEY ("district", "day", "who")
);

CREATE TABLE "checkup_promise" (
  "district" SMALLINT NOT NULL,
  "promise" BYTEA NOT NULL,
  "who" BYTEA NOT NULL,
  "rule" TEXT NOT NULL,
  "about" BYTEA NOT NULL,
  "made_day" TEXT NOT NULL,
  "due_day" TEXT NOT NULL,
  "made_by" BYTEA NOT NULL,
  "made_at" BIGINT NOT NULL,
  "undone_at" BIGINT,
  PRIMARY KEY ("district", "promise")
);

CREATE INDEX "checkup_promise_by_who" ON "checkup_promise" ("district", "who");

CREATE INDEX "checkup_promise_by_about" ON "checkup_promise" ("district", "about");
