-- What residents are told, as it was on 2026-11-22. Never edited: later changes are later migrations.

CREATE TABLE "notice" (
  "district" INTEGER NOT NULL,
  "notice" BLOB NOT NULL,
  "resident" BLOB,
  "template" TEXT NOT NULL,
  "cls" TEXT NOT NULL,
  "rank" INTEGER NOT NULL,
  "channel" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "why" TEXT NOT NULL,
  "made_at" INTEGER NOT NULL,
  "send_after" INTEGER NOT NULL,
  "expires_at" INTEGER NOT NULL,
  "tries" INTEGER NOT NULL,
  "doubts" INTEGER NOT NULL,
  "month" TEXT NOT NULL,
  "counted" INTEGER NOT NULL,
  "cost_fen" INTEGER NOT NULL,
  "provider" TEXT NOT NULL,
  "error" TEXT NOT NULL,
  "sent_at" INTEGER,
  "delivered_at" INTEGER,
  "read_at" INTEGER,
  "phone_mark" BLOB,
  "about" BLOB,
  "sealed" BLOB NOT NULL,
  PRIMARY KEY ("district", "notice")
) STRICT;

CREATE INDEX "notice_by_state_rank_send_after" ON "notice" ("district", "state", "rank", "send_after");

CREATE INDEX "notice_by_resident_made_at" ON "notice" ("district", "resident", "made_at");

CREATE INDEX "notice_by_phone_mark_made_at" ON "notice" ("district", "phone_mark", "made_at");

CREATE INDEX "notice_by_made_at_template_state_cost_fen" ON "notice" ("district", "made_at", "template", "state", "cost_fen");

CREATE TABLE "notice_box" (
  "district" INTEGER NOT NULL,
  "paused_at" INTEGER,
  "paused_by" BLOB,
  "rest_until" INTEGER NOT NULL,
  "month" TEXT NOT NULL,
  "spent_fen" INTEGER NOT NULL,
  PRIMARY KEY ("district")
) STRICT, WITHOUT ROWID;

CREATE TABLE "notice_choice" (
  "district" INTEGER NOT NULL,
  "resident" BLOB NOT NULL,
  "channel" TEXT NOT NULL,
  "changed_at" INTEGER NOT NULL,
  "changed_by" BLOB NOT NULL,
  PRIMARY KEY ("district", "resident")
) STRICT, WITHOUT ROWID;
