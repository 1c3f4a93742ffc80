-- Lists being read in, as they were on 2026-11-22. Never edited: later changes are later migrations.

CREATE TABLE "import_job" (
  "district" SMALLINT NOT NULL,
  "job" BYTEA NOT NULL,
  "kind" TEXT NOT NULL,
  "facility" BYTEA,
  "staff" BYTEA NOT NULL,
  "restricted" BOOLEAN NOT NULL,
  "state" TEXT NOT NULL,
  "told" TEXT NOT NULL,
  "format" TEXT NOT NULL,
  "encoding" TEXT NOT NULL,
  "size" BIGINT NOT NULL,
  "key" BYTEA NOT NULL,
  "sealed_head" BYTEA NOT NULL,
  "raw_chunks" INTEGER NOT NULL,
  "chunks" INTEGER NOT NULL,
  "lines" INTEGER NOT NULL,
  "next_chunk" INTEGER NOT NULL,
  "created" INTEGER NOT NULL,
  "matched" INTEGER NOT NULL,
  "possible" INTEGER NOT NULL,
  "refused" INTEGER NOT NULL,
  "worked_ms" BIGINT NOT NULL,
  "made_at" BIGINT NOT NULL,
  "started_at" BIGINT,
  "ended_at" BIGINT,
  "deleted_at" BIGINT,
  "owner" TEXT NOT NULL,
  "lease_until" BIGINT NOT NULL,
  PRIMARY KEY ("district", "job")
);

CREATE INDEX "import_job_by_made_at" ON "import_job" ("district", "made_at");

CREATE INDEX "import_job_by_state" ON "import_job" ("district", "state");

CREATE TABLE "import_chunk" (
  "district" SMALLINT NOT NULL,
  "job" BYTEA NOT NULL,
  "part" TEXT NOT NULL,
  "n" INTEGER NOT NULL,
  "lines" INTEGER NOT NULL,
  "refused" INTEGER NOT NULL,
  "sealed" BYTEA NOT NULL,
  "sealed_results" BYTEA,
  PRIMARY KEY ("district", "job", "part", "n")
);

CREATE TABLE "import_mapping" (
  "district" SMALLINT NOT NULL,
  "mapping" BYTEA NOT NULL,
  "facility" BYTEA,
  "kind" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "columns" TEXT NOT NULL,
  "staff" BYTEA NOT NULL,
  "changed_at" BIGINT NOT NULL,
  PRIMARY KEY ("district", "mapping")
);

CREATE INDEX "import_mapping_by_kind" ON "import_mapping" ("district", "kind");

CREATE TABLE "likeness" (
  "district" SMALLINT NOT NULL,
  "resident" BYTEA NOT NULL,
  "mark" BYTEA NOT NULL,
  PRIMARY KEY ("district", "resident")
);

CREATE INDEX "likeness_by_mark" ON "likeness" ("district", "mark");
