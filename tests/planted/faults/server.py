"""Faults of the server: what it takes, when it says so, what it tells tablets."""

from tests.planted.fault import Edit, Fault, sim, test

INGEST = "server/actions/tablets/ingest.py"
BATCH = "server/actions/tablets/batch.py"
EXCHANGE = "server/actions/tablets/exchange.py"
PACKING = "server/actions/tablets/packing.py"
PACKER = "server/actions/tablets/packer.py"
LEDGER = "server/actions/archives/ledger.py"
WRITER = "server/store/writer.py"

TAKING = (
    Fault(
        "ledger_skipped",
        "A batch that is sent again after a lost answer is a fork, and its visits wait for weeks.",
        (Edit(
            INGEST, "    if stored is not None:", "    if stored is not None and not stored[0]:",
        ),),
        test("test_bad_input.py::"
             "test_a_batch_sent_twice_gets_the_stored_receipt_byte_for_byte[sqlite]"),
    ),
    Fault(
        "same_id_other_bytes",
        "A second visit under an id that is taken is said to be held, and is nowhere.",
        (Edit(INGEST, "if stored[16:] != arrived.raw:", 'if stored[16:] == b"":'),),
        test("test_bad_changes.py::"
             "test_the_same_id_with_other_bytes_is_quarantined_and_both_are_kept[sqlite]"),
    ),
    Fault(
        "change_counted_twice",
        "One visit stands twice in an archive and is paid twice.",
        (Edit(
            INGEST, "if arrived.change is not None and arrived.id in work.known_ids:",
            "if arrived.change is not None and arrived.id in work.opened:",
        ),),
        test("test_bad_changes.py::test_the_same_change_twice_counts_once[sqlite]"),
    ),
    Fault(
        "receipt_made_anew",
        "The paper that proves custody says another thing each time it is asked for.",
        (Edit(
            INGEST, "return Ingested(stored[0], repeat=True, taken_at=stored[1])",
            "return Ingested(stored[0].replace(b'\"at\":', b'\"at\":1'), repeat=True, "
            "taken_at=stored[1])",
        ),),
        test("test_bad_input.py::"
             "test_a_batch_sent_twice_gets_the_stored_receipt_byte_for_byte[sqlite]"),
    ),
    Fault(
        "told_before_the_commit",
        "A doctor sees a visit as safe, the power fails, and it is gone.",
        (Edit(
            WRITER, '            self._connection.execute("COMMIT")',
            "            for work, value, error in answers:\n"
            "                if error is None:\n"
            "                    work.done.set_result(value)\n"
            '            self._connection.execute("COMMIT")\n'
            "            answers = [each for each in answers if each[2] is not None]",
        ),),
        test("test_writer.py::test_nobody_is_told_before_the_commit_has_returned"),
    ),
    Fault(
        "log_not_synced",
        "A power cut takes the last seconds of work that tablets were told is safe.",
        (Edit(WRITER, '"synchronous=FULL"', '"synchronous=OFF"'),),
        test("test_durability.py::test_the_database_promises_to_keep_what_it_commits[sqlite]"),
    ),
    Fault(
        "answered_before_the_sync",
        "The answer leaves while the log is still in memory.",
        (Edit(WRITER, '"synchronous=FULL"', '"synchronous=NORMAL"'),),
        test("test_durability.py::test_the_database_promises_to_keep_what_it_commits[sqlite]"),
    ),
    Fault(
        "asynchronous_commit",
        "On PostgreSQL too, what was acknowledged is in memory only for a while.",
        (Edit(
            "server/store/store.py", "return await action(PostgresTx(connection))  # committed",
            'await connection.execute("SET LOCAL synchronous_commit TO off")\n'
            "                return await action(PostgresTx(connection))  # committed",
        ),),
        test("test_durability.py::test_the_database_promises_to_keep_what_it_commits[postgres]"),
    ),
    Fault(
        "one_bad_piece_takes_others",
        "A form that breaks a rule of the database takes a colleague's batch with it.",
        (Edit(
            WRITER, '            self._connection.execute("ROLLBACK TO work")',
            '            self._connection.execute("ROLLBACK")\n'
            '            self._connection.execute("BEGIN IMMEDIATE")\n'
            '            self._connection.execute("SAVEPOINT work")',
        ),),
        test("test_writer.py::test_what_fails_takes_nobody_with_it"),
    ),
    Fault(
        "membership_read_before_the_lock",
        "A visit that waited for a switch counts for the team that had just lost the resident.",
        (
            Edit(
                BATCH, "    rows, kept = await lock_living(",
                "    where = await read_field(tx, site.district, device, residents, "
                "site.rules.late_credit_days)\n    rows, kept = await lock_living(",
            ),
            Edit(
                BATCH, "    where = await read_field(tx, site.district, device, set(rows), "
                "site.rules.late_credit_days)\n", "",
            ),
        ),
        test("test_lock_order.py::test_where_somebody_belongs_is_read_under_their_lock"),
    ),
    Fault(
        "locks_turned_around",
        "Two uploads wait for each other for ever, and the doctors see a time-out.",
        (Edit(
            "server/actions/archives/standing.py",
            "resident {{ids}} ORDER BY resident{locking(tx)}",
            "resident {{ids}} ORDER BY resident DESC{locking(tx)}",
        ),),
        test("test_lock_order.py::test_many_rows_are_locked_in_the_order_of_their_ids"),
    ),
    Fault(
        "panel_not_locked",
        "Two batches take one number in a feed, and a tablet misses one of them.",
        (Edit(
            LEDGER, 'f"AND panel {{ids}} ORDER BY panel{locking(tx)}"',
            'f"AND panel {{ids}} ORDER BY panel{locking(tx)[:0]}"',
        ),),
        test("test_lock_order.py::test_locks_are_taken_from_device_to_resident_to_panel"),
    ),
    Fault(
        "page_packed_without_the_panels_lock",
        "A page ends at a number whose row is not written yet; the row never comes.",
        (Edit(PACKING, 'f"WHERE district=? AND panel=?{sharing(tx)}"',
              'f"WHERE district=? AND panel=?{sharing(tx)[:0]}"'),),
        test("test_lock_order.py::test_a_tablets_row_is_locked_before_its_page_is_packed"),
    ),
    Fault(
        "wrong_commitment_taken",
        "A proof that a visit was in a batch can be made for one that was not.",
        (Edit(
            "server/actions/tablets/intake.py", "if commitment.root != sealed.header.root:",
            "if len(commitment.root) != len(sealed.header.root):",
        ),),
        test("test_bad_input.py::"
             "test_a_batch_whose_root_is_not_over_its_changes_is_quarantined_whole[sqlite]"),
    ),
    Fault(
        "somebody_elses_name",
        "A nurse's tablet writes visits that stand there as a doctor's.",
        (Edit(
            "server/actions/tablets/intake.py",
            "if change.by is not None and change.by != batch.staff:",
            "if change.by is not None and not batch.staff:",
        ),),
        test("test_bad_changes.py::test_an_actor_who_is_not_the_signer_is_quarantined[sqlite]"),
    ),
    Fault(
        "ended_key_still_writes",
        "Who was dismissed goes on writing into archives from the tablet at home.",
        (Edit(BATCH, 'if device.status != "enrolled" or ended:',
              'if device.status != "enrolled" or (ended and not intake.arrived):'),),
        test("test_enrol_staff.py::test_both_sign_one_chain_and_ending_one_leaves_the_other[sqlite]"),
    ),
    Fault(
        "unconfirmed_chain_applied",
        "A stolen copy of a tablet's disk starts a chain of its own and is believed.",
        (Edit(BATCH, "if intake.header.epoch > device.epoch_allowed:",
              "if intake.header.epoch > device.epoch_allowed + 1:"),),
        test("test_devices.py::"
             "test_a_new_chain_epoch_waits_until_it_is_confirmed_and_is_then_judged_in_full[sqlite]"),
    ),
    Fault(
        "claim_above_what_was_served",
        "A tablet that lies about what it had read loses its doctors the credit for visits.",
        (Edit("server/actions/archives/standing.py", "known_csn=min(claimed, served_csn),",
              "known_csn=claimed,"),),
        test("test_move.py::test_a_claim_above_what_was_served_is_not_believed[sqlite]"),
    ),
    Fault(
        "recorded_envelope_prolongs_the_lease",
        "A thief who recorded one envelope keeps a lost tablet open for ever.",
        (Edit(EXCHANGE, "    if not heard:\n", "    if heard or not heard:\n"),),
        test("test_replay.py::test_no_recorded_envelope_moves_what_the_server_believes[sqlite]"),
    ),
    Fault(
        "strangers_without_a_limit",
        "A stolen tablet tries a thousand ids a day and nobody is told.",
        (Edit(INGEST, "if device.strangers > work.site.rules.strangers_per_day and",
              "if device.strangers > work.site.rules.strangers_per_day * 10**6 and"),),
        test("test_bad_changes.py::"
             "test_too_many_strangers_in_a_day_suspend_the_tablet_and_lose_nothing[sqlite]"),
    ),
    Fault(
        "hold_never_released",
        "A correction that came before its record waits until somebody remembers it.",
        (Edit(
            "server/actions/tablets/release.py",
            "return await _each(site, [row[0] for row in ready], expired=False)",
            "return await _each(site, [row[0] for row in ready[:0]], expired=False)",
        ),),
        test("test_attacks.py::test_one_row_that_does_not_open_stops_no_other_release[sqlite]"),
    ),
    Fault(
        "expired_hold_never_shown",
        "An edit whose base never came is not offered to anybody.",
        (Edit(
            "server/actions/tablets/release.py",
            "return await _each(site, [row[0] for row in late], expired=True)",
            "return await _each(site, [row[0] for row in late[:0]], expired=True)",
        ),),
        test("test_sim_found.py::test_outcomes_are_told_again_by_a_restored_server[sqlite]"),
    ),
    Fault(
        "act_without_a_leaf",
        "What happened to an archive is missing from the log that proves it.",
        (Edit(
            LEDGER, 'what, detail + b"".join(self.revisions), self.now)',
            '"nothing", detail + b"".join(self.revisions[:0]), self.now)',
        ),),
        test("test_verify.py::test_an_honest_journal_holds[sqlite]"),
    ),
)  # fmt: skip

TELLING = (
    Fault(
        "feed_row_dropped",
        "One visit in a batch never reaches the colleague's tablet.",
        (Edit(LEDGER, 'await tx.insert("feed", feed)', 'await tx.insert("feed", feed[1:])'),),
        test("test_move.py::test_the_new_team_receives_everything_and_the_old_lets_go[sqlite]"),
    ),
    Fault(
        "tail_of_a_long_batch_dropped",
        "After a busy day the last visits of it never reach the colleague's tablet.",
        (Edit(LEDGER, 'await tx.insert("feed", feed)', 'await tx.insert("feed", feed[:1])'),),
        sim(1, 3),
    ),
    Fault(
        "head_moved_by_a_fork",
        "One of two copies of a tablet takes over the chain, and the other's work waits.",
        (Edit(INGEST, "    if isinstance(work.verdict, Next | NewEpoch):",
              "    if isinstance(work.verdict, Next | NewEpoch | Fork):"),),
        sim(1, 12),
    ),
    Fault(
        "leave_never_sent",
        "The former doctor's tablet never hears that somebody has left.",
        (Edit(
            "server/actions/archives/membership.py",
            'ledger.feed.setdefault(panel, {})[("leave", who)] = who',
            "ledger.feed.setdefault(panel, {})",
        ),),
        test("test_move.py::test_the_new_team_receives_everything_and_the_old_lets_go[sqlite]"),
    ),
    Fault(
        "copy_not_asked_back",
        "The county cannot say on which tablets an archive still lies.",
        (Edit(
            "server/actions/archives/membership.py", "    ledger.let_go.append((who, panel))\n", "",
        ),),
        test("test_move.py::test_the_new_team_receives_everything_and_the_old_lets_go[sqlite]"),
    ),
    Fault(
        "copy_not_noted",
        "A tablet is lost and nobody knows whose archives were on it.",
        (Edit(PACKING, 'await packer.tx.insert("copy", rows, put=',
              'await packer.tx.insert("copy", rows[:0], put='),),
        test("test_reference_tablet.py::"
             "test_a_purge_is_not_stated_while_a_visit_of_that_person_waits"),
    ),
    Fault(
        "put_after_leave",
        "Somebody who has left comes back onto the tablet with a row that was on its way.",
        (Edit(PACKER, 'f"SELECT {RESIDENT} FROM resident r JOIN member m ',
              'f"SELECT {RESIDENT} FROM resident r LEFT JOIN member m '),),
        test("test_packing.py::test_who_left_before_the_page_is_told_gone_and_nothing_more"),
    ),
    Fault(
        "number_from_a_clock",
        "The server's clock is set back, and tablets take what comes for old news.",
        (Edit(LEDGER, "enumerate(placed.items(), start=last + 1):",
              "enumerate(placed.items(), start=self.now):"),),
        test("test_move.py::test_there_and_back_again_with_the_purge_between[sqlite]"),
    ),
    Fault(
        "number_from_a_counter_of_the_process",
        "After a rolled back batch, or from a second process, rows have numbers that were served.",
        (
            Edit(LEDGER, 'ASSIGNED: Final = "assigned"',
                 'COUNTED: dict[bytes, int] = {}\nASSIGNED: Final = "assigned"'),
            Edit(LEDGER, "enumerate(placed.items(), start=last + 1):",
                 "enumerate(placed.items(), start=COUNTED.get(panel, 1)):\n"
                 "                COUNTED[panel] = csn + 1"),
        ),
        test("test_packing.py::test_a_batch_that_came_to_nothing_uses_up_no_number"),
    ),
    Fault(
        "page_ends_one_too_late",
        "On a bad line with small pages one row between two of them is never sent.",
        (Edit(PACKING, "            end = number\n", "            end = number + 1\n"),),
        test("test_packing.py::test_pages_cut_by_their_size_miss_no_row"),
    ),
    Fault(
        "digest_at_another_number",
        "Tablets repair archives that are right, day after day.",
        (Edit("server/actions/tablets/repair.py", "if claim is None or claim.csn != csn:",
              "if claim is None:"),),
        test("test_packing.py::test_a_sum_of_another_number_is_not_compared"),
    ),
    Fault(
        "digest_without_the_change",
        "Server and tablet never agree again after the first visit.",
        (Edit(LEDGER, "digest.add(root_open, self.moved.get(panel, 0)),",
              "digest.add(root_open, 0 * self.moved.get(panel, 0)),"),),
        test("test_consent.py::test_a_snapshot_of_a_consented_panel_agrees_too[sqlite]"),
    ),
    Fault(
        "revoked_tablet_served",
        "Who stole a tablet gets the newest archives with the next exchange.",
        (Edit(EXCHANGE, 'if device.status in ("lost", "revoked"):',
              'if device.status in ("lost",):'),),
        test("test_devices.py::"
             "test_what_arrives_after_the_end_waits_and_the_tablet_is_told_to_wipe"),
    ),
    Fault(
        "ended_key_served",
        "Whose key was ended goes on reading.",
        (Edit("server/actions/tablets/kept_from.py", "if key is None or key[0] is not None:",
              "if key is None:"),),
        test("test_attacks.py::"
             "test_an_unconfirmed_chain_and_an_ended_key_get_receipts_and_no_page[sqlite]"),
    ),
    Fault(
        "restricted_without_scope",
        "A village doctor's tablet shows who has HIV.",
        (Edit(PACKER, '("A", "B") if self.device.restricted else ("A",)',
              '("A", "B") if self.device.device else ("A",)'),),
        test("test_restricted_leaks.py::"
             "test_a_tablet_without_the_scope_and_one_by_consent_are_given_no_word_of_it[sqlite]"),
    ),
    Fault(
        "restricted_by_plain_consent",
        "Who let another centre read the open part has let it read everything.",
        (Edit(PACKER, "GIVEN: Final = f\"(c.cls='A' OR {WHOLLY})\"",
              "GIVEN: Final = f\"(c.cls='A' OR {WHOLLY} OR m.ground='consent')\""),),
        test("test_restricted_leaks.py::"
             "test_a_tablet_without_the_scope_and_one_by_consent_are_given_no_word_of_it[sqlite]"),
    ),
    Fault(
        "consent_over_and_still_served",
        "A consent has ended, and its team goes on receiving.",
        (Edit(PACKER, '"m.panel=? AND (m.until IS NULL OR m.until > ?)"',
              '"m.panel=? AND (m.until IS NULL OR m.until > ? - 10000000000000)"'),),
        test("test_consent.py::test_a_consent_that_is_over_gives_nothing_more[sqlite]"),
    ),
    Fault(
        "cursor_behind_the_mark_goes_on",
        "A tablet that was away for a month misses what the feed has let go of meanwhile.",
        (Edit(PACKING, "mark <= cursor.csn <= csn", "min(mark, cursor.csn) <= cursor.csn <= csn"),),
        test("test_compaction.py::test_a_tablet_of_any_day_ends_up_the_same_whether_or_not_"
             "the_feed_was_compacted[sqlite-1]"),
    ),
    Fault(
        "leave_compacted_away",
        "A tidied feed forgets that somebody has left, and the copy stays.",
        (Edit("server/actions/tablets/compaction.py", "WHERE csn<newest OR csn<gone",
              "WHERE csn<newest OR csn<=gone"),),
        test("test_compaction.py::test_a_tablet_of_any_day_ends_up_the_same_whether_or_not_"
             "the_feed_was_compacted[sqlite-1]"),
    ),
    Fault(
        "consent_revoked_and_kept",
        "A resident takes a consent back, and the copy stays where it is.",
        (Edit("server/actions/archives/consented.py",
              "        await leave(tx, ledger, row, panel)\n        return None",
              "        return None"),),
        test("test_consent.py::"
             "test_the_consented_team_receives_the_archive_and_lets_it_go[sqlite]"),
    ),
)  # fmt: skip

FAULTS = (*TAKING, *TELLING)
