"""Races: a lock that is not taken, or something read or told before it."""

from tests.planted.fault import Edit, Fault, test, turns

STANDING = "server/actions/archives/standing.py"
LEDGER = "server/actions/archives/ledger.py"

FAULTS = (
    Fault(
        "device_not_locked",
        "A tablet that is marked lost at this moment is still given a page.",
        (Edit(
            STANDING, "FROM device WHERE district=? AND device=?{locking(tx)}",
            "FROM device WHERE district=? AND device=?{locking(tx)[:0]}",
        ),),
        test("test_lock_order.py::test_a_tablets_row_is_locked_before_its_page_is_packed"),
    ),
    Fault(
        "residents_not_locked",
        "Two doctors save at the same moment, and one of the two edits is gone.",
        (Edit(
            STANDING, "resident {{ids}} ORDER BY resident{locking(tx)}",
            "resident {{ids}} ORDER BY resident{locking(tx)[:0]}",
        ),),
        test("test_lock_order.py::test_locks_are_taken_from_device_to_resident_to_panel"),
    ),
    Fault(
        "place_given_without_a_lock",
        "Somebody who books two days at once has a place at both, and another one has none.",
        (Edit(
            "server/actions/checkup/booking.py", "{locking(tx) if lock else ''}",
            "{locking(tx)[:0] if lock else ''}",
        ),),
        test("test_sim_turns.py::test_of_two_days_booked_at_once_one_is_had"),
    ),
    Fault(
        "asked_back_before_the_lock",
        "A page that was being packed leaves a copy on the old tablet that nobody asks back.",
        (Edit(LEDGER, "        await self.place(tx)\n        await self._ask_back(tx)\n",
              "        await self._ask_back(tx)\n        await self.place(tx)\n"),),
        turns(1, 8),
    ),
    Fault(
        "day_not_locked",
        "Two tablets in one hall note at the same moment, and one of the two notes is gone.",
        (Edit("server/actions/checkup/day_rows.py",
              "FROM checkup_day WHERE district=? AND day=?{locking(tx)}",
              "FROM checkup_day WHERE district=? AND day=?{locking(tx)[:0]}"),),
        turns(1, 8),
    ),
    Fault(
        "new_chain_at_the_old_place",
        "After a copy went on first, the other tablet's chain begins in the middle and is stuck.",
        (Edit("sync/tablet_outbox.py",
              "state.seq = state.head_seq if state.chain_epoch == state.head_epoch else 0",
              "state.seq = state.head_seq"),),
        test("test_chain_schedules.py::"
             "test_a_new_chain_begins_again_when_a_copy_went_on_before_it_arrived"),
    ),
    Fault(
        "purge_believed_blindly",
        "An archive counts as gone from a tablet that goes on showing it.",
        (Edit(
            "server/actions/tablets/reports.py",
            'if device.status == "enrolled" else set[bytes]()',
            'if device.status == "suspended" else set[bytes]()',
        ),),
        test("test_move.py::"
             "test_a_statement_of_purge_for_somebody_who_is_still_there_changes_nothing[sqlite]"),
    ),
)  # fmt: skip
