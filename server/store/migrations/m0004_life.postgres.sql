-- Archive numbers, the life of archives, kin, twins and merges, as they were on 2026-11-22. Never edited: later changes are later migrations.

CREATE INDEX "resident_by_archive_no" ON "resident" ("district", "archive_no");

CREATE TABLE "archive_serial" (
  "district" SMALLINT NOT NULL,
  "area" TEXT NOT NULL,
  "next" INTEGER NOT NULL,
  PRIMARY KEY ("district", "area")
);

CREATE TABLE "life_step" (
  "district" SMALLINT NOT NULL,
  "resident" BYTEA NOT NULL,
  "n" INTEGER NOT NULL,
  "before" TEXT NOT NULL,
  "after" TEXT NOT NULL,
  "day" TEXT NOT NULL,
  "at" BIGINT NOT NULL,
  "staff" BYTEA NOT NULL,
  "change" BYTEA NOT NULL,
  "phone_index" BYTEA,
  "sealed" BYTEA NOT NULL,
  "undone_at" BIGINT,
  "undone_by" BYTEA,
  PRIMARY KEY ("district", "resident", "n")
);

CREATE TABLE "life_try" (
  "district" SMALLINT NOT NULL,
  "resident" BYTEA NOT NULL,
  "attempt" BYTEA NOT NULL,
  "day" TEXT NOT NULL,
  "at" BIGINT NOT NULL,
  "staff" BYTEA NOT NULL,
  "sealed" BYTEA NOT NULL,
  PRIMARY KEY ("district", "resident", "attempt")
);

CREATE TABLE "kin" (
  "district" SMALLINT NOT NULL,
  "child" BYTEA NOT NULL,
  "parent" BYTEA NOT NULL,
  "relation" TEXT NOT NULL,
  "birth_order" INTEGER NOT NULL,
  "at" BIGINT NOT NULL,
  "staff" BYTEA NOT NULL,
  PRIMARY KEY ("district", "child", "parent")
);

CREATE INDEX "kin_by_parent" ON "kin" ("district", "parent");

CREATE TABLE "kin_request" (
  "district" SMALLINT NOT NULL,
  "request" BYTEA NOT NULL,
  "resident" BYTEA NOT NULL,
  "state" TEXT NOT NULL,
  "asked_at" BIGINT NOT NULL,
  "staff" BYTEA NOT NULL,
  "sealed" BYTEA NOT NULL,
  "decided_at" BIGINT,
  "decided_by" BYTEA,
  PRIMARY KEY ("district", "request")
);

CREATE INDEX "kin_request_by_resident" ON "kin_request" ("district", "resident");

CREATE TABLE "twin" (
  "district" SMALLINT NOT NULL,
  "twin" BYTEA NOT NULL,
  "first" BYTEA NOT NULL,
  "second" BYTEA NOT NULL,
  "ground" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "noted_at" BIGINT NOT NULL,
  "decided_at" BIGINT,
  "decided_by" BYTEA,
  PRIMARY KEY ("district", "twin")
);

CREATE UNIQUE INDEX "twin_by_first_second" ON "twin" ("district", "first", "second");

CREATE INDEX "twin_by_second" ON "twin" ("district", "second");

CREATE TABLE "merge" (
  "district" SMALLINT NOT NULL,
  "merge" BYTEA NOT NULL,
  "gone" BYTEA NOT NULL,
  "kept" BYTEA NOT NULL,
  "at" BIGINT NOT NULL,
  "staff" BYTEA NOT NULL,
  "change" BYTEA NOT NULL,
  "sealed" BYTEA NOT NULL,
  "undone_at" BIGINT,
  "undone_by" BYTEA,
  PRIMARY KEY ("district", "merge")
);

CREATE INDEX "merge_by_gone" ON "merge" ("district", "gone");

CREATE INDEX "merge_by_kept" ON "merge" ("district", "kept");

CREATE TABLE "merged" (
  "district" SMALLINT NOT NULL,
  "gone" BYTEA NOT NULL,
  "kept" BYTEA NOT NULL,
  PRIMARY KEY ("district", "gone")
);

CREATE INDEX "merged_by_kept" ON "merged" ("district", "kept");
