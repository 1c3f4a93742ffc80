"""Faults of the conversation and the merge, and of the reference tablet."""

from tests.planted.fault import Edit, Fault, pure, test

MERGE = "sync/merge.py"
RECONCILE = "sync/reconcile.py"
ARCHIVE = "sync/tablet_archive.py"

MERGING = (
    Fault(
        "last_writer_wins",
        "The doctor who syncs last wipes out what a colleague wrote, and nobody is told.",
        (Edit(
            MERGE, "replaced = frozenset(saw) - {head.change}",
            "replaced = frozenset(each.change for each in cell.heads) - {head.change, *saw}",
        ),),
        pure("test_merge.py::test_three_doctors_keep_three_values_and_one_decision_ends_it"),
    ),
    Fault(
        "base_ignored",
        "A doctor who corrects her own entry is in conflict with herself for ever.",
        (Edit(
            MERGE, "replaced = frozenset(saw) - {head.change}",
            "replaced = frozenset(saw) & {head.change}",
        ),),
        pure("test_merge.py::test_a_doctor_never_conflicts_with_herself"),
    ),
    Fault(
        "late_edit_comes_back",
        "A phone number that was corrected long ago stands there again after a tablet's return.",
        (Edit(
            MERGE, "if head.change not in cell.seen and",
            "if head.change not in cell.claimed and",
        ),),
        pure("test_merge.py::"
             "test_an_edit_that_arrives_after_the_one_that_saw_it_does_not_come_back"),
    ),
    Fault(
        "allergy_removal_wins",
        "Somebody allergic to penicillin is shown without an allergy.",
        (Edit(
            MERGE, "present = [each for each in heads if is_present(each.value)]",
            "present = [each for each in heads if not is_present(each.value)]",
        ),),
        pure("test_merge.py::"
             "test_an_element_removed_while_another_adds_it_stays_and_a_person_is_asked"),
    ),
    Fault(
        "resident_loses_to_staff",
        "The telephone a resident gave is overwritten by an old one from a register.",
        (Edit(
            MERGE, "return _with(heads, own[-1], conflict=False)",
            "return _with(heads, heads[-1], conflict=False)",
        ),),
        pure("test_merge.py::test_the_resident_wins_over_a_concurrent_staff_edit"),
    ),
    Fault(
        "claim_takes_staffs_value",
        "What a resident claims of a diagnosis replaces the doctor's finding.",
        (Edit(
            MERGE, 'or (claim and each.author != "resident")', 'or (claim and each.author == "")',
        ),),
        pure("test_reconcile_cells.py::"
             "test_a_claim_takes_nothing_of_staff_away_whichever_comes_first"),
    ),
    Fault(
        "death_forgotten",
        "Letters go to somebody who died, since an unaware edit came later.",
        (Edit(
            MERGE, "settled[-1] if settled else heads[-1]", "heads[-1] if settled else heads[0]",
        ),),
        pure("test_merge.py::test_a_death_is_shown_whatever_was_written_beside_it"),
    ),
    Fault(
        "conflict_without_a_word",
        "Two blood groups stand in an archive and no doctor is asked.",
        (Edit(
            MERGE, "return Shown(value, None, heads, conflict=True)",
            "return Shown(value, None, heads, conflict=False)",
        ),),
        pure("test_merge.py::"
             "test_what_is_safer_than_both_may_be_nobodys_and_both_stay_one_tap_away"),
    ),
    Fault(
        "identity_by_machine",
        "A typing error on a tablet changes whose archive it is.",
        (Edit(
            RECONCILE,
            'if rule.policy is Policy.IDENTITY and head.author not in ("registrar", "resident"):',
            'if rule.policy is Policy.IDENTITY and head.author == "":',
        ),),
        pure("test_reconcile_cells.py::test_who_may_write_identity_and_authority"),
    ),
    Fault(
        "out_of_range_applied",
        "A pressure of 1600 stands in the archive and drives what is owed.",
        (Edit(
            RECONCILE, "if change.fault is not Reason.NONE:\n        return Decision(State.HELD",
            "if change.fault not in (Reason.NONE, Reason.OUT_OF_RANGE):\n"
            "        return Decision(State.HELD",
        ),),
        pure("test_reconcile.py::test_a_value_that_cannot_be_is_held_as_it_was_signed"),
    ),
    Fault(
        "missing_base_applied",
        "A correction counts before the record that it corrects is there.",
        (Edit(
            RECONCILE, "if not all(known(each) for each in named_by(change)):",
            "if not all(known(each) for each in named_by(change)) and change.act:",
        ),),
        pure("test_reconcile.py::test_a_change_waits_until_every_id_it_names_is_there"),
    ),
    Fault(
        "stranger_applied",
        "A stolen tablet writes into archives it never had anything to do with.",
        (Edit(
            RECONCILE, "        case Stranger():\n            return Decision(",
            "        case Stranger() if change.edits is not None:\n            return Decision(",
        ),),
        pure("test_reconcile.py::test_a_stranger_learns_nothing_from_the_answer"),
    ),
    Fault(
        "known_csn_ignored",
        "A team that knew of the switch is still paid for a visit after it.",
        (Edit(
            RECONCILE, "acknowledged = former.known_csn >= former.leave_csn",
            "acknowledged = former.known_csn > former.served_csn",
        ),),
        pure("test_reconcile.py::test_the_move"),
    ),
    Fault(
        "late_visit_dropped",
        "A visit made before a switch is quarantined and the doctor's work is lost to view.",
        (Edit(
            RECONCILE, "State.APPLIED, Reason.LATE, Credit.AUTHOR,",
            "State.QUARANTINED, Reason.LATE, Credit.AUTHOR,",
        ),),
        pure("test_reconcile.py::test_the_move"),
    ),
)  # fmt: skip

CONVERSATION = (
    Fault(
        "clone_not_noticed",
        "Two copies of one tablet write one chain, and the visits of one of them vanish.",
        (Edit(
            "sync/journal.py", "        if place.prev == head.digest:\n            return Next()",
            "        if place.prev:\n            return Next()",
        ),),
        pure("test_journal.py::test_what_an_envelope_is_beside_head_five_of_epoch_two"),
    ),
    Fault(
        "gap_stepped_over",
        "A morning whose batch was lost on the way never arrives, and nobody asks for it.",
        (Edit(
            "sync/journal.py", "    if place.seq > head.seq + 1:\n        return Gap(head)",
            "    if place.seq > head.seq + 1:\n        return Next()",
        ),),
        pure("test_journal.py::test_what_an_envelope_is_beside_head_five_of_epoch_two"),
    ),
    Fault(
        "written_down_after_it_arrived",
        "A tablet with a clock ahead signs visits in the future, past every deadline.",
        (Edit("sync/clock.py", "if at > arrived:", "if at > arrived + CLOCK_AHEAD_MS * 1000:"),),
        pure("test_clock.py::test_a_stamp"),
    ),
    Fault(
        "content_in_the_digest",
        "Server and tablet never agree and every exchange repairs the same archives.",
        (Edit(
            "sync/digest.py", "sha256(_LABEL + entity + cls.encode() + rev.to_bytes(8))",
            "sha256(_LABEL + entity + rev.to_bytes(8))",
        ),),
        pure("test_digest.py::test_a_leaf_depends_on_each_of_entity_class_and_revision"),
    ),
    Fault(
        "step_counted_by_arrival",
        "Of two marks at a station the one that came last counts, whatever was written when.",
        (Edit(
            "sync/hall.py", "if held is None or held.id < mark.id:",
            "if held is None or held.mark <= mark.mark:",
        ),),
        pure("test_hall.py::test_any_order_any_repeat_and_any_split_give_the_same_state"),
    ),
    Fault(
        "check_in_counted_twice",
        "One person who is checked in at two tables is two people in the county's figures.",
        (Edit(
            "sync/hall.py", "doubled=max(0, len(state.ins) - 1),", "doubled=0,",
        ),),
        pure("test_hall.py::test_two_tablets_check_one_person_in_and_it_counts_once"),
    ),
    Fault(
        "alarm_closed_by_nobody",
        "A critical potassium is off the screen although no doctor has acted on it.",
        (Edit(
            "sync/hall.py", "if _of_alarm(each) not in answered),",
            "if each.part not in {part for part, _ in answered}),",
        ),),
        pure("test_hall.py::test_of_two_critical_values_of_one_part_each_has_to_be_acted_on"),
    ),
)  # fmt: skip

TABLET = (
    Fault(
        "purge_forgotten",
        "Who changed the doctor stays readable on the former doctor's tablet.",
        (Edit(
            ARCHIVE, 'self._disk.run("DELETE FROM entity WHERE resident=?", who)',
            'self._disk.run("DELETE FROM owed WHERE resident=? AND cls=\'B\'", who)',
        ),),
        test("test_move.py::test_the_new_team_receives_everything_and_the_old_lets_go[sqlite]"),
    ),
    Fault(
        "purge_stated_too_early",
        "A tablet says that nothing is left of somebody whose visit has not gone yet.",
        (Edit(
            "sync/tablet.py", "\"(SELECT resident FROM own WHERE state IN ('open','sent'))\",",
            "\"(SELECT resident FROM own WHERE state IN ('nothing'))\",",
        ),),
        test("test_reference_tablet.py::"
             "test_a_purge_is_not_stated_while_a_visit_of_that_person_waits"),
    ),
    Fault(
        "old_put_over_a_new_one",
        "A page that came late shows last year's medicine instead of today's.",
        (Edit(
            ARCHIVE, "if old and old[0][1] >= epoch and old[0][0] >= rev:\n            return\n"
            "        if old:",
            "if old and old[0][1] > epoch:\n            return\n        if old:",
        ),),
        test("test_reference_tablet.py::test_an_older_revision_takes_no_newer_ones_place"),
    ),
    Fault(
        "page_of_another_cursor_applied",
        "Rows between two pages are missing on the tablet, and it does not know.",
        (Edit(
            "sync/tablet.py",
            "page.roster is None and (page.start, page.epoch) != (cursor.csn, cursor.epoch)",
            "page.roster is None and page.epoch != cursor.epoch",
        ),),
        test("test_reference_tablet.py::test_a_page_that_does_not_follow_the_cursor_waits"),
    ),
    Fault(
        "answer_to_another_question",
        "Who recorded an answer puts a tablet back to yesterday.",
        (Edit(
            "sync/tablet_trust.py", "if header.request != sha256(request) or",
            "if not header.request or",
        ),),
        test("test_reference_tablet.py::"
             "test_an_answer_to_another_request_changes_nothing"),
    ),
    Fault(
        "dropped_before_the_backup",
        "The server's disk dies, and the visits since the last backup are nowhere.",
        (Edit(
            "sync/tablet_custody.py", '((beside=0 AND (epoch, seq) <= (?, ?)) "',
            '((beside=0 AND (epoch, seq) > (-1-?, -1-?)) "',
        ),),
        test("test_reference_tablet.py::"
             "test_a_batch_leaves_the_tablet_when_a_verified_backup_holds_it"),
    ),
    Fault(
        "not_sent_again_after_a_restore",
        "What a restored server has lost is never sent again.",
        (Edit(
            "sync/tablet_custody.py", "\"UPDATE batch SET state='ready' WHERE state='held' AND (",
            "\"UPDATE batch SET state='held' WHERE state='held' AND (",
        ),),
        test("test_sim_found.py::"
             "test_a_copy_and_a_restore_together_lose_no_acknowledged_visit[sqlite]"),
    ),
    Fault(
        "replacement_not_named",
        "What had to be cut smaller is taken for a theft when its first envelope comes after all.",
        (Edit(
            "sync/tablet_outbox.py",
            "return tuple(sorted(named | ({seq} if seq <= self._state.high else set())))",
            "return tuple(sorted(named))[:0]",
        ),),
        test("test_reference_tablet.py::"
             "test_what_is_cut_smaller_names_every_place_that_was_given"),
    ),
    Fault(
        "unreadable_change_deleted",
        "A visit that the server could not read is deleted from the only place that can.",
        (Edit(
            "sync/tablet.py", "if state in _ASIDE and reason not in _UNREAD:",
            "if state in _ASIDE:",
        ),),
        test("test_reference_tablet.py::"
             "test_what_the_server_could_not_read_stays_readable_on_the_tablet"),
    ),
    Fault(
        "rewritten_audit_believed",
        "A tablet that saw the old log takes a new one without proof.",
        (Edit("sync/tablet_trust.py", "return signed and grown", "return signed"),),
        test("test_audit_witness.py::"
             "test_a_rewritten_leaf_is_noticed_by_a_tablet_that_saw_the_old_root[sqlite]"),
    ),
)  # fmt: skip

FAULTS = (*MERGING, *CONVERSATION, *TABLET)
