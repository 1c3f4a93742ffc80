-- What residents asked for by a tablet's hand, as it was on 2026-11-22. Never edited: later changes are
-- later migrations.

CREATE TABLE "tablet_act" (
  "district" SMALLINT NOT NULL,
  "act" BYTEA NOT NULL,
  "resident" BYTEA NOT NULL,
  "device" BYTEA NOT NULL,
  "staff" BYTEA NOT NULL,
  "kind" TEXT NOT NULL,
  "signed_at" BIGINT NOT NULL,
  "received_at" BIGINT NOT NULL,
  "state" TEXT NOT NULL,
  "reason" TEXT NOT NULL,
  "tries" INTEGER NOT NULL,
  "next_at" BIGINT NOT NULL,
  "docket" TEXT NOT NULL,
  PRIMARY KEY ("district", "act")
);

CREATE INDEX "tablet_act_by_state_next_at" ON "tablet_act" ("district", "state", "next_at");

CREATE INDEX "tablet_act_by_docket" ON "tablet_act" ("district", "docket");

CREATE INDEX "tablet_act_by_resident" ON "tablet_act" ("district", "resident");
