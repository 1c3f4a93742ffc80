-- Lists sent in, closings, people who leave, tablets given back, as they were on 2026-11-22. Never edited: later changes are later migrations.

CREATE TABLE "upload" (
  "district" SMALLINT NOT NULL,
  "upload" BYTEA NOT NULL,
  "staff" BYTEA NOT NULL,
  "at" BIGINT NOT NULL,
  "sealed" BYTEA NOT NULL,
  PRIMARY KEY ("district", "upload")
);

CREATE TABLE "closing" (
  "district" SMALLINT NOT NULL,
  "facility" BYTEA NOT NULL,
  "day" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "was_published" BOOLEAN NOT NULL,
  "asked_by" BYTEA NOT NULL,
  "asked_at" BIGINT NOT NULL,
  "moved" INTEGER NOT NULL,
  "unplaced" INTEGER NOT NULL,
  PRIMARY KEY ("district", "facility")
);

CREATE INDEX "closing_by_state" ON "closing" ("district", "state");

CREATE TABLE "leaving" (
  "district" SMALLINT NOT NULL,
  "staff" BYTEA NOT NULL,
  "day" TEXT NOT NULL,
  "successor" BYTEA,
  "state" TEXT NOT NULL,
  "asked_by" BYTEA NOT NULL,
  "asked_at" BIGINT NOT NULL,
  PRIMARY KEY ("district", "staff")
);

CREATE INDEX "leaving_by_state" ON "leaving" ("district", "state");

CREATE TABLE "tablet_return" (
  "district" SMALLINT NOT NULL,
  "device" BYTEA NOT NULL,
  "reason" TEXT NOT NULL,
  "since" BIGINT NOT NULL,
  "done_at" BIGINT,
  PRIMARY KEY ("district", "device")
);
