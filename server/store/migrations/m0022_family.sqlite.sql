-- Family beyond the links, as they were on 2026-11-22. Never edited: later changes are later migrations.

CREATE TABLE "relative" (
  "district" INTEGER NOT NULL,
  "relative" BLOB NOT NULL,
  "id_index" BLOB NOT NULL,
  "made_at" INTEGER NOT NULL,
  "made_by" BLOB NOT NULL,
  "facility" BLOB NOT NULL,
  "sealed" BLOB NOT NULL,
  PRIMARY KEY ("district", "relative")
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX "relative_by_id_index" ON "relative" ("district", "id_index");

CREATE TABLE "family_offer" (
  "district" INTEGER NOT NULL,
  "resident" BLOB NOT NULL,
  "offer" BLOB NOT NULL,
  "person" BLOB,
  "scopes" TEXT NOT NULL,
  "until_day" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "at" INTEGER NOT NULL,
  "expires_at" INTEGER NOT NULL,
  "sealed" BLOB NOT NULL,
  PRIMARY KEY ("district", "resident", "offer")
) STRICT, WITHOUT ROWID;

CREATE INDEX "family_offer_by_person_state" ON "family_offer" ("district", "person", "state");

CREATE INDEX "family_offer_by_state_expires_at" ON "family_offer" ("district", "state", "expires_at");

CREATE TABLE "family_freeze" (
  "district" INTEGER NOT NULL,
  "family_freeze" BLOB NOT NULL,
  "resident" BLOB NOT NULL,
  "link" BLOB NOT NULL,
  "staff" BLOB NOT NULL,
  "facility" BLOB NOT NULL,
  "at" INTEGER NOT NULL,
  "due_at" INTEGER NOT NULL,
  "state" TEXT NOT NULL,
  "decided_at" INTEGER,
  "decided_by" BLOB,
  "sealed" BLOB NOT NULL,
  PRIMARY KEY ("district", "family_freeze")
) STRICT, WITHOUT ROWID;

CREATE INDEX "family_freeze_by_resident" ON "family_freeze" ("district", "resident");

CREATE INDEX "family_freeze_by_link" ON "family_freeze" ("district", "link");

CREATE TABLE "family_act" (
  "district" INTEGER NOT NULL,
  "resident" BLOB NOT NULL,
  "act" BLOB NOT NULL,
  "person" BLOB NOT NULL,
  "hand" BLOB,
  "what" TEXT NOT NULL,
  "subject" BLOB NOT NULL,
  "at" INTEGER NOT NULL,
  PRIMARY KEY ("district", "resident", "act")
) STRICT, WITHOUT ROWID;

CREATE INDEX "family_link_by_state_until_day" ON "family_link" ("district", "state", "until_day");
