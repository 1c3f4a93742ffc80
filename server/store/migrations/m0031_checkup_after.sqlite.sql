-- What comes after a checkup day, as they were on 2026-11-22. Never edited: later changes are later migrations.

CREATE TABLE "checkup_result" (
  "district" INTEGER NOT NULL,
  "day" BLOB NOT NULL,
  "who" BLOB NOT NULL,
  "form" TEXT NOT NULL,
  "n" INTEGER NOT NULL,
  "change" BLOB NOT NULL,
  "made_at" INTEGER NOT NULL,
  "sealed" BLOB NOT NULL,
  PRIMARY KEY ("district", "day", "who", "form")
) STRICT, WITHOUT ROWID;

CREATE INDEX "checkup_result_by_change" ON "checkup_result" ("district", "change");

CREATE TABLE "checkup_finding" (
  "district" INTEGER NOT NULL,
  "finding" BLOB NOT NULL,
  "day" BLOB NOT NULL,
  "who" BLOB NOT NULL,
  "facility" BLOB NOT NULL,
  "action" TEXT NOT NULL,
  "urgent" INTEGER NOT NULL,
  "due_day" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "opened_at" INTEGER NOT NULL,
  "done_at" INTEGER,
  "done_by" BLOB,
  "sealed" BLOB NOT NULL,
  "note" BLOB,
  PRIMARY KEY ("district", "finding")
) STRICT, WITHOUT ROWID;

CREATE INDEX "checkup_finding_by_facility_state" ON "checkup_finding" ("district", "facility", "state");

CREATE INDEX "checkup_finding_by_day_who" ON "checkup_finding" ("district", "day", "who");

CREATE TABLE "checkup_letter" (
  "district" INTEGER NOT NULL,
  "day" BLOB NOT NULL,
  "who" BLOB NOT NULL,
  "how" TEXT NOT NULL,
  "by" BLOB NOT NULL,
  "on_day" TEXT NOT NULL,
  "told_at" INTEGER NOT NULL,
  "change" BLOB,
  "undone_at" INTEGER,
  PRIMARY KEY ("district", "day", "who")
) STRICT, WITHOUT ROWID;

CREATE TABLE "checkup_bundle" (
  "district" INTEGER NOT NULL,
  "bundle" BLOB NOT NULL,
  "day" BLOB NOT NULL,
  "village" TEXT NOT NULL,
  "staff" BLOB NOT NULL,
  "facility" BLOB NOT NULL,
  "state" TEXT NOT NULL,
  "done" INTEGER NOT NULL,
  "total" INTEGER NOT NULL,
  "shut" INTEGER NOT NULL,
  "asked_at" INTEGER NOT NULL,
  "ready_at" INTEGER,
  "size" INTEGER NOT NULL,
  "tries" INTEGER NOT NULL,
  PRIMARY KEY ("district", "bundle")
) STRICT, WITHOUT ROWID;

CREATE INDEX "checkup_bundle_by_state_asked_at" ON "checkup_bundle" ("district", "state", "asked_at");

CREATE INDEX "checkup_bundle_by_day" ON "checkup_bundle" ("district", "day");

CREATE TABLE "checkup_bundle_part" (
  "district" INTEGER NOT NULL,
  "bundle" BLOB NOT NULL,
  "n" INTEGER NOT NULL,
  "sealed" BLOB NOT NULL,
  PRIMARY KEY ("district", "bundle", "n")
) STRICT, WITHOUT ROWID;

CREATE TABLE "checkup_absent" (
  "district" INTEGER NOT NULL,
  "day" BLOB NOT NULL,
  "who" BLOB NOT NULL,
  "noted_by" BLOB NOT NULL,
  "noted_at" INTEGER NOT NULL,
  "sealed" BLOB NOT NULL,
  PRIMARY KEY ("district", "day", "who")
) STRICT, WITHOUT ROWID;

CREATE TABLE "checkup_promise" (
  "district" INTEGER NOT NULL,
  "promise" BLOB NOT NULL,
  "who" BLOB NOT NULL,
  "rule" TEXT NOT NULL,
  "about" BLOB NOT NULL,
  "made_day" TEXT NOT NULL,
  "due_day" TEXT NOT NULL,
  "made_by" BLOB NOT NULL,
  "made_at" INTEGER NOT NULL,
  "undone_at" INTEGER,
  PRIMARY KEY ("district", "promise")
) STRICT, WITHOUT ROWID;

CREATE INDEX "checkup_promise_by_who" ON "checkup_promise" ("district", "who");

CREATE INDEX "checkup_promise_by_about" ON "checkup_promise" ("district", "about");
