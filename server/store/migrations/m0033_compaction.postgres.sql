-- The compaction mark of each panel's feed, as it was on 2026-11-22. Never edited: later changes are later migrations.

ALTER TABLE "panel" ADD COLUMN "feed_from" BIGINT NOT NULL DEFAULT 0;

ALTER TABLE "panel" ADD COLUMN "feed_swept" BIGINT NOT NULL DEFAULT 0;
