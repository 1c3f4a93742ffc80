-- What is kept of decisions, and how the queues find their tasks, as they were on 2026-11-22. Never edited: later changes are later migrations.

CREATE TABLE "decision_note" (
  "district" INTEGER NOT NULL,
  "subject" BLOB NOT NULL,
  "note" BLOB NOT NULL,
  "kind" TEXT NOT NULL,
  "audience" TEXT NOT NULL,
  "resident" BLOB,
  "staff" BLOB NOT NULL,
  "at" INTEGER NOT NULL,
  "made" BLOB,
  "sealed" BLOB NOT NULL,
  PRIMARY KEY ("district", "subject", "note")
) STRICT, WITHOUT ROWID;

CREATE INDEX "decision_note_by_resident" ON "decision_note" ("district", "resident");

CREATE INDEX "task_by_closed_at_kind_due_at_facility" ON "task" ("district", "closed_at", "kind", "due_at", "facility");

CREATE INDEX "task_by_facility_closed_at_due_at" ON "task" ("district", "facility", "closed_at", "due_at");
