-- What residents are told of checkup days, as it was on 2026-11-22. Never edited: later changes are
-- later migrations.

CREATE TABLE "checkup_told" (
  "district" SMALLINT NOT NULL,
  "day" BYTEA NOT NULL,
  "who" BYTEA NOT NULL,
  "what" TEXT NOT NULL,
  "due_at" BIGINT NOT NULL,
  "told_at" BIGINT,
  PRIMARY KEY ("district", "day", "who", "what")
);

CREATE INDEX "checkup_told_by_told_at_due_at" ON "checkup_told" ("district", "told_at", "due_at");
