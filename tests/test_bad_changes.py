"""One bad change in a good batch: it is named, kept as it came, and blocks nobody but itself."""

import json
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from server.actions.keeping.site import district_key_blob
from server.actions.tablets.release import release
from server.actions.tablets.settle import open_change
from server.store.ids import new_id
from server.store.tx import one
from sync import wire
from sync.limits import BATCH_CHANGES, CHANGE_BYTES, STRANGERS_PER_DAY
from tests.cast_forms import good
from tests.forge import DAY, Forger, counts, everything, forger
from tests.world import SU, TEAM_A, WU, XIE, YANG, ZHENG, ZHOU, World, an_id, field

FORM = good("htn_followup", next_date="2027-02-18")
YEAR_MS = 365 * 86_400_000


async def kept(world: World, seq: int, index: int, device: bytes) -> bytes:
    """The change at that place as the server holds it, opened: exactly what was signed."""
    found = await world.rows(
        "SELECT c.change, c.resident, c.under, c.body, r.key FROM change c LEFT JOIN resident r "
        "ON r.resident=c.resident WHERE c.device=? AND c.seq=? AND c.idx=?",
        device, seq, index,
    )  # fmt: skip
    assert len(found) == 1
    change, resident, under, body, key = found[0]
    wrapped = await world.store.write(lambda tx: district_key_blob(tx, world.site.district))
    _, raw = open_change(
        world.site, change=change, resident=resident, under=under,
        wrapped=key if under == "resident" else wrapped, body=body,
    )  # fmt: skip
    return raw


async def alone(
    world: World, liar: Forger, bad: bytes, state: tuple[str, str], **facts: Any
) -> bytes:
    """Sends `bad` between two good visits: they are applied, it has its state, all are kept."""
    before, after = liar.visit(WU), liar.visit(ZHENG)
    reply = await liar.send(before, bad, after, **facts)
    assert [reply.state(n) for n in range(3)] == [("applied", ""), state, ("applied", "")]
    raws = [await kept(world, liar.seq, n, liar.keys.device) for n in range(3)]
    assert raws == [before, bad, after]
    return raws[1]


BODIES = {
    "not an object": (b"[1]", "malformed"),
    "a text": (b'"a"', "malformed"),
    "nothing": (b"null", "malformed"),
    "bytes that are no UTF-8": (b'{"note":"\xff\xfe"}', "malformed"),
    "a number beyond all numbers": (b'{"weight":1e999}', "malformed"),
    "a number of six thousand digits": (b'{"weight":' + b"9" * 6000 + b"}", "malformed"),
    "a name twice": (b'{"sbp":120,"sbp":180}', "malformed"),
    "a name twice, spelled apart": (b'{"sbp":120,"sb\\u0070":180}', "malformed"),
    "a name twice, with spaces": (b'{"sbp" :120,"sbp" :180}', "malformed"),
    "a name twice, deep inside": (b'{"meds":[{"name":"a","name":"b"}]}', "malformed"),
    "lists in lists": (b'{"meds":' + b"[" * 40 + b"]" * 40 + b"}", "malformed"),
    "an empty form": (b"{}", "out_of_range"),
    "a zero byte": (b'{"note":"\\u0000"}', "out_of_range"),
    "a truth for a number": (wire.encode({**FORM, "sbp": True}), "out_of_range"),
    "a fraction for a number": (wire.encode({**FORM, "sbp": 120.5}), "out_of_range"),
    "far out of range": (wire.encode({**FORM, "sbp": 2**62}), "out_of_range"),
}


@pytest.mark.parametrize("name", BODIES)
async def test_a_bad_form_blocks_only_itself(world: World, name: str) -> None:
    body, reason = BODIES[name]
    liar = await forger(world)
    state = "held" if reason == "out_of_range" else "quarantined"
    await alone(world, liar, liar.event(ZHOU, body), (state, reason))
    # The form may be of a newer kind: then nobody here can judge it, but its JSON must be sound.
    newer = "held" if reason == "out_of_range" or name in _ONLY_NO_FORM else "quarantined"
    told = "unknown_kind" if newer == "held" else reason
    await alone(world, liar, liar.event(ZHOU, body, kind="sleep_diary"), (newer, told))


@pytest.mark.parametrize("kind", ["check_in", "station_part", "referral", "statement"])
async def test_a_step_or_an_answer_that_is_no_utf_8_blocks_only_itself(
    world: World, kind: str
) -> None:
    """What it names is looked at before it is judged."""
    liar = await forger(world)
    bad = liar.event(ZHOU, b'{"day":"\xff\xfe"}', kind=kind)
    await alone(world, liar, bad, ("quarantined", "malformed"))


_ONLY_NO_FORM = ("not an object", "a text", "nothing")

CHANGES = {
    "a number": b"7",
    "nothing": b"null",
    "an empty object": b"{}",
    "a list": b"[{}]",
    "an unknown member": b'{"id":"AAAAAAAAAAAAAAAAAAAAAA==","x":1}',
    "text that is no UTF-8": b'"\xff"',
}


@pytest.mark.parametrize("name", CHANGES)
async def test_something_that_is_no_change_blocks_only_itself(world: World, name: str) -> None:
    liar = await forger(world)
    await alone(world, liar, CHANGES[name], ("quarantined", "malformed"))


@pytest.mark.parametrize(
    "spoilt",
    [
        {"id": "AAAA"}, {"resident": ""}, {"on": "2026-02-30"}, {"on": "0000-01-01"},
        {"on": "20261120"}, {"on": "２０２６-11-20"}, {"v": -1}, {"at": 2**63}, {"mono": -1},
        {"set": {}}, {"set": {"phone": {"value": "1"}}}, {"body": None},
        {"by": "AAAA"}, {"amends": "AAAA"}, {"ground": "card"}, {"note": "x"},
    ],
    ids=str,
)  # fmt: skip
async def test_a_member_of_a_change_that_cannot_be_blocks_only_itself(
    world: World, spoilt: dict[str, Any]
) -> None:
    liar = await forger(world)
    bad = wire.encode({**json.loads(liar.visit(ZHOU)), **spoilt})
    await alone(world, liar, bad, ("quarantined", "malformed"))


@pytest.mark.parametrize("mark", [(9, 0), (0, 9), (2**31 - 1, 2**31 - 1)])
async def test_a_mark_that_points_nowhere_blocks_only_its_change(
    world: World, mark: tuple[int, int]
) -> None:
    liar = await forger(world)
    marks = ((0, 0), mark, (0, 0))
    await alone(world, liar, liar.visit(ZHOU), ("quarantined", "malformed"), marks=marks)
    reply = await liar.send(liar.visit(ZHOU), marks=((0, 0), (0, 0)))
    assert reply.whole == "malformed"


async def test_a_name_twice_in_the_change_itself_blocks_only_itself(world: World) -> None:
    liar = await forger(world)
    raw = liar.visit(ZHOU)
    for twice in (b'{"on":"2026-11-19",' + raw[1:], raw[:-1] + b',"on" :"2026-11-19"}'):
        await alone(world, liar, twice, ("quarantined", "malformed"))
    cells = liar.edit(ZHOU, {"phone": "13900000000"}).replace(
        b'"set":{', b'"set":{"phone":{"value":"13800000000"},'
    )
    await alone(world, liar, cells, ("quarantined", "malformed"))


async def test_a_change_of_65_kib_is_kept_and_quarantined_and_the_others_applied(
    world: World,
) -> None:
    liar = await forger(world)
    large = liar.event(ZHOU, wire.encode({**FORM, "note": "x" * 65 * 1024}))
    assert len(large) > CHANGE_BYTES
    await alone(world, liar, large, ("quarantined", "too_large"))


async def test_of_501_changes_the_last_is_kept_and_quarantined(world: World) -> None:
    liar = await forger(world)
    raws = [liar.visit(ZHOU) for _ in range(BATCH_CHANGES + 1)]
    reply = await liar.send(*raws)
    assert reply.n == BATCH_CHANGES + 1
    assert reply.states.keys() == {BATCH_CHANGES}
    assert reply.state(BATCH_CHANGES) == ("quarantined", "too_large")
    assert await kept(world, 1, BATCH_CHANGES, liar.keys.device) == raws[-1]


async def test_an_unknown_kind_or_version_is_held_until_the_server_knows_it(world: World) -> None:
    liar = await forger(world)
    body = wire.encode(FORM)
    for kind, version in (("sleep_diary", 1), ("htn_followup", 99), ("", 1), ("\x00" * 9, 1)):
        bad = liar.event(ZHOU, body, kind=kind, v=version)
        await alone(world, liar, bad, ("held", "unknown_kind"))
    kinds = await world.rows("SELECT kind, cls FROM change WHERE state='held'")
    assert set(kinds) == {(None, "B")}  # the kind itself may be a diagnosis: it is not in the clear


async def test_a_field_out_of_range_is_held_visible_and_can_be_let_in(world: World) -> None:
    liar = await forger(world)
    bad = liar.visit(ZHOU, sbp=999)
    await alone(world, liar, bad, ("held", "out_of_range"))
    change = wire.change(bad).id
    task = "SELECT closed_at IS NULL, facility FROM task WHERE kind='held' AND subject=?"
    open_, facility = await world.one(task, change)
    assert open_
    assert facility is not None
    assert await release(world.site, change, staff=XIE) == "applied"
    xie = await field(world, "11", staff=XIE)
    await xie.settle()
    shown = [json.loads(bytes(row.change)) for row in xie.tablet.archive.events(ZHOU)]
    assert 999 in [each["body"]["sbp"] for each in shown]
    reply = await liar.post(liar.empty(cursors=everything()))
    assert [(row.change, row.state) for row in reply.answer.outcomes] == [(change, "applied")]


async def test_an_actor_who_is_not_the_signer_is_quarantined(world: World) -> None:
    liar = await forger(world, staff=SU)
    bad = wire.encode(msgspec.structs.replace(wire.change(liar.visit(ZHOU)), by=XIE))
    await alone(world, liar, bad, ("quarantined", "actor_not_signer"))
    own = wire.encode(msgspec.structs.replace(wire.change(liar.visit(ZHOU)), by=SU))
    assert (await liar.send(own)).state() == ("applied", "")


async def test_the_same_id_with_other_bytes_is_quarantined_and_both_are_kept(world: World) -> None:
    liar = await forger(world)
    first = liar.visit(ZHOU, sbp=131)
    await liar.send(first)
    other = liar.visit(ZHOU, sbp=171, change=wire.change(first).id)
    await alone(world, liar, other, ("quarantined", "same_id_other_bytes"))
    assert await kept(world, 1, 0, liar.keys.device) == first
    xie = await forger(world, "11", staff=XIE)
    await alone(world, xie, other, ("quarantined", "same_id_other_bytes"))
    await alone(world, xie, first.replace(b"131", b"132"), ("quarantined", "same_id_other_bytes"))
    ids = await world.rows("SELECT change FROM change WHERE resident=?", ZHOU)
    assert len(ids) == len(set(ids))


async def test_the_same_change_twice_counts_once(world: World) -> None:
    liar = await forger(world)
    visit, held = liar.visit(ZHOU), liar.visit(ZHOU, sbp=999)
    reply = await liar.send(visit, visit, held, held)
    assert [reply.state(n)[0] for n in range(4)] == ["applied", "duplicate", "held", "duplicate"]
    before = await world.one("SELECT COUNT(*) FROM change")
    again = await liar.send(visit, held)
    assert [again.state(n) for n in (0, 1)] == [("duplicate", "applied"), ("duplicate", "held")]
    other = await forger(world, "11", staff=XIE)
    assert (await other.send(visit)).state() == ("duplicate", "applied")
    assert await world.one("SELECT COUNT(*) FROM change") == before


@pytest.mark.parametrize("day", ["2026-11-21", "2027-11-20", "9999-12-31"])
@pytest.mark.parametrize(
    "kind", ["htn_followup", "dm_followup", "health_check", "encounter", "referral"]
)
async def test_a_day_that_has_not_come_is_held(world: World, kind: str, day: str) -> None:
    liar = await forger(world)
    reply = await liar.send(
        liar.event(ZHOU, wire.encode(good(kind)), kind=kind, day=day), liar.visit(ZHOU)
    )
    assert reply.state(0)[0] == "held"
    assert reply.state(0)[1] in ("future_day", "out_of_range")
    assert reply.state(1) == ("applied", "")


@pytest.mark.parametrize("years", [-40, -3, 3, 40])
@pytest.mark.parametrize("measured", [False, True])
async def test_a_clock_wrong_by_years_is_corrected_or_clamped_and_the_visit_taken(
    world: World, years: int, *, measured: bool
) -> None:
    liar = await forger(world)
    now = world.clock()
    wall = now + years * YEAR_MS
    session = wire.Session(id=bytes(8), wall=wall, mono=0, offset=now - wall if measured else None)
    known = wire.Known(panel=TEAM_A, epoch=1, csn=0, at=now - 7_200_000)
    raw = liar.event(ZHOU, wire.encode(FORM), at=wall - 60_000)
    reply = await liar.send(raw, sessions=(session,), known=(known,), created=wall)
    assert reply.state() == ("applied", "")
    assert (await liar.post(liar.empty(created=wall))).commands == ["clock"]
    at, flags, day = await world.one(
        "SELECT recorded_at, flags, day FROM change WHERE change=?", wire.change(raw).id
    )
    assert day == DAY  # what the person states is never corrected
    if measured:
        assert (at, flags) == (now - 60_000, "")
    else:
        assert (at, flags) == (now if years > 0 else known.at, "clock")


async def test_stamps_at_the_ends_of_all_numbers_are_clamped(world: World) -> None:
    liar = await forger(world)
    ends = (1 - 2**53, -1, 0, 2**53 - 1)
    for wall in ends:
        for offset in ends:
            session = wire.Session(id=b"", wall=wall, mono=2**53 - 1, offset=offset)
            known = wire.Known(panel=TEAM_A, epoch=2**31 - 1, csn=2**53 - 1, at=offset)
            raw = liar.event(ZHOU, wire.encode(FORM), at=wall, mono=2**53 - 1)
            reply = await liar.send(
                raw, sessions=(session,), known=(known,), created=wall, oldest=wall,
                pending=2**53 - 1,
            )  # fmt: skip
            assert reply.state() == ("applied", "")
    latest = await world.one("SELECT MAX(recorded_at) FROM change")
    earliest = await world.one("SELECT MIN(recorded_at) FROM change")
    assert 0 <= earliest <= latest <= world.clock()


async def test_unknown_fields_travel_through_the_server_byte_for_byte(world: World) -> None:
    liar = await forger(world)
    xie = await field(world, "11", staff=XIE, restricted=True)
    plain = await field(world, "12", staff=XIE)
    body = (
        b'{"zz_newer":{"b":[1.50,{"\\u4e2d":"\\/"}],"a":-0,"e":1E+2},  "sbp":138,'
        + wire.encode({key: value for key, value in FORM.items() if key != "sbp"})[1:]
    )
    raw = liar.event(ZHOU, body)
    assert (await liar.send(raw)).state() == ("applied", "")
    await xie.settle()
    received = {wire.change(e.change).id: bytes(e.change) for e in xie.tablet.archive.events(ZHOU)}
    assert received[wire.change(raw).id] == raw
    assert body in raw
    # Nobody here can say what the new field tells: it goes to tablets that may see class B only.
    await plain.settle()
    assert len(plain.tablet.archive.events(ZHOU)) == 1


async def test_a_stranger_gets_the_same_receipt_whether_the_resident_exists_or_not(
    world: World,
) -> None:
    """YANG belongs to another facility; nobody has the other id."""
    liar = await forger(world)
    shapes: list[tuple[Any, ...]] = []
    rows: list[tuple[Any, ...]] = []
    for who in (YANG, an_id("nobody at all")):
        before = await counts(world)
        visit = liar.visit(who)
        reply = await liar.send(
            visit,
            liar.edit(who, {"phone": "13900000000"}),
            liar.visit(who, sbp=999),
            liar.visit(who, "2027-01-01"),
            liar.event(who, b"{}", kind="sleep_diary"),
            liar.event(who, wire.encode(FORM), amends=new_id(world.clock())),
            liar.event(who, wire.encode(FORM), ground=wire.Ground(kind="curious")),
            liar.edit(who, {"phone": wire.Edit(value="1", saw=(new_id(world.clock()),))}),
            cursors=everything(),
        )
        after = await counts(world)
        grown = {name: after[name] - before[name] for name in before}
        receipt = reply.answer.receipt
        assert receipt is not None
        decoded = wire.receipt(receipt.receipt)
        shapes.append((decoded.states, decoded.n, decoded.whole, len(bytes(receipt.receipt))))
        shapes[-1] += (len(reply.raw), reply.answer.commands, reply.answer.outcomes, reply.n)
        rows.append((grown,))
        assert {reply.state(n) for n in range(8)} == {("quarantined", "not_in_panel")}
    assert shapes[0] == shapes[1]
    assert {k: v for k, v in rows[0][0].items() if k != "copy"} == {
        k: v for k, v in rows[1][0].items() if k != "copy"
    }
    assert await world.one("SELECT COUNT(*) FROM copy WHERE resident=?", YANG) == 0


async def test_too_many_strangers_in_a_day_suspend_the_tablet_and_lose_nothing(
    world: World,
) -> None:
    liar = await forger(world)
    reply = await liar.send(*[liar.visit(YANG) for _ in range(STRANGERS_PER_DAY)])
    status = "SELECT status FROM device WHERE device=?"
    assert await world.one(status, liar.keys.device) == "enrolled"
    world.clock.pass_(days=1)  # the count is of one day
    await liar.send(*[liar.visit(YANG) for _ in range(STRANGERS_PER_DAY)])
    assert await world.one(status, liar.keys.device) == "enrolled"
    reply = await liar.send(liar.visit(YANG), liar.visit(ZHOU), cursors=everything())
    assert reply.state(1) == ("applied", "")  # the suspension begins with the next batch
    assert await world.one(status, liar.keys.device) == "suspended"
    assert await world.one("SELECT COUNT(*) FROM task WHERE kind='suspended'") == 1
    assert reply.answer.pages == ()
    reply = await liar.send(liar.visit(ZHOU), cursors=everything())
    assert reply.state() == ("quarantined", "device_not_trusted")
    assert reply.answer.pages == ()
    assert "wipe" not in reply.commands
    total = 2 * STRANGERS_PER_DAY + 3
    found = "SELECT COUNT(*) FROM change WHERE device=?"
    assert await world.one(found, liar.keys.device) == total


async def test_how_many_strangers_suspend_a_tablet_is_the_districts_rule(world: World) -> None:
    world.site.rules = replace(world.site.rules, strangers_per_day=1)
    liar = await forger(world)
    await liar.send(liar.visit(YANG), liar.visit(YANG))
    status = "SELECT status FROM device WHERE device=?"
    assert await world.one(status, liar.keys.device) == "suspended"


async def test_cells_that_cannot_be_are_held_or_asked_about_and_never_written(world: World) -> None:
    liar = await forger(world)
    one_row = "SELECT rev, sealed_cells FROM resident WHERE resident=?"
    before = await world.store.write(lambda tx: one(tx, one_row, ZHOU))
    for cells in (
        {"drug_allergy/../..": True}, {"phone/": "1"}, {"phone": 1.5},
        {"phone": [[[]]]}, {"phone": "x" * 20_000}, {"blood_abo": "9"}, {"drug_allergy": {}},
        {f"drug_allergy/{n}": True for n in range(500)},
    ):  # fmt: skip
        reply = await liar.send(liar.edit(ZHOU, cells))
        assert reply.state()[0] in ("held", "quarantined"), cells
    for cell, value in (("name", "王五"), ("id_no", None), ("birth_date", "1950-01-01")):
        reply = await liar.send(liar.edit(ZHOU, {cell: value}))
        assert reply.state()[0] in ("proposal", "held"), cell
    after = await world.store.write(lambda tx: one(tx, one_row, ZHOU))
    assert before is not None
    assert after is not None
    assert tuple(before) == tuple(after)
