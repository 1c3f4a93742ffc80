-- Family beyond the links, as they were on 2026-11-22. Never edited: later changes are later migrations.

CREATE TABLE "relative" (
  "district" SMALLINT NOT NULL,
  "relative" BYTEA NOT NULL,
  "id_index" BYTEA NOT NULL,
  "made_at" BIGINT NOT NULL,
  "made_by" BYTEA NOT NULL,
  "facility" BYTEA NOT NULL,
  "sealed" BYTEA NOT NULL,
  PRIMARY KEY ("district", "relative")
);

CREATE UNIQUE INDEX "relative_by_id_index" ON "relative" ("district", "id_index");

CREATE TABLE "family_offer" (
  "district" SMALLINT NOT NULL,
  "resident" BYTEA NOT NULL,
  "offer" BYTEA NOT NULL,
  "person" BYTEA,
  "scopes" TEXT NOT NULL,
  "until_day" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "at" BIGINT NOT NULL,
  "expires_at" BIGINT NOT NULL,
  "sealed" BYTEA NOT NULL,
  PRIMARY KEY ("district", "resident", "offer")
);

CREATE INDEX "family_offer_by_person_state" ON "family_offer" ("district", "person", "state");

CREATE INDEX "family_offer_by_state_expires_at" ON "family_offer" ("district", "state", "expires_at");

CREATE TABLE "family_freeze" (
  "district" SMALLINT NOT NULL,
  "family_freeze" BYTEA NOT NULL,
  "resident" BYTEA NOT NULL,
  "link" BYTEA NOT NULL,
  "staff" BYTEA NOT NULL,
  "facility" BYTEA NOT NULL,
  "at" BIGINT NOT NULL,
  "due_at" BIGINT NOT NULL,
  "state" TEXT NOT NULL,
  "decided_at" BIGINT,
  "decided_by" BYTEA,
  "sealed" BYTEA NOT NULL,
  PRIMARY KEY ("district", "family_freeze")
);

CREATE INDEX "family_freeze_by_resident" ON "family_freeze" ("district", "resident");

CREATE INDEX "family_freeze_by_link" ON "family_freeze" ("district", "link");

CREATE TABLE "family_act" (
  "district" SMALLINT NOT NULL,
  "resident" BYTEA NOT NULL,
  "act" BYTEA NOT NULL,
  "person" BYTEA NOT NULL,
  "hand" BYTEA,
  "what" TEXT NOT NULL,
  "subject" BYTEA NOT NULL,
  "at" BIGINT NOT NULL,
  PRIMARY KEY ("district", "resident", "act")
);

CREATE INDEX "family_link_by_state_until_day" ON "family_link" ("district", "state", "until_day");
