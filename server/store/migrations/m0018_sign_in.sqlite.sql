-- Codes and passes of the portal, as they were on 2026-11-22. Never edited: later changes are later migrations.

CREATE TABLE "portal_code" (
  "district" INTEGER NOT NULL,
  "code" BLOB NOT NULL,
  "purpose" TEXT NOT NULL,
  "resident" BLOB,
  "id_mark" BLOB,
  "known" INTEGER NOT NULL,
  "made_at" INTEGER NOT NULL,
  "expires_at" INTEGER NOT NULL,
  "tries" INTEGER NOT NULL,
  "used_at" INTEGER,
  "sealed" BLOB NOT NULL,
  PRIMARY KEY ("district", "code")
) STRICT, WITHOUT ROWID;

CREATE INDEX "portal_code_by_id_mark_made_at" ON "portal_code" ("district", "id_mark", "made_at");

CREATE INDEX "portal_code_by_resident_made_at" ON "portal_code" ("district", "resident", "made_at");

CREATE INDEX "portal_code_by_made_at" ON "portal_code" ("district", "made_at");

CREATE TABLE "portal_pass" (
  "district" INTEGER NOT NULL,
  "mark" BLOB NOT NULL,
  "resident" BLOB NOT NULL,
  "staff" BLOB NOT NULL,
  "facility" BLOB NOT NULL,
  "made_at" INTEGER NOT NULL,
  "expires_at" INTEGER NOT NULL,
  "used_at" INTEGER,
  "ended_at" INTEGER,
  PRIMARY KEY ("district", "mark")
) STRICT, WITHOUT ROWID;

CREATE INDEX "portal_pass_by_resident_made_at" ON "portal_pass" ("district", "resident", "made_at");

CREATE INDEX "bound_phone_by_phone_index_ended_at" ON "bound_phone" ("district", "phone_index", "ended_at");

CREATE INDEX "portal_session_by_person" ON "portal_session" ("district", "person");

CREATE INDEX "family_link_by_person_state" ON "family_link" ("district", "person", "state");
