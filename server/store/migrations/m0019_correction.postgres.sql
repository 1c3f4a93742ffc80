-- What residents want put right, as they were on 2026-11-22. Never edited: later changes are later migrations.

CREATE TABLE "correction" (
  "district" SMALLINT NOT NULL,
  "correction" BYTEA NOT NULL,
  "resident" BYTEA NOT NULL,
  "person" BYTEA NOT NULL,
  "helper" BYTEA,
  "lane" TEXT NOT NULL,
  "cls" TEXT NOT NULL,
  "record" BYTEA,
  "state" TEXT NOT NULL,
  "outcome" TEXT NOT NULL,
  "asked_at" BIGINT NOT NULL,
  "due_at" BIGINT NOT NULL,
  "overdue_at" BIGINT,
  "answered_at" BIGINT,
  "answered_by" BYTEA,
  "made" BYTEA,
  "appealed_at" BIGINT,
  "ruled_at" BIGINT,
  "ruled_by" BYTEA,
  "ruled" BYTEA,
  "sealed" BYTEA NOT NULL,
  PRIMARY KEY ("district", "correction")
);

CREATE INDEX "correction_by_resident_asked_at" ON "correction" ("district", "resident", "asked_at");

CREATE INDEX "correction_by_state_due_at" ON "correction" ("district", "state", "due_at");
