-- Reports of a look, as they were on 2026-11-22. Never edited: later changes are later migrations.

CREATE TABLE "access_report" (
  "district" INTEGER NOT NULL,
  "report" BLOB NOT NULL,
  "resident" BLOB NOT NULL,
  "entry" BLOB NOT NULL,
  "facility" BLOB,
  "person" BLOB NOT NULL,
  "hand" BLOB,
  "at" INTEGER NOT NULL,
  "due_at" INTEGER NOT NULL,
  "state" TEXT NOT NULL,
  "explained_at" INTEGER,
  "explained_by" BLOB,
  "decided_at" INTEGER,
  "decided_by" BLOB,
  "result" TEXT NOT NULL,
  "sealed" BLOB NOT NULL,
  PRIMARY KEY ("district", "report")
) STRICT, WITHOUT ROWID;

CREATE INDEX "access_report_by_resident" ON "access_report" ("district", "resident");

CREATE INDEX "access_report_by_facility_at" ON "access_report" ("district", "facility", "at");
