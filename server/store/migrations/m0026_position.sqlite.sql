-- Where tablets were when changes were saved, as it was on 2026-11-22. Never edited: later changes are
-- later migrations.

CREATE TABLE "change_position" (
  "district" INTEGER NOT NULL,
  "change" BLOB NOT NULL,
  "under" TEXT NOT NULL,
  "sealed" BLOB NOT NULL,
  PRIMARY KEY ("district", "change")
) STRICT, WITHOUT ROWID;
