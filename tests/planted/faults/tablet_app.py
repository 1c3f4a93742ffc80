"""Faults of the tablet app: its engine, its merge, its vault."""

from tests.planted.fault import Edit, Fault, node, test

ENGINE = "sync/tablet_web/app/engine/"
OUTBOX = ENGINE + "outbox.js"
VAULT = ENGINE + "vault.js"
LIFE = ENGINE + "life.js"
CUSTODY = ENGINE + "custody.js"
ANSWER = ENGINE + "answer.js"
CELLS = "sync/tablet_web/app/merge/cells.js"

FAULTS = (
    Fault(
        "app_merges_otherwise",
        "The tablet shows an allergy as gone that the server shows as there.",
        (Edit(CELLS, "if (!gone) heads.push(head);", "heads.push(head);"),),
        node("vectors.test.js", "edits of a cell come together as at the server"),
    ),
    Fault(
        "app_unites_what_was_replaced",
        "A corrected value stays in conflict on the tablet for ever.",
        (Edit(CELLS, "const replaced = new Set(saw);", "const replaced = new Set(saw.slice(1));"),),
        node("vectors.test.js", "edits of a cell come together as at the server"),
    ),
    Fault(
        "app_adds_up_a_hall_otherwise",
        "Two tablets in one hall send a person to different stations.",
        (Edit(
            "sync/tablet_web/app/merge/hall.js",
            "if (!st[name] || st[name][0] < mark[0]) st[name] = mark;", "st[name] = mark;",
        ),),
        node("hall_merge.test.js", "the order in which steps come"),
    ),
    Fault(
        "app_sums_otherwise",
        "Every exchange of the app finds a difference and repairs what is right.",
        (Edit(ENGINE + "sums.js", "utf8(cls), u64be(rev)", "utf8(cls.toLowerCase()), u64be(rev)"),),
        node("vectors.test.js", "digests agree, whatever order the leaves come in"),
    ),
    Fault(
        "app_seals_anew_before_an_answer",
        "A batch whose answer was lost goes as other bytes: the server sees a thief.",
        (Edit(
            OUTBOX, 'return here && row.state === "ready" && !row.out && row.staff === me;',
            'return here && row.state === "ready" && row.staff === me;',
        ),),
        test("test_tablet_engine.py::"
             "test_a_lost_answer_changes_nothing_and_the_same_bytes_go_again"),
    ),
    Fault(
        "app_sends_before_it_stores",
        "The app is killed while it sends, and nobody knows what the server was given.",
        (Edit(
            ENGINE + "exchange.js",
            "await step.commit(true);\n    this.asked = request.digest;",
            "this.asked = request.digest;",
        ),),
        test("test_tablet_engine.py::"
             "test_every_kill_between_two_writes_loses_and_doubles_nothing"),
    ),
    Fault(
        "app_drops_before_the_backup",
        "The server's disk dies, and the tablet has thrown the visits away.",
        (Edit(CUSTODY, "const safe = row.beside ? row.taken < mark.at : passed;",
              "const safe = row.beside ? row.taken < mark.at : row.taken > 0;"),),
        test("test_tablet_engine_chain.py::"
             "test_batches_go_when_a_verified_backup_holds_them_and_not_before"),
    ),
    Fault(
        "app_sends_nothing_again_after_a_restore",
        "What a restored server has lost stays lost.",
        (Edit(CUSTODY, "if (after || row.beside) step.put(",
              "if (row.beside) step.put("),),
        test("test_tablet_engine_chain.py::"
             "test_a_restored_server_gets_again_what_it_had_given_receipts_for"),
    ),
    Fault(
        "app_does_not_notice_its_copy",
        "A copied tablet writes on in a chain that is another's.",
        (Edit(CUSTODY, "if (!mine && head.epoch >= state.chain_epoch) state.behind = true;",
              "if (!mine && head.epoch > state.chain_epoch) state.behind = true;"),),
        test("test_tablet_engine_chain.py::"
             "test_a_copy_of_the_tablet_goes_on_in_a_new_chain_that_waits_for_a_person"),
    ),
    Fault(
        "app_forgets_the_purge",
        "Who changed the doctor can still be read on the old tablet.",
        (Edit(ENGINE + "apply.js", "    this.open.delete(who);\n    this.step.forget(who);\n",
              "    this.open.delete(who);\n"),),
        test("test_tablet_engine.py::"
             "test_who_leaves_goes_at_once_and_is_acknowledged_when_nothing_waits"),
    ),
    Fault(
        "app_states_a_purge_too_early",
        "The server believes nothing is left while a visit still waits on the tablet.",
        (Edit(ENGINE + "letting_go.js", "    if (waits.has(who)) continue;\n", ""),),
        node("applying.test.js", "a purge is stated when the last receipt is in, and not before"),
    ),
    Fault(
        "outbox_dropped_for_another_user",
        "A colleague unlocks the tablet, and what the first one saved is gone.",
        (Edit(
            LIFE, "if (step.state) await outbox.close(step);",
            'for (const [key, row] of step.rows("batch")) if (row.staff !== me) '
            'step.put("batch", key);\n    if (step.state) await outbox.close(step);',
        ),),
        test("test_tablet_engine_people.py::"
             "test_two_on_one_tablet_sign_for_themselves_and_send_for_each_other"),
    ),
    Fault(
        "drafts_lost_at_lock",
        "The tablet locks by itself in the middle of a form, and half an hour's typing is gone.",
        (Edit(
            LIFE, "    await writing.prepare();\n",
            '    for (const key of await ledger.disk.keys("draft"))\n'
            '      await ledger.disk.write([{ store: "draft", key }]);\n'
            "    await writing.prepare();\n",
        ),),
        test("test_tablet_engine_people.py::"
             "test_nothing_readable_lies_on_the_disk"),
    ),
    Fault(
        "keys_stay_after_the_lock",
        "A locked tablet goes on showing archives.",
        (Edit(LIFE, "    outbox.keys = reporter.keys = null;\n    ledger.seal();\n",
              "    ledger.seal();\n"),),
        test("test_attacks_tablet_engine.py::"
             "test_a_locked_tablet_answers_only_with_numbers_and_sealed_bytes"),
    ),
    Fault(
        "lease_never_ends",
        "A stolen tablet can be read for years by who knows the passphrase.",
        (Edit(LIFE,
              "this._renewing = leaseOver(this._parts.ledger, this._world.clock());",
              "this._renewing = this._parts.ledger.full && this._renewing;"),),
        test("test_tablet_engine_people.py::"
             "test_a_lease_that_ended_locks_and_only_the_server_opens_again"),
    ),
    Fault(
        "try_counted_after_it_was_judged",
        "A thief kills the app after each wrong passphrase and tries for ever.",
        (Edit(
            VAULT,
            "value: { ...row, tries, wait: until } }]);\n"
            "    const opened = await unwrap(staff, passphrase, row.wrap);",
            "value: row }]);\n"
            "    const opened = await unwrap(staff, passphrase, row.wrap);\n"
            '    await disk.write([{ store: "staff", key: staff, '
            "value: { ...row, tries, wait: until } }]);",
        ),),
        node("vault.test.js", "a try is on the disk before it is judged"),
    ),
    Fault(
        "wipe_leaves_archives",
        "After ten wrong tries the archives are still on the disk.",
        (Edit(VAULT, '  "own",\n  "person",\n', '  "own",\n'),),
        node("vault.test.js", "after ten wrong tries in a row"),
    ),
    Fault(
        "wipe_takes_unsent_work",
        "A forgotten passphrase destroys a week of visits that had not gone.",
        (Edit(VAULT, '  "own",\n  "person",\n', '  "own",\n  "batch",\n  "person",\n'),),
        node("vault.test.js", "after ten wrong tries in a row"),
    ),
    Fault(
        "row_opens_in_another_place",
        "Who can write to the disk shows one resident's archive under another's name.",
        (
            Edit(VAULT, "return this.#seal(this.#rows ?? locked(), `${store}\\0${key}`, plain);",
                 "return this.#seal(this.#rows ?? locked(), `${store}\\0`, plain);"),
            Edit(VAULT, "return unseal(this.#rows ?? locked(), `${store}\\0${key}`, blob);",
                 "return unseal(this.#rows ?? locked(), `${store}\\0`, blob);"),
        ),
        node("vault.test.js", "what is sealed opens in its own row only"),
    ),
    Fault(
        "any_receipt_believed",
        "Who sits on the line makes the tablet throw its work away.",
        (Edit(ANSWER, "if (await key.verify(concat(RECEIPT, bytes), signature)) return true;",
              "if (await key.verify(concat(RECEIPT, bytes), signature) !== null) return true;"),),
        node("applying.test.js", "a receipt counts only with the server's signature"),
    ),
    Fault(
        "unsigned_answer_believed",
        "A false server tells tablets to wipe themselves.",
        (Edit(ANSWER, "if (known) await verify(sealed, known);", "if (known) void 0;"),),
        test("test_tablet_engine.py::"
             "test_an_answer_that_nobody_signed_and_one_of_yesterday_change_nothing"),
    ),
    Fault(
        "old_answer_believed",
        "Who recorded an answer puts a tablet back to yesterday.",
        (Edit(ANSWER, "if (header.request !== request || header.device !== state.device)",
              "if (header.device !== state.device)"),),
        test("test_tablet_engine.py::"
             "test_an_answer_that_nobody_signed_and_one_of_yesterday_change_nothing"),
    ),
    Fault(
        "older_row_over_a_newer_one",
        "A page that came late shows last year's medicine.",
        (Edit(ENGINE + "apply.js",
              "old.ep < epoch || (old.ep === epoch && old.rev < rev);",
              "old.ep <= epoch || old.rev < rev;"),),
        node("applying.test.js", "an older revision takes no newer one's place"),
    ),
    Fault(
        "full_disk_writes_half",
        "On a full tablet a visit is counted as saved and is nowhere.",
        (Edit(ENGINE + "ledger.js",
              "    if (writes.length) await ledger.write(writes, must);\n    this._happened();",
              "    this._happened();\n    if (writes.length) await ledger.write(writes, must);"),),
        node("engine_pure.test.js", "a step that finds no room has not happened"),
    ),
    Fault(
        "app_takes_an_expired_card",
        "A code of another day checks somebody in.",
        (Edit(
            "sync/tablet_web/app/crypto/card.js",
            'return { outcome: nowS >= card.endsS ? "expired" : "valid", card };',
            'return { outcome: nowS >= 2 ** 33 ? "expired" : "valid", card };',
        ),),
        node("card.test.js", "a text meets its expected end"),
    ),
    Fault(
        "app_takes_a_forged_card",
        "Whoever can print makes cards for people who never came.",
        (Edit(
            "sync/tablet_web/app/crypto/card.js",
            "if (!named || !(await key.verify(signed, raw.subarray(SIGNED))))",
            "if (!named || !signed.length)",
        ),),
        node("card.test.js", "every change of one bit is refused"),
    ),
    Fault(
        "number_given_twice",
        "Two specimens carry one number, and two people get each other's results.",
        (Edit(
            ENGINE + "hall_numbers.js", "  held.sheet += 1;\n", "  held.sheet ||= 1;\n",
        ),),
        node("hall_numbers.test.js", "a ticket and a sheet are counted one by one"),
    ),
    Fault(
        "page_calls_what_it_likes",
        "A script in a page asks the engine for what no page may have.",
        (Edit(ENGINE + "serve.js",
              'const none = method.startsWith("_") || method in Object.prototype;',
              "const none = method in Object.prototype;"),),
        node("attacks.test.js", "only what the engine says it can be asked is answered"),
    ),
    Fault(
        "answer_without_an_end",
        "Who stands on the line fills a tablet's memory until it dies.",
        (Edit(ENGINE + "send.js", "const MOST_BYTES = 16 * 1024 * 1024;",
              "const MOST_BYTES = 96 * 1024 * 1024;"),),
        node("attacks.test.js", "an answer without an end is let go"),
    ),
)  # fmt: skip
