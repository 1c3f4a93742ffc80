-- Archives packed for their residents, as they were on 2026-11-22. Never edited: later changes are later migrations.

CREATE TABLE "export" (
  "district" INTEGER NOT NULL,
  "resident" BLOB NOT NULL,
  "export" BLOB NOT NULL,
  "person" BLOB NOT NULL,
  "staff" BLOB,
  "facility" BLOB,
  "state" TEXT NOT NULL,
  "asked_at" INTEGER NOT NULL,
  "ready_at" INTEGER,
  "size" INTEGER NOT NULL,
  "digest" BLOB NOT NULL,
  "tries" INTEGER NOT NULL,
  PRIMARY KEY ("district", "resident", "export")
) STRICT, WITHOUT ROWID;

CREATE INDEX "export_by_state_asked_at" ON "export" ("district", "state", "asked_at");

CREATE TABLE "export_part" (
  "district" INTEGER NOT NULL,
  "export" BLOB NOT NULL,
  "n" INTEGER NOT NULL,
  "sealed" BLOB NOT NULL,
  PRIMARY KEY ("district", "export", "n")
) STRICT, WITHOUT ROWID;
