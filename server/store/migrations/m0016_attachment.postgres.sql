-- Pictures and their sealed pieces, as they were on 2026-11-22. Never edited: later changes are later migrations.

CREATE TABLE "attachment" (
  "district" SMALLINT NOT NULL,
  "attachment" BYTEA NOT NULL,
  "device" BYTEA NOT NULL,
  "resident" BYTEA NOT NULL,
  "subject" BYTEA,
  "cls" TEXT NOT NULL,
  "under" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "reason" TEXT NOT NULL,
  "size" BIGINT NOT NULL,
  "arrived" BIGINT NOT NULL,
  "made_at" BIGINT NOT NULL,
  "changed_at" BIGINT NOT NULL,
  "staff" BYTEA NOT NULL,
  "receipt" BYTEA,
  "sealed" BYTEA NOT NULL,
  PRIMARY KEY ("district", "attachment", "device")
);

CREATE INDEX "attachment_by_resident" ON "attachment" ("district", "resident");

CREATE INDEX "attachment_by_subject" ON "attachment" ("district", "subject");

CREATE INDEX "attachment_by_device_state" ON "attachment" ("district", "device", "state");

CREATE INDEX "attachment_by_state_changed_at" ON "attachment" ("district", "state", "changed_at");

CREATE TABLE "attachment_part" (
  "district" SMALLINT NOT NULL,
  "attachment" BYTEA NOT NULL,
  "device" BYTEA NOT NULL,
  "n" INTEGER NOT NULL,
  "body" BYTEA NOT NULL,
  PRIMARY KEY ("district", "attachment", "device", "n")
);
