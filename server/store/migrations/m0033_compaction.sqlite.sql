-- The compaction mark of each panel's feed, as it was on 2026-11-22. Never edited: later changes are later migrations.

ALTER TABLE "panel" ADD COLUMN "feed_from" INTEGER NOT NULL DEFAULT 0;

ALTER TABLE "panel" ADD COLUMN "feed_swept" INTEGER NOT NULL DEFAULT 0;
