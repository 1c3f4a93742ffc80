-- What residents are told, as it was on 2026-11-22. Never edited: later changes are later migrations.

CREATE TABLE "notice" (
  "district" SMALLINT NOT NULL,
  "notice" BYTEA NOT NULL,
  "resident" BYTEA,
  "template" TEXT NOT NULL,
  "cls" TEXT NOT NULL,
  "rank" SMALLINT NOT NULL,
  "channel" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "why" TEXT NOT NULL,
  "made_at" BIGINT NOT NULL,
  "send_after" BIGINT NOT NULL,
  "expires_at" BIGINT NOT NULL,
  "tries" INTEGER NOT NULL,
  "doubts" INTEGER NOT NULL,
  "month" TEXT NOT NULL,
  "counted" BOOLEAN NOT NULL,
  "cost_fen" INTEGER NOT NULL,
  "provider" TEXT NOT NULL,
  "error" TEXT NOT NULL,
  "sent_at" BIGINT,
  "delivered_at" BIGINT,
  "read_at" BIGINT,
  "phone_mark" BYTEA,
  "about" BYTEA,
  "sealed" BYTEA NOT NULL,
  PRIMARY KEY ("district", "notice")
);

CREATE INDEX "notice_by_state_rank_send_after" ON "notice" ("district", "state", "rank", "send_after");

CREATE INDEX "notice_by_resident_made_at" ON "notice" ("district", "resident", "made_at");

CREATE INDEX "notice_by_phone_mark_made_at" ON "notice" ("district", "phone_mark", "made_at");

CREATE INDEX "notice_by_made_at_template_state_cost_fen" ON "notice" ("district", "made_at", "template", "state", "cost_fen");

CREATE TABLE "notice_box" (
  "district" SMALLINT NOT NULL,
  "paused_at" BIGINT,
  "paused_by" BYTEA,
  "rest_until" BIGINT NOT NULL,
  "month" TEXT NOT NULL,
  "spent_fen" BIGINT NOT NULL,
  PRIMARY KEY ("district")
);

CREATE TABLE "notice_choice" (
  "district" SMALLINT NOT NULL,
  "resident" BYTEA NOT NULL,
  "channel" TEXT NOT NULL,
  "changed_at" BIGINT NOT NULL,
  "changed_by" BYTEA NOT NULL,
  PRIMARY KEY ("district", "resident")
);
