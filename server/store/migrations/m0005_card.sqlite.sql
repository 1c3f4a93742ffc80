-- Cards of residents, as they were on 2026-11-22. Never edited: later changes are later migrations.

CREATE TABLE "resident_card" (
  "district" INTEGER NOT NULL,
  "resident" BLOB NOT NULL,
  "facility" BLOB,
  "panel" BLOB,
  "status" TEXT NOT NULL,
  "rev" INTEGER NOT NULL,
  "at" INTEGER NOT NULL,
  "sealed" BLOB NOT NULL,
  PRIMARY KEY ("district", "resident")
) STRICT, WITHOUT ROWID;

CREATE INDEX "resident_card_by_facility" ON "resident_card" ("district", "facility");

CREATE INDEX "resident_card_by_at" ON "resident_card" ("district", "at");
