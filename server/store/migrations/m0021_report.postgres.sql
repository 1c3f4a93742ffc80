-- Reports of a look, as they were on 2026-11-22. Never edited: later changes are later migrations.

CREATE TABLE "access_report" (
  "district" SMALLINT NOT NULL,
  "report" BYTEA NOT NULL,
  "resident" BYTEA NOT NULL,
  "entry" BYTEA NOT NULL,
  "facility" BYTEA,
  "person" BYTEA NOT NULL,
  "hand" BYTEA,
  "at" BIGINT NOT NULL,
  "due_at" BIGINT NOT NULL,
  "state" TEXT NOT NULL,
  "explained_at" BIGINT,
  "explained_by" BYTEA,
  "decided_at" BIGINT,
  "decided_by" BYTEA,
  "result" TEXT NOT NULL,
  "sealed" BYTEA NOT NULL,
  PRIMARY KEY ("district", "report")
);

CREATE INDEX "access_report_by_resident" ON "access_report" ("district", "resident");

CREATE INDEX "access_report_by_facility_at" ON "access_report" ("district", "facility", "at");
