-- The stays of temporary residents, as they were on 2026-11-22. Never edited: later changes are later migrations.

CREATE TABLE "stay" (
  "district" INTEGER NOT NULL,
  "resident" BLOB NOT NULL,
  "state" TEXT NOT NULL,
  "said" TEXT NOT NULL,
  "counted" TEXT NOT NULL,
  PRIMARY KEY ("district", "resident")
) STRICT, WITHOUT ROWID;

CREATE INDEX "stay_by_state_counted" ON "stay" ("district", "state", "counted");

-- What the register says is noted at its next edit; until then the archive's opening counts.
INSERT INTO "stay" ("district", "resident", "state", "said", "counted")
SELECT r."district", r."resident", 'waiting', '', MIN(a."from_day")
FROM "resident" r JOIN "assignment" a ON a."district" = r."district" AND a."resident" = r."resident"
WHERE r."status" = 'temporary'
GROUP BY r."district", r."resident";
