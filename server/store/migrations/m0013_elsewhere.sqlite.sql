-- Where imported records come from, and who is registered in another system, as they were on 2026-11-22. Never edited: later changes are later migrations.

CREATE TABLE "import_source" (
  "district" INTEGER NOT NULL,
  "job" BLOB NOT NULL,
  "made_at" INTEGER NOT NULL,
  "sealed" BLOB NOT NULL,
  PRIMARY KEY ("district", "job")
) STRICT, WITHOUT ROWID;

CREATE TABLE "reconciliation" (
  "district" INTEGER NOT NULL,
  "list" BLOB NOT NULL,
  "n" INTEGER NOT NULL,
  "facility" BLOB,
  "restricted" INTEGER NOT NULL,
  "finding" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "mark" BLOB,
  "resident" BLOB,
  "made_at" INTEGER NOT NULL,
  "closed_at" INTEGER,
  "closed_by" BLOB,
  "sealed" BLOB NOT NULL,
  PRIMARY KEY ("district", "list", "n")
) STRICT, WITHOUT ROWID;

CREATE INDEX "reconciliation_by_list_facility" ON "reconciliation" ("district", "list", "facility");

CREATE INDEX "reconciliation_by_list_mark" ON "reconciliation" ("district", "list", "mark");
