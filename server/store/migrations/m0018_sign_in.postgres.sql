-- Codes and passes of the portal, as they were on 2026-11-22. Never edited: later changes are later migrations.

CREATE TABLE "portal_code" (
  "district" SMALLINT NOT NULL,
  "code" BYTEA NOT NULL,
  "purpose" TEXT NOT NULL,
  "resident" BYTEA,
  "id_mark" BYTEA,
  "known" BOOLEAN NOT NULL,
  "made_at" BIGINT NOT NULL,
  "expires_at" BIGINT NOT NULL,
  "tries" SMALLINT NOT NULL,
  "used_at" BIGINT,
  "sealed" BYTEA NOT NULL,
  PRIMARY KEY ("district", "code")
);

CREATE INDEX "portal_code_by_id_mark_made_at" ON "portal_code" ("district", "id_mark", "made_at");

CREATE INDEX "portal_code_by_resident_made_at" ON "portal_code" ("district", "resident", "made_at");

CREATE INDEX "portal_code_by_made_at" ON "portal_code" ("district", "made_at");

CREATE TABLE "portal_pass" (
  "district" SMALLINT NOT NULL,
  "mark" BYTEA NOT NULL,
  "resident" BYTEA NOT NULL,
  "staff" BYTEA NOT NULL,
  "facility" BYTEA NOT NULL,
  "made_at" BIGINT NOT NULL,
  "expires_at" BIGINT NOT NULL,
  "used_at" BIGINT,
  "ended_at" BIGINT,
  PRIMARY KEY ("district", "mark")
);

CREATE INDEX "portal_pass_by_resident_made_at" ON "portal_pass" ("district", "resident", "made_at");

CREATE INDEX "bound_phone_by_phone_index_ended_at" ON "bound_phone" ("district", "phone_index", "ended_at");

CREATE INDEX "portal_session_by_person" ON "portal_session" ("district", "person");

CREATE INDEX "family_link_by_person_state" ON "family_link" ("district", "person", "state");
