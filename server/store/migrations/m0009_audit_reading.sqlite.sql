-- What auditors read is found by its moment, as it was on 2026-11-22. Never edited: later changes are later migrations.

CREATE INDEX "access_log_by_at" ON "access_log" ("district", "at");

CREATE INDEX "access_log_by_staff_at" ON "access_log" ("district", "staff", "at");

CREATE INDEX "account_event_by_at" ON "account_event" ("district", "at");

DROP INDEX "account_event_by_staff";

CREATE INDEX "account_event_by_staff_at" ON "account_event" ("district", "staff", "at");
