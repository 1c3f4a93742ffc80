-- Records of a facility's own work, as they were on 2026-11-22. Never edited: later changes are later migrations.

CREATE TABLE "facility_record" (
  "district" INTEGER NOT NULL,
  "record" BLOB NOT NULL,
  "facility" BLOB NOT NULL,
  "kind" TEXT NOT NULL,
  "version" INTEGER NOT NULL,
  "day" TEXT NOT NULL,
  "staff" BLOB NOT NULL,
  "at" INTEGER NOT NULL,
  "amends" BLOB,
  "voids" BLOB,
  "state" TEXT NOT NULL,
  "sealed" BLOB NOT NULL,
  PRIMARY KEY ("district", "record")
) STRICT;

CREATE INDEX "facility_record_by_facility_day" ON "facility_record" ("district", "facility", "day");

CREATE INDEX "facility_record_by_amends" ON "facility_record" ("district", "amends");

-- Cards of notifiable diseases are found among the few restricted changes of the facility whose work they are.
CREATE INDEX "change_restricted_by_credit_facility_day" ON "change" ("district", "credit_facility", "day") WHERE "cls" = 'B';
