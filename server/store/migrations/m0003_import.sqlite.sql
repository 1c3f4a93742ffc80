-- Lists being read in, as they were on 2026-11-22. Never edited: later changes are later migrations.

CREATE TABLE "import_job" (
  "district" INTEGER NOT NULL,
  "job" BLOB NOT NULL,
  "kind" TEXT NOT NULL,
  "facility" BLOB,
  "staff" BLOB NOT NULL,
  "restricted" INTEGER NOT NULL,
  "state" TEXT NOT NULL,
  "told" TEXT NOT NULL,
  "format" TEXT NOT NULL,
  "encoding" TEXT NOT NULL,
  "size" INTEGER NOT NULL,
  "key" BLOB NOT NULL,
  "sealed_head" BLOB NOT NULL,
  "raw_chunks" INTEGER NOT NULL,
  "chunks" INTEGER NOT NULL,
  "lines" INTEGER NOT NULL,
  "next_chunk" INTEGER NOT NULL,
  "created" INTEGER NOT NULL,
  "matched" INTEGER NOT NULL,
  "possible" INTEGER NOT NULL,
  "refused" INTEGER NOT NULL,
  "worked_ms" INTEGER NOT NULL,
  "made_at" INTEGER NOT NULL,
  "started_at" INTEGER,
  "ended_at" INTEGER,
  "deleted_at" INTEGER,
  "owner" TEXT NOT NULL,
  "lease_until" INTEGER NOT NULL,
  PRIMARY KEY ("district", "job")
) STRICT, WITHOUT ROWID;

CREATE INDEX "import_job_by_made_at" ON "import_job" ("district", "made_at");

CREATE INDEX "import_job_by_state" ON "import_job" ("district", "state");

CREATE TABLE "import_chunk" (
  "district" INTEGER NOT NULL,
  "job" BLOB NOT NULL,
  "part" TEXT NOT NULL,
  "n" INTEGER NOT NULL,
  "lines" INTEGER NOT NULL,
  "refused" INTEGER NOT NULL,
  "sealed" BLOB NOT NULL,
  "sealed_results" BLOB,
  PRIMARY KEY ("district", "job", "part", "n")
) STRICT, WITHOUT ROWID;

CREATE TABLE "import_mapping" (
  "district" INTEGER NOT NULL,
  "mapping" BLOB NOT NULL,
  "facility" BLOB,
  "kind" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "columns" TEXT NOT NULL,
  "staff" BLOB NOT NULL,
  "changed_at" INTEGER NOT NULL,
  PRIMARY KEY ("district", "mapping")
) STRICT, WITHOUT ROWID;

CREATE INDEX "import_mapping_by_kind" ON "import_mapping" ("district", "kind");

CREATE TABLE "likeness" (
  "district" INTEGER NOT NULL,
  "resident" BLOB NOT NULL,
  "mark" BLOB NOT NULL,
  PRIMARY KEY ("district", "resident")
) STRICT, WITHOUT ROWID;

CREATE INDEX "likeness_by_mark" ON "likeness" ("district", "mark");
