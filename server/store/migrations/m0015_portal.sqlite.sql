-- What the portal stands on, as they were on 2026-11-22. Never edited: later changes are later migrations.

CREATE TABLE "assisted" (
  "district" INTEGER NOT NULL,
  "resident" BLOB NOT NULL,
  "act" BLOB NOT NULL,
  "staff" BLOB NOT NULL,
  "facility" BLOB NOT NULL,
  "what" TEXT NOT NULL,
  "subject" BLOB NOT NULL,
  "at" INTEGER NOT NULL,
  "undo_until" INTEGER,
  "undone_at" INTEGER,
  PRIMARY KEY ("district", "resident", "act")
) STRICT, WITHOUT ROWID;

CREATE TABLE "bound_phone" (
  "district" INTEGER NOT NULL,
  "resident" BLOB NOT NULL,
  "bound" BLOB NOT NULL,
  "phone_index" BLOB NOT NULL,
  "sealed" BLOB NOT NULL,
  "how" TEXT NOT NULL,
  "bound_at" INTEGER NOT NULL,
  "bound_by" BLOB NOT NULL,
  "full_at" INTEGER NOT NULL,
  "ended_at" INTEGER,
  "ended_why" TEXT NOT NULL,
  PRIMARY KEY ("district", "resident", "bound")
) STRICT, WITHOUT ROWID;

CREATE TABLE "counter" (
  "district" INTEGER NOT NULL,
  "facility" BLOB NOT NULL,
  "phone" TEXT NOT NULL,
  "hours" TEXT NOT NULL,
  "address" TEXT NOT NULL,
  PRIMARY KEY ("district", "facility")
) STRICT, WITHOUT ROWID;

CREATE TABLE "explained" (
  "district" INTEGER NOT NULL,
  "resident" BLOB NOT NULL,
  "explained" BLOB NOT NULL,
  "staff" BLOB NOT NULL,
  "facility" BLOB NOT NULL,
  "at" INTEGER NOT NULL,
  PRIMARY KEY ("district", "resident", "explained")
) STRICT, WITHOUT ROWID;

CREATE TABLE "family_link" (
  "district" INTEGER NOT NULL,
  "resident" BLOB NOT NULL,
  "link" BLOB NOT NULL,
  "person" BLOB NOT NULL,
  "tie" TEXT NOT NULL,
  "scopes" TEXT NOT NULL,
  "from_day" TEXT NOT NULL,
  "until_day" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "frozen_at" INTEGER,
  "made_at" INTEGER NOT NULL,
  "made_by" BLOB NOT NULL,
  "ended_at" INTEGER,
  "sealed" BLOB NOT NULL,
  PRIMARY KEY ("district", "resident", "link")
) STRICT, WITHOUT ROWID;

CREATE TABLE "first_opening" (
  "district" INTEGER NOT NULL,
  "resident" BLOB NOT NULL,
  "opening" BLOB NOT NULL,
  "text_version" TEXT NOT NULL,
  "person" BLOB NOT NULL,
  "staff" BLOB,
  "at" INTEGER NOT NULL,
  "ended_at" INTEGER,
  PRIMARY KEY ("district", "resident", "opening")
) STRICT, WITHOUT ROWID;

CREATE TABLE "portal_draft" (
  "district" INTEGER NOT NULL,
  "person" BLOB NOT NULL,
  "draft" BLOB NOT NULL,
  "resident" BLOB NOT NULL,
  "path" TEXT NOT NULL,
  "at" INTEGER NOT NULL,
  "sealed" BLOB NOT NULL,
  PRIMARY KEY ("district", "person", "draft")
) STRICT, WITHOUT ROWID;

CREATE TABLE "portal_session" (
  "district" INTEGER NOT NULL,
  "session" BLOB NOT NULL,
  "person" BLOB,
  "resident" BLOB,
  "phone_index" BLOB,
  "how" TEXT NOT NULL,
  "began_at" INTEGER NOT NULL,
  "seen_at" INTEGER NOT NULL,
  "ended" TEXT NOT NULL,
  PRIMARY KEY ("district", "session")
) STRICT, WITHOUT ROWID;
