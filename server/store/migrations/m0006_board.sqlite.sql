-- Yearly figures, as they were on 2026-11-22. Never edited: later changes are later migrations.

CREATE TABLE "figure_flag" (
  "district" INTEGER NOT NULL,
  "resident" BLOB NOT NULL,
  "year" INTEGER NOT NULL,
  "item" TEXT NOT NULL,
  "facility" BLOB NOT NULL,
  "panel" BLOB NOT NULL,
  "done" INTEGER NOT NULL,
  "done_day" TEXT NOT NULL,
  "last_day" TEXT NOT NULL,
  "lacks" TEXT NOT NULL,
  "village" TEXT NOT NULL,
  PRIMARY KEY ("district", "resident", "year", "item")
) STRICT, WITHOUT ROWID;

CREATE INDEX "figure_flag_by_facility_year_item_done_village_resident" ON "figure_flag" ("district", "facility", "year", "item", "done", "village", "resident");

CREATE INDEX "figure_flag_by_panel_year_item_done_village_resident" ON "figure_flag" ("district", "panel", "year", "item", "done", "village", "resident");

CREATE TABLE "figure" (
  "district" INTEGER NOT NULL,
  "year" INTEGER NOT NULL,
  "facility" BLOB NOT NULL,
  "panel" BLOB NOT NULL,
  "item" TEXT NOT NULL,
  "people" INTEGER NOT NULL,
  "done" INTEGER NOT NULL,
  PRIMARY KEY ("district", "year", "facility", "panel", "item")
) STRICT, WITHOUT ROWID;

CREATE TABLE "figure_week" (
  "district" INTEGER NOT NULL,
  "year" INTEGER NOT NULL,
  "week" TEXT NOT NULL,
  "facility" BLOB NOT NULL,
  "item" TEXT NOT NULL,
  "n" INTEGER NOT NULL,
  PRIMARY KEY ("district", "year", "week", "facility", "item")
) STRICT, WITHOUT ROWID;

CREATE TABLE "figure_year" (
  "district" INTEGER NOT NULL,
  "year" INTEGER NOT NULL,
  "state" TEXT NOT NULL,
  "after" BLOB NOT NULL,
  "reached" INTEGER NOT NULL,
  "total" INTEGER NOT NULL,
  "made_at" INTEGER NOT NULL,
  "remade_at" INTEGER NOT NULL,
  PRIMARY KEY ("district", "year")
) STRICT, WITHOUT ROWID;

CREATE TABLE "target" (
  "district" INTEGER NOT NULL,
  "year" INTEGER NOT NULL,
  "facility" BLOB NOT NULL,
  "item" TEXT NOT NULL,
  "version" INTEGER NOT NULL,
  "number" INTEGER,
  "written" TEXT NOT NULL,
  "source" TEXT NOT NULL,
  "set_by" BLOB NOT NULL,
  "set_at" INTEGER NOT NULL,
  PRIMARY KEY ("district", "year", "facility", "item", "version")
) STRICT, WITHOUT ROWID;
