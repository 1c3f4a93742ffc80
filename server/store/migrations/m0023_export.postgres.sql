-- Archives packed for their residents, as they were on 2026-11-22. Never edited: later changes are later migrations.

CREATE TABLE "export" (
  "district" SMALLINT NOT NULL,
  "resident" BYTEA NOT NULL,
  "export" BYTEA NOT NULL,
  "person" BYTEA NOT NULL,
  "staff" BYTEA,
  "facility" BYTEA,
  "state" TEXT NOT NULL,
  "asked_at" BIGINT NOT NULL,
  "ready_at" BIGINT,
  "size" INTEGER NOT NULL,
  "digest" BYTEA NOT NULL,
  "tries" INTEGER NOT NULL,
  PRIMARY KEY ("district", "resident", "export")
);

CREATE INDEX "export_by_state_asked_at" ON "export" ("district", "state", "asked_at");

CREATE TABLE "export_part" (
  "district" SMALLINT NOT NULL,
  "export" BYTEA NOT NULL,
  "n" INTEGER NOT NULL,
  "sealed" BYTEA NOT NULL,
  PRIMARY KEY ("district", "export", "n")
);
