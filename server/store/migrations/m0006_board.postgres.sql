-- Yearly figures, as they were on 2026-11-22. Never edited: later changes are later migrations.

CREATE TABLE "figure_flag" (
  "district" SMALLINT NOT NULL,
  "resident" BYTEA NOT NULL,
  "year" INTEGER NOT NULL,
  "item" TEXT NOT NULL,
  "facility" BYTEA NOT NULL,
  "panel" BYTEA NOT NULL,
  "done" BOOLEAN NOT NULL,
  "done_day" TEXT NOT NULL,
  "last_day" TEXT NOT NULL,
  "lacks" TEXT NOT NULL,
  "village" TEXT NOT NULL,
  PRIMARY KEY ("district", "resident", "year", "item")
);

CREATE INDEX "figure_flag_by_facility_year_item_done_village_resident" ON "figure_flag" ("district", "facility", "year", "item", "done", "village", "resident");

CREATE INDEX "figure_flag_by_panel_year_item_done_village_resident" ON "figure_flag" ("district", "panel", "year", "item", "done", "village", "resident");

CREATE TABLE "figure" (
  "district" SMALLINT NOT NULL,
  "year" INTEGER NOT NULL,
  "facility" BYTEA NOT NULL,
  "panel" BYTEA NOT NULL,
  "item" TEXT NOT NULL,
  "people" INTEGER NOT NULL,
  "done" INTEGER NOT NULL,
  PRIMARY KEY ("district", "year", "facility", "panel", "item")
);

CREATE TABLE "figure_week" (
  "district" SMALLINT NOT NULL,
  "year" INTEGER NOT NULL,
  "week" TEXT NOT NULL,
  "facility" BYTEA NOT NULL,
  "item" TEXT NOT NULL,
  "n" INTEGER NOT NULL,
  PRIMARY KEY ("district", "year", "week", "facility", "item")
);

CREATE TABLE "figure_year" (
  "district" SMALLINT NOT NULL,
  "year" INTEGER NOT NULL,
  "state" TEXT NOT NULL,
  "after" BYTEA NOT NULL,
  "reached" INTEGER NOT NULL,
  "total" INTEGER NOT NULL,
  "made_at" BIGINT NOT NULL,
  "remade_at" BIGINT NOT NULL,
  PRIMARY KEY ("district", "year")
);

CREATE TABLE "target" (
  "district" SMALLINT NOT NULL,
  "year" INTEGER NOT NULL,
  "facility" BYTEA NOT NULL,
  "item" TEXT NOT NULL,
  "version" INTEGER NOT NULL,
  "number" INTEGER,
  "written" TEXT NOT NULL,
  "source" TEXT NOT NULL,
  "set_by" BYTEA NOT NULL,
  "set_at" BIGINT NOT NULL,
  PRIMARY KEY ("district", "year", "facility", "item", "version")
);
