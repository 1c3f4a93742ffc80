-- What residents asked for by a tablet's hand, as it was on 2026-11-22. Never edited: later changes are
-- later migrations.

CREATE TABLE "tablet_act" (
  "district" INTEGER NOT NULL,
  "act" BLOB NOT NULL,
  "resident" BLOB NOT NULL,
  "device" BLOB NOT NULL,
  "staff" BLOB NOT NULL,
  "kind" TEXT NOT NULL,
  "signed_at" INTEGER NOT NULL,
  "received_at" INTEGER NOT NULL,
  "state" TEXT NOT NULL,
  "reason" TEXT NOT NULL,
  "tries" INTEGER NOT NULL,
  "next_at" INTEGER NOT NULL,
  "docket" TEXT NOT NULL,
  PRIMARY KEY ("district", "act")
) STRICT, WITHOUT ROWID;

CREATE INDEX "tablet_act_by_state_next_at" ON "tablet_act" ("district", "state", "next_at");

CREATE INDEX "tablet_act_by_docket" ON "tablet_act" ("district", "docket");

CREATE INDEX "tablet_act_by_resident" ON "tablet_act" ("district", "resident");
