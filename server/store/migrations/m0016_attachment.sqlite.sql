-- Pictures and their sealed pieces, as they were on 2026-11-22. Never edited: later changes are later migrations.

CREATE TABLE "attachment" (
  "district" INTEGER NOT NULL,
  "attachment" BLOB NOT NULL,
  "device" BLOB NOT NULL,
  "resident" BLOB NOT NULL,
  "subject" BLOB,
  "cls" TEXT NOT NULL,
  "under" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "reason" TEXT NOT NULL,
  "size" INTEGER NOT NULL,
  "arrived" INTEGER NOT NULL,
  "made_at" INTEGER NOT NULL,
  "changed_at" INTEGER NOT NULL,
  "staff" BLOB NOT NULL,
  "receipt" BLOB,
  "sealed" BLOB NOT NULL,
  PRIMARY KEY ("district", "attachment", "device")
) STRICT;

CREATE INDEX "attachment_by_resident" ON "attachment" ("district", "resident");

CREATE INDEX "attachment_by_subject" ON "attachment" ("district", "subject");

CREATE INDEX "attachment_by_device_state" ON "attachment" ("district", "device", "state");

CREATE INDEX "attachment_by_state_changed_at" ON "attachment" ("district", "state", "changed_at");

CREATE TABLE "attachment_part" (
  "district" INTEGER NOT NULL,
  "attachment" BLOB NOT NULL,
  "device" BLOB NOT NULL,
  "n" INTEGER NOT NULL,
  "body" BLOB NOT NULL,
  PRIMARY KEY ("district", "attachment", "device", "n")
) STRICT;
