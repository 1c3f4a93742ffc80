-- Where imported records come from, and who is registered in another system, as they were on 2026-11-22. Never edited: later changes are later migrations.

CREATE TABLE "import_source" (
  "district" SMALLINT NOT NULL,
  "job" BYTEA NOT NULL,
  "made_at" BIGINT NOT NULL,
  "sealed" BYTEA NOT NULL,
  PRIMARY KEY ("district", "job")
);

CREATE TABLE "reconciliation" (
  "district" SMALLINT NOT NULL,
  "list" BYTEA NOT NULL,
  "n" INTEGER NOT NULL,
  "facility" BYTEA,
  "restricted" BOOLEAN NOT NULL,
  "finding" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "mark" BYTEA,
  "resident" BYTEA,
  "made_at" BIGINT NOT NULL,
  "closed_at" BIGINT,
  "closed_by" BYTEA,
  "sealed" BYTEA NOT NULL,
  PRIMARY KEY ("district", "list", "n")
);

CREATE INDEX "reconciliation_by_list_facility" ON "reconciliation" ("district", "list", "facility");

CREATE INDEX "reconciliation_by_list_mark" ON "reconciliation" ("district", "list", "mark");
