-- Facilities that keep no paper, as they were on 2026-11-22. Never edited: later changes are later migrations.

CREATE TABLE "paperless" (
  "district" SMALLINT NOT NULL,
  "facility" BYTEA NOT NULL,
  "since" TEXT NOT NULL,
  "set_by" BYTEA NOT NULL,
  "set_at" BIGINT NOT NULL,
  PRIMARY KEY ("district", "facility")
);
