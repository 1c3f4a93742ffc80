-- Which browsers show the code of a checkup day without a fresh sign-in, as they were on 2026-11-22. Never edited: later changes are later migrations.

CREATE TABLE "day_pass" (
  "district" SMALLINT NOT NULL,
  "mark" BYTEA NOT NULL,
  "day" BYTEA NOT NULL,
  "resident" BYTEA NOT NULL,
  "name" BYTEA NOT NULL,
  "person" BYTEA NOT NULL,
  "session" BYTEA NOT NULL,
  "made_at" BIGINT NOT NULL,
  "until" BIGINT NOT NULL,
  "ended" TEXT NOT NULL,
  PRIMARY KEY ("district", "mark", "day", "resident")
);

CREATE INDEX "day_pass_by_person" ON "day_pass" ("district", "person");

CREATE INDEX "day_pass_by_session" ON "day_pass" ("district", "session");

CREATE INDEX "day_pass_by_day_resident" ON "day_pass" ("district", "day", "resident");

CREATE INDEX "day_pass_by_until" ON "day_pass" ("district", "until");
