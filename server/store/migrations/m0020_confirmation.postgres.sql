-- What was asked and answered about services, as they were on 2026-11-22. Never edited: later changes are later migrations.

CREATE TABLE "confirmation" (
  "district" SMALLINT NOT NULL,
  "confirmation" BYTEA NOT NULL,
  "resident" BYTEA NOT NULL,
  "record" BYTEA NOT NULL,
  "facility" BYTEA NOT NULL,
  "staff" BYTEA NOT NULL,
  "day" TEXT NOT NULL,
  "service" TEXT NOT NULL,
  "asked_at" BIGINT NOT NULL,
  "answer" TEXT NOT NULL,
  "satisfaction" TEXT NOT NULL,
  "channel" TEXT NOT NULL,
  "counts" BOOLEAN NOT NULL,
  "answered_at" BIGINT,
  "gone_at" BIGINT,
  PRIMARY KEY ("district", "confirmation")
);

CREATE INDEX "confirmation_by_resident_day" ON "confirmation" ("district", "resident", "day");

CREATE INDEX "confirmation_by_record" ON "confirmation" ("district", "record");

CREATE INDEX "confirmation_by_facility_day" ON "confirmation" ("district", "facility", "day");

CREATE TABLE "confirmation_answer" (
  "district" SMALLINT NOT NULL,
  "confirmation" BYTEA NOT NULL,
  "said" BYTEA NOT NULL,
  "answer" TEXT NOT NULL,
  "satisfaction" TEXT NOT NULL,
  "channel" TEXT NOT NULL,
  "hand" BYTEA NOT NULL,
  "hand_facility" BYTEA,
  "counts" BOOLEAN NOT NULL,
  "stood" BOOLEAN NOT NULL,
  "at" BIGINT NOT NULL,
  "sealed_for" BYTEA NOT NULL,
  "sealed" BYTEA NOT NULL,
  PRIMARY KEY ("district", "confirmation", "said")
);

CREATE TABLE "denial" (
  "district" SMALLINT NOT NULL,
  "confirmation" BYTEA NOT NULL,
  "facility" BYTEA NOT NULL,
  "opened_at" BIGINT NOT NULL,
  "state" TEXT NOT NULL,
  "replied_by" BYTEA,
  "replied_at" BIGINT,
  "finding" TEXT NOT NULL,
  "found_by" BYTEA,
  "found_at" BIGINT,
  "sealed_for" BYTEA NOT NULL,
  "sealed" BYTEA NOT NULL,
  PRIMARY KEY ("district", "confirmation")
);

CREATE INDEX "denial_by_state" ON "denial" ("district", "state");

CREATE TABLE "sample_line" (
  "district" SMALLINT NOT NULL,
  "sample" BYTEA NOT NULL,
  "n" INTEGER NOT NULL,
  "confirmation" BYTEA NOT NULL,
  "state" TEXT NOT NULL,
  "tries" INTEGER NOT NULL,
  "last_try" BIGINT,
  "caller" BYTEA,
  PRIMARY KEY ("district", "sample", "n")
);

CREATE TABLE "telephone_sample" (
  "district" SMALLINT NOT NULL,
  "sample" BYTEA NOT NULL,
  "facility" BYTEA,
  "from_day" TEXT NOT NULL,
  "until_day" TEXT NOT NULL,
  "drawn_at" BIGINT NOT NULL,
  "drawn_by" BYTEA NOT NULL,
  "seed" BYTEA NOT NULL,
  "pool" INTEGER NOT NULL,
  "size" INTEGER NOT NULL,
  PRIMARY KEY ("district", "sample")
);
