-- The first tables, as they were on 2026-11-22. Never edited: later changes are later migrations.

CREATE TABLE "district" (
  "district" INTEGER NOT NULL,
  "code" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "rules" TEXT NOT NULL,
  "key" BLOB NOT NULL,
  "index_key" BLOB NOT NULL,
  "feed_epoch" INTEGER NOT NULL,
  PRIMARY KEY ("district")
) STRICT, WITHOUT ROWID;

CREATE TABLE "facility" (
  "district" INTEGER NOT NULL,
  "facility" BLOB NOT NULL,
  "name" TEXT NOT NULL,
  "published" INTEGER NOT NULL,
  PRIMARY KEY ("district", "facility")
) STRICT, WITHOUT ROWID;

CREATE TABLE "panel" (
  "district" INTEGER NOT NULL,
  "panel" BLOB NOT NULL,
  "facility" BLOB NOT NULL,
  "name" TEXT NOT NULL,
  "csn" INTEGER NOT NULL,
  "root_open" BLOB NOT NULL,
  "root_restricted" BLOB NOT NULL,
  PRIMARY KEY ("district", "panel")
) STRICT, WITHOUT ROWID;

CREATE TABLE "staff" (
  "district" INTEGER NOT NULL,
  "staff" BLOB NOT NULL,
  "facility" BLOB NOT NULL,
  "panel" BLOB,
  "role" TEXT NOT NULL,
  "restricted" INTEGER NOT NULL,
  "active" INTEGER NOT NULL,
  "sealed_name" BLOB NOT NULL,
  PRIMARY KEY ("district", "staff")
) STRICT, WITHOUT ROWID;

CREATE TABLE "device" (
  "district" INTEGER NOT NULL,
  "device" BLOB NOT NULL,
  "facility" BLOB NOT NULL,
  "label" TEXT NOT NULL,
  "status" TEXT NOT NULL,
  "suite" INTEGER NOT NULL,
  "kem_key" BLOB NOT NULL,
  "restricted" INTEGER NOT NULL,
  "chain_epoch" INTEGER NOT NULL,
  "epoch_allowed" INTEGER NOT NULL,
  "head_seq" INTEGER NOT NULL,
  "head_digest" BLOB NOT NULL,
  "counter" INTEGER NOT NULL,
  "backed_epoch" INTEGER NOT NULL,
  "backed_seq" INTEGER NOT NULL,
  "outcome_n" INTEGER NOT NULL,
  "app" TEXT NOT NULL,
  "schema" INTEGER NOT NULL,
  "pending" INTEGER NOT NULL,
  "oldest" INTEGER,
  "first_contact" INTEGER NOT NULL,
  "last_contact" INTEGER NOT NULL,
  "lease_until" INTEGER NOT NULL,
  "safe_until" INTEGER,
  "trust" INTEGER NOT NULL,
  "checkpoint" INTEGER NOT NULL,
  "strangers_day" TEXT NOT NULL,
  "strangers" INTEGER NOT NULL,
  "digest_misses" INTEGER NOT NULL,
  PRIMARY KEY ("district", "device")
) STRICT, WITHOUT ROWID;

CREATE TABLE "device_key" (
  "district" INTEGER NOT NULL,
  "key" BLOB NOT NULL,
  "device" BLOB NOT NULL,
  "staff" BLOB NOT NULL,
  "public" BLOB NOT NULL,
  "since" INTEGER NOT NULL,
  "until" INTEGER,
  PRIMARY KEY ("district", "device", "key")
) STRICT, WITHOUT ROWID;

CREATE TABLE "device_panel" (
  "district" INTEGER NOT NULL,
  "device" BLOB NOT NULL,
  "panel" BLOB NOT NULL,
  "served_epoch" INTEGER NOT NULL,
  "served_csn" INTEGER NOT NULL,
  "served_at" INTEGER NOT NULL,
  "acked_csn" INTEGER NOT NULL,
  "acked_at" INTEGER NOT NULL,
  PRIMARY KEY ("district", "device", "panel")
) STRICT, WITHOUT ROWID;

CREATE TABLE "resident" (
  "district" INTEGER NOT NULL,
  "resident" BLOB NOT NULL,
  "panel" BLOB,
  "facility" BLOB,
  "status" TEXT NOT NULL,
  "archive_no" TEXT NOT NULL,
  "id_index" BLOB,
  "phone_index" BLOB,
  "key" BLOB NOT NULL,
  "rev" INTEGER NOT NULL,
  "rev_restricted" INTEGER NOT NULL,
  "sum_open" BLOB NOT NULL,
  "sum_restricted" BLOB NOT NULL,
  "sealed_cells" BLOB NOT NULL,
  "sealed_restricted" BLOB,
  PRIMARY KEY ("district", "resident")
) STRICT;

CREATE INDEX "resident_by_id_index" ON "resident" ("district", "id_index");

CREATE INDEX "resident_by_phone_index" ON "resident" ("district", "phone_index");

CREATE TABLE "member" (
  "district" INTEGER NOT NULL,
  "panel" BLOB NOT NULL,
  "resident" BLOB NOT NULL,
  "ground" TEXT NOT NULL,
  "since_csn" INTEGER NOT NULL,
  "until" INTEGER,
  PRIMARY KEY ("district", "panel", "resident")
) STRICT, WITHOUT ROWID;

CREATE INDEX "member_by_resident_panel_ground_until" ON "member" ("district", "resident", "panel", "ground", "until");

CREATE INDEX "member_by_until" ON "member" ("district", "until");

CREATE TABLE "assignment" (
  "district" INTEGER NOT NULL,
  "resident" BLOB NOT NULL,
  "n" INTEGER NOT NULL,
  "facility" BLOB NOT NULL,
  "panel" BLOB NOT NULL,
  "ground" TEXT NOT NULL,
  "from_day" TEXT NOT NULL,
  "until_day" TEXT,
  "moved_at" INTEGER,
  "leave_csn" INTEGER,
  "counts" INTEGER NOT NULL,
  "undone" INTEGER NOT NULL,
  PRIMARY KEY ("district", "resident", "n")
) STRICT, WITHOUT ROWID;

CREATE INDEX "assignment_by_panel_resident" ON "assignment" ("district", "panel", "resident");

CREATE TABLE "switch" (
  "district" INTEGER NOT NULL,
  "resident" BLOB NOT NULL,
  "switch" BLOB NOT NULL,
  "facility" BLOB NOT NULL,
  "panel" BLOB NOT NULL,
  "cause" TEXT NOT NULL,
  "asked_at" INTEGER NOT NULL,
  "from_day" TEXT NOT NULL,
  "status" TEXT NOT NULL,
  PRIMARY KEY ("district", "resident", "switch")
) STRICT, WITHOUT ROWID;

CREATE INDEX "switch_by_status_from_day" ON "switch" ("district", "status", "from_day");

CREATE TABLE "change" (
  "district" INTEGER NOT NULL,
  "resident" BLOB NOT NULL,
  "change" BLOB NOT NULL,
  "kind" TEXT,
  "cls" TEXT NOT NULL,
  "shape" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "reason" TEXT NOT NULL,
  "parts" BLOB,
  "rev" INTEGER NOT NULL,
  "day" TEXT NOT NULL,
  "recorded_at" INTEGER NOT NULL,
  "received_at" INTEGER NOT NULL,
  "device" BLOB,
  "epoch" INTEGER NOT NULL,
  "seq" INTEGER NOT NULL,
  "idx" INTEGER NOT NULL,
  "staff" BLOB NOT NULL,
  "author" TEXT NOT NULL,
  "credit" TEXT NOT NULL,
  "credit_facility" BLOB,
  "flags" TEXT NOT NULL,
  "known_panel" BLOB,
  "known_epoch" INTEGER NOT NULL,
  "known_csn" INTEGER NOT NULL,
  "under" TEXT NOT NULL,
  "body" BLOB NOT NULL,
  PRIMARY KEY ("district", "resident", "day", "change")
) STRICT;

CREATE UNIQUE INDEX "change_by_change" ON "change" ("district", "change");

CREATE TABLE "feed" (
  "district" INTEGER NOT NULL,
  "panel" BLOB NOT NULL,
  "csn" INTEGER NOT NULL,
  "op" TEXT NOT NULL,
  "resident" BLOB NOT NULL,
  "entity" BLOB NOT NULL,
  PRIMARY KEY ("district", "panel", "csn")
) STRICT, WITHOUT ROWID;

CREATE TABLE "batch" (
  "district" INTEGER NOT NULL,
  "device" BLOB NOT NULL,
  "digest" BLOB NOT NULL,
  "epoch" INTEGER NOT NULL,
  "seq" INTEGER NOT NULL,
  "verdict" TEXT NOT NULL,
  "staff" BLOB NOT NULL,
  "received_at" INTEGER NOT NULL,
  "n" INTEGER NOT NULL,
  "header" BLOB NOT NULL,
  "body_hash" BLOB NOT NULL,
  "signature" BLOB NOT NULL,
  "leaves" BLOB NOT NULL,
  "receipt" BLOB NOT NULL,
  PRIMARY KEY ("district", "device", "digest")
) STRICT;

CREATE INDEX "batch_by_device_epoch_seq" ON "batch" ("district", "device", "epoch", "seq");

CREATE TABLE "envelope" (
  "district" INTEGER NOT NULL,
  "device" BLOB NOT NULL,
  "digest" BLOB NOT NULL,
  "received_at" INTEGER NOT NULL,
  "content" BLOB NOT NULL,
  PRIMARY KEY ("district", "device", "digest")
) STRICT;

CREATE TABLE "outcome" (
  "district" INTEGER NOT NULL,
  "device" BLOB NOT NULL,
  "outcome" BLOB NOT NULL,
  "n" INTEGER,
  "change" BLOB NOT NULL,
  "state" TEXT NOT NULL,
  "reason" TEXT NOT NULL,
  "at" INTEGER NOT NULL,
  PRIMARY KEY ("district", "device", "outcome")
) STRICT, WITHOUT ROWID;

CREATE INDEX "outcome_by_device_n" ON "outcome" ("district", "device", "n");

CREATE TABLE "wait" (
  "district" INTEGER NOT NULL,
  "names" BLOB NOT NULL,
  "change" BLOB NOT NULL,
  "since" INTEGER NOT NULL,
  PRIMARY KEY ("district", "names", "change")
) STRICT, WITHOUT ROWID;

CREATE TABLE "task" (
  "district" INTEGER NOT NULL,
  "kind" TEXT NOT NULL,
  "subject" BLOB NOT NULL,
  "resident" BLOB,
  "facility" BLOB,
  "opened_at" INTEGER NOT NULL,
  "due_at" INTEGER NOT NULL,
  "closed_at" INTEGER,
  "closed_by" BLOB,
  "result" TEXT NOT NULL,
  PRIMARY KEY ("district", "kind", "subject")
) STRICT, WITHOUT ROWID;

CREATE INDEX "task_by_closed_at_due_at" ON "task" ("district", "closed_at", "due_at");

CREATE INDEX "task_by_resident" ON "task" ("district", "resident");

CREATE TABLE "copy" (
  "district" INTEGER NOT NULL,
  "resident" BLOB NOT NULL,
  "device" BLOB NOT NULL,
  "since" INTEGER NOT NULL,
  "state" TEXT NOT NULL,
  "changed_at" INTEGER NOT NULL,
  PRIMARY KEY ("district", "resident", "device")
) STRICT, WITHOUT ROWID;

CREATE INDEX "copy_by_device_state" ON "copy" ("district", "device", "state");

CREATE TABLE "access_log" (
  "district" INTEGER NOT NULL,
  "resident" BLOB NOT NULL,
  "entry" BLOB NOT NULL,
  "at" INTEGER NOT NULL,
  "logged_at" INTEGER NOT NULL,
  "staff" BLOB NOT NULL,
  "facility" BLOB,
  "device" BLOB,
  "purpose" TEXT NOT NULL,
  "ground" TEXT NOT NULL,
  "classes" TEXT NOT NULL,
  "mode" TEXT NOT NULL,
  PRIMARY KEY ("district", "resident", "entry")
) STRICT, WITHOUT ROWID;

CREATE TABLE "consent" (
  "district" INTEGER NOT NULL,
  "resident" BLOB NOT NULL,
  "consent" BLOB NOT NULL,
  "facility" BLOB NOT NULL,
  "panel" BLOB NOT NULL,
  "purpose" TEXT NOT NULL,
  "classes" TEXT NOT NULL,
  "text_version" TEXT NOT NULL,
  "granted_at" INTEGER NOT NULL,
  "until" INTEGER NOT NULL,
  "revoked_at" INTEGER,
  PRIMARY KEY ("district", "resident", "consent")
) STRICT, WITHOUT ROWID;

CREATE TABLE "server_key" (
  "district" INTEGER NOT NULL,
  "purpose" TEXT NOT NULL,
  "suite" INTEGER NOT NULL,
  "epoch" INTEGER NOT NULL,
  "kid" BLOB NOT NULL,
  "public" BLOB NOT NULL,
  "sealed_private" BLOB NOT NULL,
  "since" INTEGER NOT NULL,
  "retired_at" INTEGER,
  PRIMARY KEY ("district", "purpose", "suite", "epoch")
) STRICT, WITHOUT ROWID;

CREATE TABLE "enrol_offer" (
  "district" INTEGER NOT NULL,
  "offer" BLOB NOT NULL,
  "device" BLOB NOT NULL,
  "staff" BLOB NOT NULL,
  "panel" BLOB NOT NULL,
  "label" TEXT NOT NULL,
  "suite" INTEGER NOT NULL,
  "status" TEXT NOT NULL,
  "tries" INTEGER NOT NULL,
  "created_at" INTEGER NOT NULL,
  "expires_at" INTEGER NOT NULL,
  "sealed_secret" BLOB NOT NULL,
  "request" BLOB,
  "digits" TEXT NOT NULL,
  "kem_key" BLOB,
  "sign_key" BLOB,
  PRIMARY KEY ("district", "offer")
) STRICT, WITHOUT ROWID;

CREATE TABLE "audit_leaf" (
  "district" INTEGER NOT NULL,
  "leaf" BLOB NOT NULL,
  "number" INTEGER,
  "what" TEXT NOT NULL,
  "hash" BLOB NOT NULL,
  "detail" BLOB NOT NULL,
  "at" INTEGER NOT NULL,
  PRIMARY KEY ("district", "leaf")
) STRICT;

CREATE INDEX "audit_leaf_by_number" ON "audit_leaf" ("district", "number");

CREATE TABLE "audit_node" (
  "district" INTEGER NOT NULL,
  "level" INTEGER NOT NULL,
  "idx" INTEGER NOT NULL,
  "hash" BLOB NOT NULL,
  PRIMARY KEY ("district", "level", "idx")
) STRICT, WITHOUT ROWID;

CREATE TABLE "audit_checkpoint" (
  "district" INTEGER NOT NULL,
  "size" INTEGER NOT NULL,
  "root" BLOB NOT NULL,
  "at" INTEGER NOT NULL,
  "signature" BLOB NOT NULL,
  PRIMARY KEY ("district", "size")
) STRICT, WITHOUT ROWID;

CREATE TABLE "job_run" (
  "job" TEXT NOT NULL,
  "slot" INTEGER NOT NULL,
  "claimed_by" TEXT NOT NULL,
  "lease_until" INTEGER NOT NULL,
  "finished_at" INTEGER,
  "result" TEXT NOT NULL,
  PRIMARY KEY ("job", "slot")
) STRICT, WITHOUT ROWID;

CREATE TABLE "backup_mark" (
  "district" INTEGER NOT NULL,
  "taken_at" INTEGER NOT NULL,
  "verified_at" INTEGER NOT NULL,
  "digest" BLOB NOT NULL,
  "rows" INTEGER NOT NULL,
  PRIMARY KEY ("district", "taken_at")
) STRICT, WITHOUT ROWID;
