-- Which of these residents a tablet holds is found by its index alone, as it was on 2026-11-23. Never edited: later changes are later migrations.

DROP INDEX "copy_by_device_state";

CREATE INDEX "copy_by_device_state_resident" ON "copy" ("district", "device", "state", "resident");
