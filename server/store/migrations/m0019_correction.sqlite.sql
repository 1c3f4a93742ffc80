-- What residents want put right, as they were on 2026-11-22. Never edited: later changes are later migrations.

CREATE TABLE "correction" (
  "district" INTEGER NOT NULL,
  "correction" BLOB NOT NULL,
  "resident" BLOB NOT NULL,
  "person" BLOB NOT NULL,
  "helper" BLOB,
  "lane" TEXT NOT NULL,
  "cls" TEXT NOT NULL,
  "record" BLOB,
  "state" TEXT NOT NULL,
  "outcome" TEXT NOT NULL,
  "asked_at" INTEGER NOT NULL,
  "due_at" INTEGER NOT NULL,
  "overdue_at" INTEGER,
  "answered_at" INTEGER,
  "answered_by" BLOB,
  "made" BLOB,
  "appealed_at" INTEGER,
  "ruled_at" INTEGER,
  "ruled_by" BLOB,
  "ruled" BLOB,
  "sealed" BLOB NOT NULL,
  PRIMARY KEY ("district", "correction")
) STRICT;

CREATE INDEX "correction_by_resident_asked_at" ON "correction" ("district", "resident", "asked_at");

CREATE INDEX "correction_by_state_due_at" ON "correction" ("district", "state", "due_at");
