"""Results of a checkup day: what the stations wrote becomes records, within minutes and again when
late parts come (server/rules/checkup_results.py says how).

Who has finished or left is done at once, everybody else once they have been quiet for a while, so
that not every tick of a station is a record of its own. A person is one transaction: their archive
locked, parts read, each form written or amended where it says something else than before, findings
opened and closed. Twice is once: the id of a change is made from day, person, form and number.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import msgspec

from crypto.columns import DataKey
from server.access import living
from server.actions.archives.content import Content, contents
from server.actions.archives.standing import ResidentRow, lock_residents, names_of
from server.actions.checkup import finding_rows, records
from server.actions.checkup.day_rows import Day, read_day
from server.actions.checkup.steps import parts_of
from server.actions.keeping.site import Site
from server.actions.notices.telling import tell
from server.actions.plan.facts import day_of, district_numbers
from server.actions.tablets.intake import civil_day
from server.logs import log
from server.records.known import known_of
from server.records.prefill import Written
from server.records.upcast import newest
from server.rules.checkup_results import About, Compiled, LeftOut, Part, compiled, overlaid
from server.store.tx import Row, Tx, one
from server.store.vault import T_CHECKUP_AFTER
from sync import wire

QUIET_MS: Final = 20 * 60_000
AT_ONCE: Final = 100
RUN_MS: Final = 60_000
PUT_OFF_MS: Final = 60 * 60_000
_DUE: Final = (
    "FROM checkup_person p JOIN resident r ON r.district=p.district AND r.resident=p.who JOIN "
    "checkup_day d ON d.district=p.district AND d.day=p.day WHERE p.district=? AND d.on_day<=? AND "
    "p.changed_at>p.compiled_at AND p.state IS NOT NULL AND (p.done_at IS NOT "
    "NULL OR p.left_at IS NOT NULL OR p.changed_at<=?) AND p.changed_at<? AND p.status<>'moved' "
)
"""A step of this very millisecond may still come: what was noted in it waits for the next. What was
noted of a day that is still to come waits for it: no record is of a day ahead.
"""
_body: Final = msgspec.json.Decoder(dict[str, Any])


@dataclass(frozen=True, slots=True)
class _Before:
    """What was made of a form the last time: its number, its change, what the parts said then.
    `who`: as the archive was named then.
    """

    who: bytes
    n: int
    change: bytes
    body: Mapping[str, Any]


async def waits(site: Site) -> bool:
    """Whether anybody's results are to be written."""
    return bool(await _due(site, 1))


async def run(site: Site) -> int:
    """The job: everybody who is due, bounded in time; how many were looked at. One person whose
    results cannot be written keeps nobody else waiting.
    """
    began, done = site.clock(), 0
    while site.clock() - began < RUN_MS and (due := await _due(site, AT_ONCE)):
        for day, who in due:
            try:
                await compile_one(site, day, who)
            except Exception as error:  # noqa: BLE001 (logged without content; tried again later)
                log.fault("job", error, job="checkup_results")
                site.put_off[day + who] = site.clock() + PUT_OFF_MS
        done += len(due)
    return done


async def _due(site: Site, most: int) -> Sequence[tuple[bytes, bytes]]:
    now = site.clock()
    left_alone = {each for each, until in site.put_off.items() if until > now}
    rows = await site.store.read(
        lambda tx: tx.rows(
            f"SELECT p.day, p.who {_DUE} ORDER BY p.changed_at, p.who LIMIT ?",
            site.district, civil_day(now).isoformat(), now - QUIET_MS, now,
            most + len(left_alone),
        )
    )  # fmt: skip
    return [(row[0], row[1]) for row in rows if row[0] + row[1] not in left_alone][:most]


async def compile_one(site: Site, day: bytes, who: bytes) -> int:
    """Writes what the stations wrote of one person; how many records were written."""
    return await site.store.write(partial(_compile, site=site, day=day, who=who))


async def _compile(tx: Tx, site: Site, day: bytes, who: bytes) -> int:
    kept = await living(tx, site.district, who)
    row = (await lock_residents(tx, site.district, {kept})).get(kept)
    found = await read_day(tx, site, day)
    person = await one(
        tx, "SELECT changed_at FROM checkup_person WHERE district=? AND day=? AND who=?",
        site.district, day, who,
    )  # fmt: skip
    if row is None or found is None or person is None:
        return 0
    content = (await contents(tx, site, {kept: row}))[kept]
    names = await names_of(tx, site.district, who)
    hand = _Hand(tx, site, found, who, names, row, content)
    parts = [
        Part(each.change, each.station, each.mark, each.form, each.v, each.values)
        for each in (await parts_of(tx, site, day, {who})).get(who, ())
    ]
    first = await _is_first(tx, site, day, who)
    done = await hand.write(compiled(parts, hand.about()))
    if done and first:
        await tell(
            tx, site, kept, "checkup_results", about=day, day=found.on, facility=found.facility
        )
    await tx.run(
        "UPDATE checkup_person SET compiled_at=? WHERE district=? AND day=? AND who=?",
        person[0], site.district, day, who,
    )  # fmt: skip
    return done


async def _is_first(tx: Tx, site: Site, day: bytes, who: bytes) -> bool:
    """Whether nothing of this day was written before: the resident is told once."""
    row = await one(
        tx, "SELECT 1 FROM checkup_result WHERE district=? AND day=? AND who=? LIMIT 1",
        site.district, day, who,
    )  # fmt: skip
    return row is None


@dataclass(slots=True)
class _Hand:
    """One person of one day, the archive locked."""

    tx: Tx
    site: Site
    day: Day
    who: bytes
    names: Sequence[bytes]  # this archive, and those that were merged into it
    row: ResidentRow
    content: Content

    def about(self) -> About:
        page, on = self.content.open, self.day.on
        birth, sex = day_of(page.text("birth_date")), page.text("sex") or None
        written = [
            Written(each.kind, newest(each.kind), each.on, each.body)
            for each in self.content.records
            if each.cls == "A" and newest(each.kind)
        ]
        return About(
            on, max(on, civil_day(self.site.clock())), sex, birth,
            known_of(written, on, birth=birth, sex=sex), district_numbers(self.site, on.year),
        )  # fmt: skip

    async def write(self, made: Sequence[Compiled]) -> int:
        """Each form that says something else than before; then what was found."""
        before = await self._before()
        forms = {each.kind.id: each for each in made}
        done, left = 0, list[tuple[str, LeftOut]]()
        for form in sorted(forms.keys() | before.keys()):
            now = forms.get(form)
            body = dict(now.body) if now is not None else {}
            done += await self._write_form(form, body, before.get(form, ()))
            left += [(form, each) for each in (now.left_out if now is not None else ())]
        await finding_rows.follow(
            self.tx, self.site, self.day, self.names, self.row, self.content, left
        )
        return done

    async def _before(self) -> dict[str, list[_Before]]:
        """By form; what was made under the name of today first."""
        rows = await self.tx.rows_in(
            "SELECT who, form, n, change, sealed FROM checkup_result WHERE district=? AND day=? "
            "AND who {ids}",
            sorted(self.names), self.site.district, self.day.day,
        )  # fmt: skip
        found: dict[str, list[_Before]] = {}
        for who, form, n, change, sealed in sorted(rows, key=lambda row: row[0] != self.who):
            plain = (await self._key(who)).open(self._place(who, form, n), sealed)
            found.setdefault(form, []).append(_Before(who, n, change, _body.decode(plain)))
        return found

    def _place(self, who: bytes, form: str, n: int) -> bytes:
        return self.site.vault.at(T_CHECKUP_AFTER, self.day.day + form.encode(), who, n)

    async def _key(self, who: bytes) -> DataKey:
        key = await finding_rows.key_of(self.tx, self.site, who)
        assert key is not None, "whose results are written has an archive"
        return key

    async def _write_form(self, form: str, body: dict[str, Any], before: Sequence[_Before]) -> bool:
        """Of two archives that were joined each may have a record of the day: the first goes on
        as that of both, any other is taken back.
        """
        if not before:
            return bool(body) and await self._save(form, 1, body, body, None)
        first, *others = before
        n = max(each.n for each in before) + 1
        for each in others:
            other = await self._standing(form, each)
            if other is not None and other.body is not None:
                n = await self._void(form, n, other)
        if body == first.body and first.who == self.who:
            return False
        standing = await self._standing(form, first)
        if standing is None or standing.body is None:  # taken back by its author: begun anew
            return bool(body) and await self._save(form, n, body, body, None)
        whole = overlaid(standing.body, first.body, body)
        return await self._save(form, n, body, whole, standing)

    async def _standing(self, form: str, before: _Before) -> records.Standing | None:
        return await records.standing_of(self.tx, self.site, self.row, form, before.change)

    async def _void(self, form: str, n: int, standing: records.Standing) -> int:
        """Takes a record back; the number after the one it took."""
        change = await self._change(form, n, {}, standing)
        await self._write(change, standing.staff)
        return n + 1

    async def _change(
        self, form: str, n: int, body: Mapping[str, Any], amended: records.Standing | None
    ) -> wire.Change:
        """The change of this number; numbers that another life of this archive has used are not
        used again.
        """
        while await records.is_there(self.tx, self.site, self._id(form, n)):
            n += 1
        return wire.Change(
            id=self._id(form, n), resident=self.row.resident, kind=form, v=newest(form),
            on=self.day.on.isoformat(), at=self.site.clock(),
            body=msgspec.Raw(wire.encode(dict(body))) if body else msgspec.UNSET,
            amends=amended.change if amended is not None and body else None,
            voids=amended.change if amended is not None and not body else None,
        )  # fmt: skip

    def _id(self, form: str, n: int) -> bytes:
        return records.id_of(self.day.day, self.who, form, n)

    async def _write(self, change: wire.Change, author: bytes) -> None:
        signed = await records.writer(self.tx, self.site, author)
        await records.write(self.tx, self.site, signed, self.row, change, self.about())

    async def _save(
        self, form: str, n: int, said: Mapping[str, Any], body: Mapping[str, Any],
        amended: records.Standing | None,
    ) -> bool:  # fmt: skip
        """One change and what it was made from; an empty form takes the record back."""
        site = self.site
        change = await self._change(form, n, body, amended)
        await self._write(change, amended.staff if amended is not None else self.day.lead)
        sealed = (await self._key(self.who)).seal(
            self._place(self.who, form, n), wire.encode(dict(said))
        )
        row: Row = (
            site.district, self.day.day, self.who, form, n, change.id, site.clock(), sealed,
        )  # fmt: skip
        await self.tx.run(
            "DELETE FROM checkup_result WHERE district=? AND day=? AND who=? AND form=?",
            site.district, self.day.day, self.who, form,
        )  # fmt: skip
        await self.tx.insert("checkup_result", [row])
        return True
