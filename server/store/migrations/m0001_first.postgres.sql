-- The first tables, as they were on 2026-11-22. Never edited: later changes are later migrations.

CREATE TABLE "district" (
  "district" SMALLINT NOT NULL,
  "code" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "rules" TEXT NOT NULL,
  "key" BYTEA NOT NULL,
  "index_key" BYTEA NOT NULL,
  "feed_epoch" BIGINT NOT NULL,
  PRIMARY KEY ("district")
);

CREATE TABLE "facility" (
  "district" SMALLINT NOT NULL,
  "facility" BYTEA NOT NULL,
  "name" TEXT NOT NULL,
  "published" BOOLEAN NOT NULL,
  PRIMARY KEY ("district", "facility")
);

CREATE TABLE "panel" (
  "district" SMALLINT NOT NULL,
  "panel" BYTEA NOT NULL,
  "facility" BYTEA NOT NULL,
  "name" TEXT NOT NULL,
  "csn" BIGINT NOT NULL,
  "root_open" BYTEA NOT NULL,
  "root_restricted" BYTEA NOT NULL,
  PRIMARY KEY ("district", "panel")
);

CREATE TABLE "staff" (
  "district" SMALLINT NOT NULL,
  "staff" BYTEA NOT NULL,
  "facility" BYTEA NOT NULL,
  "panel" BYTEA,
  "role" TEXT NOT NULL,
  "restricted" BOOLEAN NOT NULL,
  "active" BOOLEAN NOT NULL,
  "sealed_name" BYTEA NOT NULL,
  PRIMARY KEY ("district", "staff")
);

CREATE TABLE "device" (
  "district" SMALLINT NOT NULL,
  "device" BYTEA NOT NULL,
  "facility" BYTEA NOT NULL,
  "label" TEXT NOT NULL,
  "status" TEXT NOT NULL,
  "suite" SMALLINT NOT NULL,
  "kem_key" BYTEA NOT NULL,
  "restricted" BOOLEAN NOT NULL,
  "chain_epoch" BIGINT NOT NULL,
  "epoch_allowed" BIGINT NOT NULL,
  "head_seq" BIGINT NOT NULL,
  "head_digest" BYTEA NOT NULL,
  "counter" BIGINT NOT NULL,
  "backed_epoch" BIGINT NOT NULL,
  "backed_seq" BIGINT NOT NULL,
  "outcome_n" BIGINT NOT NULL,
  "app" TEXT NOT NULL,
  "schema" INTEGER NOT NULL,
  "pending" INTEGER NOT NULL,
  "oldest" BIGINT,
  "first_contact" BIGINT NOT NULL,
  "last_contact" BIGINT NOT NULL,
  "lease_until" BIGINT NOT NULL,
  "safe_until" BIGINT,
  "trust" INTEGER NOT NULL,
  "checkpoint" BIGINT NOT NULL,
  "strangers_day" TEXT NOT NULL,
  "strangers" INTEGER NOT NULL,
  "digest_misses" INTEGER NOT NULL,
  PRIMARY KEY ("district", "device")
);

CREATE TABLE "device_key" (
  "district" SMALLINT NOT NULL,
  "key" BYTEA NOT NULL,
  "device" BYTEA NOT NULL,
  "staff" BYTEA NOT NULL,
  "public" BYTEA NOT NULL,
  "since" BIGINT NOT NULL,
  "until" BIGINT,
  PRIMARY KEY ("district", "device", "key")
);

CREATE TABLE "device_panel" (
  "district" SMALLINT NOT NULL,
  "device" BYTEA NOT NULL,
  "panel" BYTEA NOT NULL,
  "served_epoch" BIGINT NOT NULL,
  "served_csn" BIGINT NOT NULL,
  "served_at" BIGINT NOT NULL,
  "acked_csn" BIGINT NOT NULL,
  "acked_at" BIGINT NOT NULL,
  PRIMARY KEY ("district", "device", "panel")
);

CREATE TABLE "resident" (
  "district" SMALLINT NOT NULL,
  "resident" BYTEA NOT NULL,
  "panel" BYTEA,
  "facility" BYTEA,
  "status" TEXT NOT NULL,
  "archive_no" TEXT NOT NULL,
  "id_index" BYTEA,
  "phone_index" BYTEA,
  "key" BYTEA NOT NULL,
  "rev" BIGINT NOT NULL,
  "rev_restricted" BIGINT NOT NULL,
  "sum_open" BYTEA NOT NULL,
  "sum_restricted" BYTEA NOT NULL,
  "sealed_cells" BYTEA NOT NULL,
  "sealed_restricted" BYTEA,
  PRIMARY KEY ("district", "resident")
);

CREATE INDEX "resident_by_id_index" ON "resident" ("district", "id_index");

CREATE INDEX "resident_by_phone_index" ON "resident" ("district", "phone_index");

CREATE TABLE "member" (
  "district" SMALLINT NOT NULL,
  "panel" BYTEA NOT NULL,
  "resident" BYTEA NOT NULL,
  "ground" TEXT NOT NULL,
  "since_csn" BIGINT NOT NULL,
  "until" BIGINT,
  PRIMARY KEY ("district", "panel", "resident")
);

CREATE INDEX "member_by_resident_panel_ground_until" ON "member" ("district", "resident", "panel", "ground", "until");

CREATE INDEX "member_by_until" ON "member" ("district", "until");

CREATE TABLE "assignment" (
  "district" SMALLINT NOT NULL,
  "resident" BYTEA NOT NULL,
  "n" INTEGER NOT NULL,
  "facility" BYTEA NOT NULL,
  "panel" BYTEA NOT NULL,
  "ground" TEXT NOT NULL,
  "from_day" TEXT NOT NULL,
  "until_day" TEXT,
  "moved_at" BIGINT,
  "leave_csn" BIGINT,
  "counts" BOOLEAN NOT NULL,
  "undone" BOOLEAN NOT NULL,
  PRIMARY KEY ("district", "resident", "n")
);

CREATE INDEX "assignment_by_panel_resident" ON "assignment" ("district", "panel", "resident");

CREATE TABLE "switch" (
  "district" SMALLINT NOT NULL,
  "resident" BYTEA NOT NULL,
  "switch" BYTEA NOT NULL,
  "facility" BYTEA NOT NULL,
  "panel" BYTEA NOT NULL,
  "cause" TEXT NOT NULL,
  "asked_at" BIGINT NOT NULL,
  "from_day" TEXT NOT NULL,
  "status" TEXT NOT NULL,
  PRIMARY KEY ("district", "resident", "switch")
);

CREATE INDEX "switch_by_status_from_day" ON "switch" ("district", "status", "from_day");

CREATE TABLE "change" (
  "district" SMALLINT NOT NULL,
  "resident" BYTEA NOT NULL,
  "change" BYTEA NOT NULL,
  "kind" TEXT,
  "cls" TEXT NOT NULL,
  "shape" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "reason" TEXT NOT NULL,
  "parts" BYTEA,
  "rev" BIGINT NOT NULL,
  "day" TEXT NOT NULL,
  "recorded_at" BIGINT NOT NULL,
  "received_at" BIGINT NOT NULL,
  "device" BYTEA,
  "epoch" BIGINT NOT NULL,
  "seq" BIGINT NOT NULL,
  "idx" INTEGER NOT NULL,
  "staff" BYTEA NOT NULL,
  "author" TEXT NOT NULL,
  "credit" TEXT NOT NULL,
  "credit_facility" BYTEA,
  "flags" TEXT NOT NULL,
  "known_panel" BYTEA,
  "known_epoch" BIGINT NOT NULL,
  "known_csn" BIGINT NOT NULL,
  "under" TEXT NOT NULL,
  "body" BYTEA NOT NULL,
  PRIMARY KEY ("district", "resident", "day", "change")
);

CREATE UNIQUE INDEX "change_by_change" ON "change" ("district", "change");

CREATE TABLE "feed" (
  "district" SMALLINT NOT NULL,
  "panel" BYTEA NOT NULL,
  "csn" BIGINT NOT NULL,
  "op" TEXT NOT NULL,
  "resident" BYTEA NOT NULL,
  "entity" BYTEA NOT NULL,
  PRIMARY KEY ("district", "panel", "csn")
);

CREATE TABLE "batch" (
  "district" SMALLINT NOT NULL,
  "device" BYTEA NOT NULL,
  "digest" BYTEA NOT NULL,
  "epoch" BIGINT NOT NULL,
  "seq" BIGINT NOT NULL,
  "verdict" TEXT NOT NULL,
  "staff" BYTEA NOT NULL,
  "received_at" BIGINT NOT NULL,
  "n" INTEGER NOT NULL,
  "header" BYTEA NOT NULL,
  "body_hash" BYTEA NOT NULL,
  "signature" BYTEA NOT NULL,
  "leaves" BYTEA NOT NULL,
  "receipt" BYTEA NOT NULL,
  PRIMARY KEY ("district", "device", "digest")
);

CREATE INDEX "batch_by_device_epoch_seq" ON "batch" ("district", "device", "epoch", "seq");

CREATE TABLE "envelope" (
  "district" SMALLINT NOT NULL,
  "device" BYTEA NOT NULL,
  "digest" BYTEA NOT NULL,
  "received_at" BIGINT NOT NULL,
  "content" BYTEA NOT NULL,
  PRIMARY KEY ("district", "device", "digest")
);

CREATE TABLE "outcome" (
  "district" SMALLINT NOT NULL,
  "device" BYTEA NOT NULL,
  "outcome" BYTEA NOT NULL,
  "n" BIGINT,
  "change" BYTEA NOT NULL,
  "state" TEXT NOT NULL,
  "reason" TEXT NOT NULL,
  "at" BIGINT NOT NULL,
  PRIMARY KEY ("district", "device", "outcome")
);

CREATE INDEX "outcome_by_device_n" ON "outcome" ("district", "device", "n");

CREATE TABLE "wait" (
  "district" SMALLINT NOT NULL,
  "names" BYTEA NOT NULL,
  "change" BYTEA NOT NULL,
  "since" BIGINT NOT NULL,
  PRIMARY KEY ("district", "names", "change")
);

CREATE TABLE "task" (
  "district" SMALLINT NOT NULL,
  "kind" TEXT NOT NULL,
  "subject" BYTEA NOT NULL,
  "resident" BYTEA,
  "facility" BYTEA,
  "opened_at" BIGINT NOT NULL,
  "due_at" BIGINT NOT NULL,
  "closed_at" BIGINT,
  "closed_by" BYTEA,
  "result" TEXT NOT NULL,
  PRIMARY KEY ("district", "kind", "subject")
);

CREATE INDEX "task_by_closed_at_due_at" ON "task" ("district", "closed_at", "due_at");

CREATE INDEX "task_by_resident" ON "task" ("district", "resident");

CREATE TABLE "copy" (
  "district" SMALLINT NOT NULL,
  "resident" BYTEA NOT NULL,
  "device" BYTEA NOT NULL,
  "since" BIGINT NOT NULL,
  "state" TEXT NOT NULL,
  "changed_at" BIGINT NOT NULL,
  PRIMARY KEY ("district", "resident", "device")
);

CREATE INDEX "copy_by_device_state" ON "copy" ("district", "device", "state");

CREATE TABLE "access_log" (
  "district" SMALLINT NOT NULL,
  "resident" BYTEA NOT NULL,
  "entry" BYTEA NOT NULL,
  "at" BIGINT NOT NULL,
  "logged_at" BIGINT NOT NULL,
  "staff" BYTEA NOT NULL,
  "facility" BYTEA,
  "device" BYTEA,
  "purpose" TEXT NOT NULL,
  "ground" TEXT NOT NULL,
  "classes" TEXT NOT NULL,
  "mode" TEXT NOT NULL,
  PRIMARY KEY ("district", "resident", "entry")
);

CREATE TABLE "consent" (
  "district" SMALLINT NOT NULL,
  "resident" BYTEA NOT NULL,
  "consent" BYTEA NOT NULL,
  "facility" BYTEA NOT NULL,
  "panel" BYTEA NOT NULL,
  "purpose" TEXT NOT NULL,
  "classes" TEXT NOT NULL,
  "text_version" TEXT NOT NULL,
  "granted_at" BIGINT NOT NULL,
  "until" BIGINT NOT NULL,
  "revoked_at" BIGINT,
  PRIMARY KEY ("district", "resident", "consent")
);

CREATE TABLE "server_key" (
  "district" SMALLINT NOT NULL,
  "purpose" TEXT NOT NULL,
  "suite" SMALLINT NOT NULL,
  "epoch" BIGINT NOT NULL,
  "kid" BYTEA NOT NULL,
  "public" BYTEA NOT NULL,
  "sealed_private" BYTEA NOT NULL,
  "since" BIGINT NOT NULL,
  "retired_at" BIGINT,
  PRIMARY KEY ("district", "purpose", "suite", "epoch")
);

CREATE TABLE "enrol_offer" (
  "district" SMALLINT NOT NULL,
  "offer" BYTEA NOT NULL,
  "device" BYTEA NOT NULL,
  "staff" BYTEA NOT NULL,
  "panel" BYTEA NOT NULL,
  "label" TEXT NOT NULL,
  "suite" SMALLINT NOT NULL,
  "status" TEXT NOT NULL,
  "tries" INTEGER NOT NULL,
  "created_at" BIGINT NOT NULL,
  "expires_at" BIGINT NOT NULL,
  "sealed_secret" BYTEA NOT NULL,
  "request" BYTEA,
  "digits" TEXT NOT NULL,
  "kem_key" BYTEA,
  "sign_key" BYTEA,
  PRIMARY KEY ("district", "offer")
);

CREATE TABLE "audit_leaf" (
  "district" SMALLINT NOT NULL,
  "leaf" BYTEA NOT NULL,
  "number" BIGINT,
  "what" TEXT NOT NULL,
  "hash" BYTEA NOT NULL,
  "detail" BYTEA NOT NULL,
  "at" BIGINT NOT NULL,
  PRIMARY KEY ("district", "leaf")
);

CREATE INDEX "audit_leaf_by_number" ON "audit_leaf" ("district", "number");

CREATE TABLE "audit_node" (
  "district" SMALLINT NOT NULL,
  "level" SMALLINT NOT NULL,
  "idx" BIGINT NOT NULL,
  "hash" BYTEA NOT NULL,
  PRIMARY KEY ("district", "level", "idx")
);

CREATE TABLE "audit_checkpoint" (
  "district" SMALLINT NOT NULL,
  "size" BIGINT NOT NULL,
  "root" BYTEA NOT NULL,
  "at" BIGINT NOT NULL,
  "signature" BYTEA NOT NULL,
  PRIMARY KEY ("district", "size")
);

CREATE TABLE "job_run" (
  "job" TEXT NOT NULL,
  "slot" BIGINT NOT NULL,
  "claimed_by" TEXT NOT NULL,
  "lease_until" BIGINT NOT NULL,
  "finished_at" BIGINT,
  "result" TEXT NOT NULL,
  PRIMARY KEY ("job", "slot")
);

CREATE TABLE "backup_mark" (
  "district" SMALLINT NOT NULL,
  "taken_at" BIGINT NOT NULL,
  "verified_at" BIGINT NOT NULL,
  "digest" BYTEA NOT NULL,
  "rows" BIGINT NOT NULL,
  PRIMARY KEY ("district", "taken_at")
);
