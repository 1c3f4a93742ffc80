-- What the portal stands on, as they were on 2026-11-22. Never edited: later changes are later migrations.

CREATE TABLE "assisted" (
  "district" SMALLINT NOT NULL,
  "resident" BYTEA NOT NULL,
  "act" BYTEA NOT NULL,
  "staff" BYTEA NOT NULL,
  "facility" BYTEA NOT NULL,
  "what" TEXT NOT NULL,
  "subject" BYTEA NOT NULL,
  "at" BIGINT NOT NULL,
  "undo_until" BIGINT,
  "undone_at" BIGINT,
  PRIMARY KEY ("district", "resident", "act")
);

CREATE TABLE "bound_phone" (
  "district" SMALLINT NOT NULL,
  "resident" BYTEA NOT NULL,
  "bound" BYTEA NOT NULL,
  "phone_index" BYTEA NOT NULL,
  "sealed" BYTEA NOT NULL,
  "how" TEXT NOT NULL,
  "bound_at" BIGINT NOT NULL,
  "bound_by" BYTEA NOT NULL,
  "full_at" BIGINT NOT NULL,
  "ended_at" BIGINT,
  "ended_why" TEXT NOT NULL,
  PRIMARY KEY ("district", "resident", "bound")
);

CREATE TABLE "counter" (
  "district" SMALLINT NOT NULL,
  "facility" BYTEA NOT NULL,
  "phone" TEXT NOT NULL,
  "hours" TEXT NOT NULL,
  "address" TEXT NOT NULL,
  PRIMARY KEY ("district", "facility")
);

CREATE TABLE "explained" (
  "district" SMALLINT NOT NULL,
  "resident" BYTEA NOT NULL,
  "explained" BYTEA NOT NULL,
  "staff" BYTEA NOT NULL,
  "facility" BYTEA NOT NULL,
  "at" BIGINT NOT NULL,
  PRIMARY KEY ("district", "resident", "explained")
);

CREATE TABLE "family_link" (
  "district" SMALLINT NOT NULL,
  "resident" BYTEA NOT NULL,
  "link" BYTEA NOT NULL,
  "person" BYTEA NOT NULL,
  "tie" TEXT NOT NULL,
  "scopes" TEXT NOT NULL,
  "from_day" TEXT NOT NULL,
  "until_day" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "frozen_at" BIGINT,
  "made_at" BIGINT NOT NULL,
  "made_by" BYTEA NOT NULL,
  "ended_at" BIGINT,
  "sealed" BYTEA NOT NULL,
  PRIMARY KEY ("district", "resident", "link")
);

CREATE TABLE "first_opening" (
  "district" SMALLINT NOT NULL,
  "resident" BYTEA NOT NULL,
  "opening" BYTEA NOT NULL,
  "text_version" TEXT NOT NULL,
  "person" BYTEA NOT NULL,
  "staff" BYTEA,
  "at" BIGINT NOT NULL,
  "ended_at" BIGINT,
  PRIMARY KEY ("district", "resident", "opening")
);

CREATE TABLE "portal_draft" (
  "district" SMALLINT NOT NULL,
  "person" BYTEA NOT NULL,
  "draft" BYTEA NOT NULL,
  "resident" BYTEA NOT NULL,
  "path" TEXT NOT NULL,
  "at" BIGINT NOT NULL,
  "sealed" BYTEA NOT NULL,
  PRIMARY KEY ("district", "person", "draft")
);

CREATE TABLE "portal_session" (
  "district" SMALLINT NOT NULL,
  "session" BYTEA NOT NULL,
  "person" BYTEA,
  "resident" BYTEA,
  "phone_index" BYTEA,
  "how" TEXT NOT NULL,
  "began_at" BIGINT NOT NULL,
  "seen_at" BIGINT NOT NULL,
  "ended" TEXT NOT NULL,
  PRIMARY KEY ("district", "session")
);
