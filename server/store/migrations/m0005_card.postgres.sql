-- Cards of residents, as they were on 2026-11-22. Never edited: later changes are later migrations.

CREATE TABLE "resident_card" (
  "district" SMALLINT NOT NULL,
  "resident" BYTEA NOT NULL,
  "facility" BYTEA,
  "panel" BYTEA,
  "status" TEXT NOT NULL,
  "rev" BIGINT NOT NULL,
  "at" BIGINT NOT NULL,
  "sealed" BYTEA NOT NULL,
  PRIMARY KEY ("district", "resident")
);

CREATE INDEX "resident_card_by_facility" ON "resident_card" ("district", "facility");

CREATE INDEX "resident_card_by_at" ON "resident_card" ("district", "at");
