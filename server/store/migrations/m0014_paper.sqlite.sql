-- Facilities that keep no paper, as they were on 2026-11-22. Never edited: later changes are later migrations.

CREATE TABLE "paperless" (
  "district" INTEGER NOT NULL,
  "facility" BLOB NOT NULL,
  "since" TEXT NOT NULL,
  "set_by" BLOB NOT NULL,
  "set_at" INTEGER NOT NULL,
  PRIMARY KEY ("district", "facility")
) STRICT, WITHOUT ROWID;
