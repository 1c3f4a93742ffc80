"""What was recorded on the line and sent again, and what a tablet claims of itself: neither moves
the server an inch further than what it knows.
"""

import pytest

from server.actions.places import move
from server.actions.tablets.exchange import exchange
from sync import wire
from tests.forge import Forger, Reply, counts, everything, forger
from tests.world import HE, QIN, SU, TEAM_A, TEAM_B, WU, ZHOU, World, an_id

MARKS = (
    "SELECT status, chain_epoch, head_seq, head_digest, counter, outcome_n, app, schema, pending, "
    "oldest, first_contact, last_contact, lease_until, trust, checkpoint, strangers FROM device "
    "WHERE device=?"
)
PANELS = "SELECT panel, served_csn, served_epoch, served_at, acked_csn, acked_at FROM device_panel"
COPIES = "SELECT resident, device, state, since, changed_at FROM copy ORDER BY resident, device"


async def standing(world: World, liar: Forger) -> list[object]:
    """Everything the server believes of a tablet."""
    return [
        await world.rows(MARKS, liar.keys.device),
        sorted(await world.rows(f"{PANELS} WHERE device=?", liar.keys.device)),
        await world.rows(COPIES),
        {name: n for name, n in (await counts(world)).items() if name != "audit_leaf"},
    ]


def at(reply: Reply) -> tuple[wire.Cursor, ...]:
    """Cursors that acknowledge the pages of an answer."""
    pages = [wire.page(raw) for raw in reply.answer.pages]
    return tuple(
        wire.Cursor(panel=page.panel, epoch=page.epoch, csn=page.end, snap=page.snap)
        for page in pages
    )


async def a_day(world: World) -> tuple[Forger, list[bytes]]:
    """A tablet at work: everything it ever put on the line, oldest first."""
    su = await forger(world, "07")
    line: list[bytes] = []

    async def sends(raw: bytes) -> Reply:
        line.append(raw)
        reply = await su.post(raw)
        world.clock.pass_(minutes=20)
        return reply

    reply = await sends(su.empty(cursors=everything(), pending=7, app="old words"))
    reply = await sends(su.empty(cursors=at(reply)))
    reply = await sends(su.envelope(su.visit(ZHOU), cursors=at(reply), pending=3))
    reply = await sends(su.envelope(su.visit(WU), cursors=at(reply)))
    reply = await sends(su.empty(cursors=at(reply)))
    reply = await sends(su.envelope(su.visit(WU), cursors=at(reply)))
    return su, line


async def test_no_recorded_envelope_moves_what_the_server_believes(world: World) -> None:
    """Also not the newest: a lost tablet must not look alive because somebody recorded it."""
    su, line = await a_day(world)
    before = await standing(world, su)
    world.clock.pass_(days=20)
    for raw in line:
        await exchange(world.site, raw)
        assert await standing(world, su) == before
    reply = await su.send(su.visit(ZHOU))
    assert reply.state() == ("applied", "")
    assert await world.one("SELECT last_contact FROM device WHERE device=?", su.keys.device) == (
        world.clock()
    )


async def test_an_old_envelope_is_answered_with_its_receipt_and_nothing_else(world: World) -> None:
    su, line = await a_day(world)
    for raw in line[:4]:
        reply = su.opened((await exchange(world.site, raw)).answer)
        assert reply.answer.pages == ()
        assert reply.answer.outcomes == ()
        assert {*reply.commands} <= {"clock", "counter"}  # never wipe on a recording's account
    assert (reply.n, reply.state()) == (1, ("applied", ""))


async def test_a_recorded_purge_does_not_purge_again_after_the_archive_came_back(
    world: World,
) -> None:
    su = await forger(world, "07")
    ask = move.Ask(resident=ZHOU, panel=TEAM_B, ground="moved", by=QIN, at_new_desk=True)
    reply = await su.post(su.empty(cursors=everything()))
    reply = await su.post(su.empty(cursors=at(reply)))
    await move.switch(world.site, ask)
    reply = await su.post(su.empty(cursors=at(reply)))
    purge = su.empty(cursors=at(reply), purged=(wire.Purged(resident=ZHOU, at=world.clock()),))
    await su.post(purge)
    state = "SELECT state FROM copy WHERE resident=? AND device=?"
    assert await world.one(state, ZHOU, su.keys.device) == "purged"
    world.clock.pass_(days=1)
    await move.undo(world.site, ZHOU)
    reply = await su.send(su.visit(WU), cursors=at(reply))
    assert await world.one(state, ZHOU, su.keys.device) == "possible"
    await move.switch(world.site, ask)
    assert await world.one(state, ZHOU, su.keys.device) == "asked"
    await su.post(purge)
    assert await world.one(state, ZHOU, su.keys.device) == "asked"


@pytest.mark.parametrize(
    "cursor",
    [
        wire.Cursor(panel=TEAM_A, epoch=1, csn=2**53 - 1),
        wire.Cursor(panel=TEAM_A, epoch=2**31 - 1, csn=1),
        wire.Cursor(panel=TEAM_A, epoch=2**31 - 1, csn=2**53 - 1),
        wire.Cursor(panel=TEAM_B, epoch=1, csn=0),
        wire.Cursor(panel=TEAM_B, epoch=0, csn=0),
        wire.Cursor(panel=an_id("no panel"), epoch=1, csn=1),
    ],
    ids=str,
)
async def test_a_cursor_that_cannot_be_acknowledges_nothing_and_opens_no_other_panel(
    world: World, cursor: wire.Cursor
) -> None:
    liar = await forger(world)
    reply = await liar.post(liar.empty(cursors=(cursor,)))
    acked = await world.rows("SELECT acked_csn FROM device_panel WHERE device=?", liar.keys.device)
    assert acked == [(0,)]
    assert [wire.page(raw).panel for raw in reply.answer.pages] == [TEAM_A]
    own = {row[0] for row in await world.rows("SELECT resident FROM member WHERE panel=?", TEAM_A)}
    copied = await world.rows("SELECT resident FROM copy WHERE device=?", liar.keys.device)
    assert {row[0] for row in copied} <= own


async def test_a_cursor_never_acknowledges_more_than_was_served(world: World) -> None:
    liar = await forger(world)
    first = await liar.post(liar.empty(cursors=everything()))
    served = wire.page(first.answer.pages[0]).end
    other = await forger(world, "31", staff=SU)
    for _ in range(5):
        await other.send(other.visit(ZHOU))
    csn = await world.one("SELECT csn FROM panel WHERE panel=?", TEAM_A)
    assert csn == served + 5
    high = wire.Cursor(panel=TEAM_A, epoch=1, csn=csn)
    await liar.post(liar.empty(cursors=(high,)))
    assert await world.one(
        "SELECT acked_csn FROM device_panel WHERE device=?", liar.keys.device
    ) in (0, served)


@pytest.mark.parametrize(
    "snap",
    [
        wire.Snap(at=0, lane=1, after=b"\xff" * 40, cut="2026-01-01"),
        wire.Snap(at=0, lane=1, after=b"\xff" * 42, cut="2026-01-01"),
        wire.Snap(at=0, lane=2, after=bytes(16) + bytes(16) + b"\x00" * 10, cut="\x00"),
        wire.Snap(at=2**53 - 1, lane=2**31 - 1, after=b"", cut=""),
        wire.Snap(at=0, lane=0, after=b"a", cut="2026-01-01"),
        wire.Snap(at=0, lane=1, after=b"a" * 90_000, cut="2026-01-01"),
    ],
    ids=lambda snap: f"lane {snap.lane}, {len(snap.after)} bytes",
)
async def test_a_snapshot_position_nobody_gave_is_no_error(world: World, snap: wire.Snap) -> None:
    liar = await forger(world)
    reply = await liar.post(
        liar.empty(cursors=(wire.Cursor(panel=TEAM_A, epoch=1, csn=0, snap=snap),))
    )
    for _ in range(20):
        if not reply.answer.more:
            break
        reply = await liar.post(liar.empty(cursors=at(reply)))
    assert not reply.answer.more


async def test_words_with_control_signs_are_cleaned_and_nothing_stops(world: World) -> None:
    liar = await forger(world)
    given = (1, ZHOU, liar.keys.device, world.clock(), "possible", world.clock())
    await world.store.write(lambda tx: tx.insert("copy", [given]))
    reads = (
        wire.Read(resident=ZHOU, at=1 - 2**53, purpose="\x00\x1b[2J周谷雨血压高"),
        wire.Read(resident=an_id("nobody"), at=2**53 - 1, purpose="service"),
    )
    reply = await liar.send(
        liar.event(ZHOU, b"{}", ground=wire.Ground(kind="\x00\x1b,late", note="\x00")),
        app="\x00\x1b[31mapp", reads=reads,
    )  # fmt: skip
    assert reply.state() == ("held", "out_of_range")
    assert await world.one("SELECT app FROM device WHERE device=?", liar.keys.device) == "[31mapp"
    kept = await world.rows("SELECT purpose FROM access_log WHERE device=?", liar.keys.device)
    assert sorted(kept) == [("other",)]  # and nobody can be read who was never given
    assert await world.one("SELECT flags FROM change WHERE device=?", liar.keys.device) == "guest"


async def test_forty_thousand_cursors_cost_no_more_than_sixteen(world: World) -> None:
    liar = await forger(world)
    one = wire.Cursor(panel=TEAM_A, epoch=1, csn=0)
    reply = await liar.send(liar.visit(ZHOU), cursors=(one,) * 40_000)
    assert reply.state() == ("applied", "")
    claims = (wire.DigestClaim(panel=TEAM_A, csn=0, root=b"", buckets=(b"",) * 64),) * 1000
    reply = await liar.post(liar.empty(cursors=at(reply), digests=claims))
    assert reply.answer.pages


async def test_the_newest_envelope_sent_again_is_answered_in_full(world: World) -> None:
    """The answer was lost on the way: the same bytes bring it once more."""
    he = await forger(world, "31", staff=HE, panels=(TEAM_B,))
    raw = he.empty(cursors=everything((TEAM_B,)))
    first = await he.post(raw)
    again = await he.post(raw)
    assert first.answer.pages
    assert [wire.page(raw).rows for raw in first.answer.pages] == [
        wire.page(raw).rows for raw in again.answer.pages
    ]
