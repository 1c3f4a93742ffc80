-- Which browsers show the code of a checkup day without a fresh sign-in, as they were on 2026-11-22. Never edited: later changes are later migrations.

CREATE TABLE "day_pass" (
  "district" INTEGER NOT NULL,
  "mark" BLOB NOT NULL,
  "day" BLOB NOT NULL,
  "resident" BLOB NOT NULL,
  "name" BLOB NOT NULL,
  "person" BLOB NOT NULL,
  "session" BLOB NOT NULL,
  "made_at" INTEGER NOT NULL,
  "until" INTEGER NOT NULL,
  "ended" TEXT NOT NULL,
  PRIMARY KEY ("district", "mark", "day", "resident")
) STRICT, WITHOUT ROWID;

CREATE INDEX "day_pass_by_person" ON "day_pass" ("district", "person");

CREATE INDEX "day_pass_by_session" ON "day_pass" ("district", "session");

CREATE INDEX "day_pass_by_day_resident" ON "day_pass" ("district", "day", "resident");

CREATE INDEX "day_pass_by_until" ON "day_pass" ("district", "until");
