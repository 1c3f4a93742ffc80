-- What residents are told of checkup days, as it was on 2026-11-22. Never edited: later changes are
-- later migrations.

CREATE TABLE "checkup_told" (
  "district" INTEGER NOT NULL,
  "day" BLOB NOT NULL,
  "who" BLOB NOT NULL,
  "what" TEXT NOT NULL,
  "due_at" INTEGER NOT NULL,
  "told_at" INTEGER,
  PRIMARY KEY ("district", "day", "who", "what")
) STRICT, WITHOUT ROWID;

CREATE INDEX "checkup_told_by_told_at_due_at" ON "checkup_told" ("district", "told_at", "due_at");
