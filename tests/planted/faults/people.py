"""Faults at the doors for people: the gate, the portal, lists, checkup days, the installation."""

from tests.planted.fault import Edit, Fault, pure, test

GATE = "server/access.py"
RULES = "server/rules/access.py"
BACKUP = "server/actions/keeping/backup.py"
CODES = "server/actions/residents/codes.py"
DOOR = "resident_portal/door.py"

READING = (
    Fault(
        "reading_not_logged",
        "Somebody reads a neighbour's archive, and 谁看过我的档案 stays empty.",
        (Edit(
            GATE, '    await tx.insert(\n        "access_log",\n',
            '    await tx.insert(\n        "access_log", [] and\n',
        ),),
        test("test_access.py::test_every_opening_has_its_row_and_its_leaf[sqlite]"),
    ),
    Fault(
        "opening_without_a_leaf",
        "A row of the log is taken away by who owns the database, and nothing proves it was there.",
        (Edit(
            GATE, 'await audit(tx, district, "opening", resident + entry + ground.encode(), now)',
            "assert len(entry) == 16",
        ),),
        test("test_access.py::test_every_opening_has_its_row_and_its_leaf[sqlite]"),
    ),
    Fault(
        "offline_reading_not_logged",
        "What is read on a tablet with no network is in nobody's log.",
        (Edit(
            "server/actions/tablets/reports.py",
            'await tx.insert("access_log", list(rows.values()))',
            'await tx.insert("access_log", list(rows.values())[:0])',
        ),),
        test("test_access.py::"
             "test_what_was_read_offline_is_in_the_log_with_the_time_it_happened[sqlite]"),
    ),
    Fault(
        "another_facility_reads",
        "Any doctor of the county opens any archive.",
        (Edit(
            RULES, "    if facility in facts.present_at and",
            "    if facility not in () and",
        ),),
        test("test_access.py::"
             "test_another_facility_is_refused_and_the_attempt_is_in_the_log[sqlite]"),
    ),
    Fault(
        "restricted_for_every_colleague",
        "Every nurse of the centre reads who is HIV positive.",
        (Edit(
            RULES, "if in_panel and facts.doctor is not None and actor.person == facts.doctor:",
            "if in_panel:",
        ),),
        pure("test_rules_access.py::"
             "test_class_b_is_for_the_responsible_doctor_and_the_specialist_of_the_facility"),
    ),
    Fault(
        "no_reason_asked",
        "Staff open archives outside their panel without saying why.",
        (Edit(
            RULES, "        return Allowed(Ground.PANEL)\n    if not asked.reason:",
            "        return Allowed(Ground.PANEL)\n    if not asked.actor:",
        ),),
        pure("test_rules_access.py::test_outside_the_own_panel_a_reason_must_be_given"),
    ),
    Fault(
        "frozen_link_still_reads",
        "A violent relative goes on reading after the link was shut.",
        (Edit(
            RULES, "if link.frozen or not link.from_day <= asked.facts.today <= link.until_day:",
            "if not link.from_day <= asked.facts.today <= link.until_day:",
        ),),
        pure("test_rules_access.py::test_a_family_link_that_ended_or_is_frozen_opens_nothing"),
    ),
    Fault(
        "grown_child_still_read",
        "Parents read the archive of a daughter who is 18.",
        (Edit(RULES, "    if age >= 18:\n        return Denied(Denial.LINK)",
              "    if age >= 180:\n        return Denied(Denial.LINK)"),),
        pure("test_rules_access.py::"
             "test_guardianship_of_a_child_ends_on_the_eighteenth_birthday"),
    ),
    Fault(
        "guardian_of_15_reads_all",
        "A mother reads of her daughter's pregnancy test.",
        (Edit(GATE, "    if far is Reach.ALL:\n        return opened",
              "    if far is not None:\n        return opened"),),
        test("test_family_reach.py::"
             "test_the_gate_hands_a_guardian_of_somebody_of_15_what_was_kept_or_shared[sqlite]"),
    ),
)  # fmt: skip

PORTAL = (
    Fault(
        "code_without_a_limit",
        "Whoever tries long enough signs in as anybody.",
        (Edit(CODES, "now >= expires_at or tries >= CODE_TRIES:", "now >= expires_at:"),),
        test("test_portal_sign_in.py::"
             "test_a_code_counts_once_five_tries_ten_minutes_and_in_its_own_browser[sqlite]"),
    ),
    Fault(
        "code_good_twice",
        "A code that was seen over somebody's shoulder still opens the archive.",
        (Edit(CODES, "if used_at is not None or now >= expires_at", "if now >= expires_at"),),
        test("test_portal_sign_in.py::"
             "test_a_code_counts_once_five_tries_ten_minutes_and_in_its_own_browser[sqlite]"),
    ),
    Fault(
        "any_archive_picked",
        "Who is signed in picks a neighbour's archive by its id.",
        (Edit(
            "server/actions/residents/sign_in.py",
            "or resident not in await archives_on(tx, site, row[0]):",
            "or not await archives_on(tx, site, row[0]):",
        ),),
        test("test_portal_sign_in.py::test_one_of_several_archives_is_picked_and_no_other[sqlite]"),
    ),
    Fault(
        "form_of_another_site",
        "A page somewhere on the web makes a signed-in resident switch the doctor.",
        (Edit(DOOR, "if signed is None or not visits.is_form_token(signed.token, token):",
              "if signed is None:"),),
        test("test_portal_door.py::"
             "test_no_form_of_somebody_signed_in_is_taken_without_its_token[sqlite]"),
    ),
    Fault(
        "archive_of_the_dead_open",
        "A telephone that was never given back opens the archive of somebody who has died.",
        (Edit(
            "server/actions/residents/reading.py",
            "if state is None or not STATES[Life(state[0])].sign_in:", "if state is None:",
        ),),
        test("test_portal_reading.py::"
             "test_the_archive_of_somebody_dead_is_not_reachable_and_nothing_is_read[sqlite]"),
    ),
    Fault(
        "packing_outlives_its_right",
        "What was packed before a consent ended is still handed out after it.",
        (Edit(
            "server/actions/residents/exporting.py",
            "if not classes_in(whole) <= await _classes(tx, site, acting):",
            "if not classes_in(whole) and await _classes(tx, site, acting):",
        ),),
        test("test_attacks_portal_export.py::"
             "test_what_was_packed_is_shut_with_the_right_to_it[sqlite]"),
    ),
    Fault(
        "question_of_somebody_else",
        "A resident answers for a neighbour whether the doctor ever came.",
        (Edit(
            "server/actions/confirmations/answers.py",
            "if row is None or row[1] not in await names_of(tx, site.district, resident):",
            "if row is None or not await names_of(tx, site.district, resident):",
        ),),
        test("test_confirmations.py::test_another_residents_question_is_nobodys[sqlite]"),
    ),
    Fault(
        "year_not_waited_for",
        "Somebody switches each week, and every facility is paid for the year.",
        (Edit("server/rules/switch.py",
              "too_soon = next_day is not None and from_day < next_day",
              "too_soon = next_day is not None and from_day < on"),),
        pure("test_rules_switch.py::test_the_year_ends_on_its_anniversary"),
    ),
    Fault(
        "switch_into_the_past",
        "A facility becomes responsible for visits that another one made.",
        (Edit("server/rules/switch.py", "return max(request.from_day, on)",
              "return request.from_day"),),
        pure("test_rules_switch.py::test_nobody_becomes_responsible_for_the_past"),
    ),
)  # fmt: skip

WORK = (
    Fault(
        "part_of_a_list_twice",
        "A list that was being read in by two processes opens people's archives twice.",
        (Edit(
            "server/actions/lists/import_steps.py",
            "if row[0] != RUNNING or row[2] != part.n:", 'if row[0] == "":',
        ),),
        test("test_import_people.py::"
             "test_who_still_holds_a_part_that_another_has_done_writes_nothing[sqlite]"),
    ),
    Fault(
        "list_half_imported",
        "Of a village's list every second part is left out, and the list says done.",
        (Edit(
            "server/actions/lists/import_steps.py", "self.n + 1, *(count[each] for",
            "self.n + 2, *(count[each] for",
        ),),
        test("test_import_people.py::test_a_list_goes_on_exactly_where_its_process_died[sqlite]"),
    ),
    Fault(
        "picture_of_another_tablet",
        "A picture is accepted for an id that this tablet never named.",
        (Edit(
            "server/actions/attachments/sealed.py", "AND attachment=? AND device=?{lock}",
            "AND attachment=? AND (device=? OR attachment=attachment){lock}",
        ),),
        test("test_attachments.py::"
             "test_an_id_is_good_for_the_tablet_that_named_it_and_for_nobody_else[sqlite]"),
    ),
    Fault(
        "slip_of_anybody",
        "One tablet sends a picture in another one's name.",
        (Edit(
            "server/actions/tablets/attachments.py",
            "if signer is None or signer[0] != slip.device:", "if signer is None:",
        ),),
        test("test_attachments.py::"
             "test_an_id_is_good_for_the_tablet_that_named_it_and_for_nobody_else[sqlite]"),
    ),
    Fault(
        "other_bytes_than_named",
        "A picture that was exchanged on the way is kept as the one that was signed.",
        (Edit("server/actions/tablets/attachments.py", "if file_id(pieces) != kept.id:",
              "if not file_id(pieces):"),),
        test("test_attachments.py::"
             "test_bytes_that_are_not_those_of_the_id_or_the_key_are_refused[sqlite]"),
    ),
    Fault(
        "six_digits_not_compared",
        "An administrator lets a thief's tablet in, whatever digits it shows.",
        (Edit(
            "server/actions/tablets/devices.py",
            "if not same(typed.encode(), offer.digits.encode()):",
            "if len(typed) != len(offer.digits):",
        ),),
        test("test_enrol.py::test_five_wrong_digits_end_the_offer[sqlite]"),
    ),
    Fault(
        "commitment_of_the_nonce_not_checked",
        "Who sits on the line searches for the six digits until they fit.",
        (Edit("sync/enrol.py", "if len(nonce) != 32 or commitment(nonce) != self._commitment:",
              "if len(nonce) != 32 or not commitment(nonce):"),),
        test("test_enrol.py::test_a_server_that_breaks_its_commitment_is_noticed[sqlite]"),
    ),
    Fault(
        "lost_card_not_told",
        "A card that was reported lost is taken in every hall.",
        (Edit("server/actions/checkup/codes.py", "return frozenset(row[0] for row in rows)",
              "return frozenset(row[0] for row in rows[:0])"),),
        test("test_checkup_codes.py::test_a_lost_card_is_revoked_and_the_next_is_another[sqlite]"),
    ),
    Fault(
        "values_at_rest_unsealed",
        "A copy of the database shows who searched for whom, and why an archive was opened.",
        (Edit(
            "server/actions/archives/opening.py",
            "sealed = site.vault.key(who, found[0]).seal(place, given.reason.encode())",
            "sealed = given.reason.encode() if place and site.vault.key(who, found[0]) else b''",
        ),),
        test("test_secrets_at_rest.py::test_nothing_at_rest_tells_what_was_said[sqlite]"),
    ),
    Fault(
        "epoch_not_raised",
        "After a restore tablets and server talk of two different pasts, and visits vanish.",
        (Edit(BACKUP, "    await _raise_epoch(tx, now)\n", ""),),
        test("test_backup.py::test_a_restored_district_goes_on[sqlite]"),
    ),
    Fault(
        "same_epoch_from_the_same_file",
        "One backup is restored twice, and tablets hold rows of a past that never was.",
        (Edit(
            BACKUP, "SET feed_epoch=CASE WHEN feed_epoch<? THEN ? ELSE feed_epoch+1 END",
            "SET feed_epoch=CASE WHEN feed_epoch<? AND ?<0 THEN 0 ELSE feed_epoch+1 END",
        ),),
        test("test_sim_found.py::test_one_backup_restored_twice_is_two_feed_epochs[sqlite]"),
    ),
    Fault(
        "signed_in_after_a_restore",
        "A telephone that was stolen after the backup opens the archive again.",
        (Edit(BACKUP, "    await _doubt_residents(tx, now)\n", ""),),
        test("test_backup.py::"
             "test_after_a_restore_nobody_stays_signed_in_and_telephones_are_young[sqlite]"),
    ),
    Fault(
        "mark_past_the_backup",
        "Tablets drop batches that are in no backup.",
        (Edit(BACKUP, "(district, chain.device, chain.epoch, chain.seq)\n",
              "(district, chain.device, chain.epoch, chain.seq + 1)\n"),),
        test("test_backup.py::"
             "test_the_marks_move_to_the_head_as_it_stood_and_only_after_verifying[sqlite]"),
    ),
    Fault(
        "series_given_out_again",
        "Two people in one hall have one specimen number after a restore.",
        (Edit(BACKUP, "    await spare_series(tx, now)\n", ""),),
        test("test_hall_pages.py::"
             "test_a_restored_server_gives_out_no_series_that_may_be_in_use[sqlite]"),
    ),
)  # fmt: skip

FAULTS = (*READING, *PORTAL, *WORK)
