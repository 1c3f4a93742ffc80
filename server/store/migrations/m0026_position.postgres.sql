-- Where tablets were when changes were saved, as it was on 2026-11-22. Never edited: later changes are
-- later migrations.

CREATE TABLE "change_position" (
  "district" SMALLINT NOT NULL,
  "change" BYTEA NOT NULL,
  "under" TEXT NOT NULL,
  "sealed" BYTEA NOT NULL,
  PRIMARY KEY ("district", "change")
);
