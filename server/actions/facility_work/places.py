"""Whose work somebody may read or write down: the own place, the centre and what is under it."""

from dataclasses import dataclass
from functools import partial

from server.actions.accounts.sessions import Signed
from server.actions.archives.told import staff_names
from server.actions.keeping.site import Site
from server.actions.places.organisations import Organisation, organisations
from server.errors import NotYours
from server.rules import facility_work as rule
from server.rules.accounts import Place
from server.rules.organisations import Level
from server.store.tx import Tx, one


@dataclass(frozen=True, slots=True)
class Standing:
    """One member of staff among the places: `own` is the place of work itself, also where that is a
    station or village room. `readable`: every place whose work may be read, each centre before
    what is under it.
    """

    signed: Signed
    own: Place
    places: dict[bytes, Place]
    organisations: dict[bytes, Organisation]

    @property
    def readable(self) -> tuple[Organisation, ...]:
        found = [
            self.organisations[who]
            for who, place in self.places.items()
            if rule.may_read(self.signed.role, self.own, place)
        ]
        return tuple(sorted(found, key=self._order))

    def _order(self, each: Organisation) -> tuple[str, str, bool, str, str]:
        """Each centre, and under it its stations and village rooms."""
        centre = self.organisations[rule.centre_of(self.places[each.facility])]
        below = each.facility != centre.facility
        return centre.code, centre.name, below, each.code, each.name

    @property
    def writable(self) -> tuple[Organisation, ...]:
        """Places for which somebody may write, those that are closed left out."""
        return tuple(
            each
            for each in self.readable
            if each.closed_on is None and self.may_write(each.facility)
        )

    def may_write(self, facility: bytes) -> bool:
        at = self.places.get(facility)
        return at is not None and rule.may_write(self.signed.role, self.own, at)

    def may_change(self, facility: bytes, author: bytes) -> bool:
        at, mine = self.places.get(facility), author == self.signed.staff
        return at is not None and rule.may_change(self.signed.role, self.own, at, author=mine)

    def reading(self, facility: bytes) -> Organisation:
        """The organisation, when its work may be read. Raises NotYours, for nobody's id too."""
        at = self.places.get(facility)
        if at is None or not rule.may_read(self.signed.role, self.own, at):
            raise NotYours("facility")
        return self.organisations[facility]

    def under(self, facility: bytes) -> tuple[bytes, ...]:
        """The stations and village rooms of a centre."""
        return tuple(
            who
            for who, place in self.places.items()
            if who != facility and rule.centre_of(place) == facility
        )


async def standing_of(tx: Tx, site: Site, signed: Signed) -> Standing:
    """Raises NotYours for somebody without a place of work."""
    every = await organisations(tx, site.district)
    row = await one(
        tx,
        "SELECT facility FROM staff WHERE district=? AND staff=?",
        site.district,
        signed.staff,
    )
    if row is None or row[0] not in every:
        raise NotYours("place")
    places = {who: _place(each, every) for who, each in every.items() if each.level in rule.WORKING}
    return Standing(signed, _place(every[row[0]], every), places, every)


def _place(each: Organisation, every: dict[bytes, Organisation]) -> Place:
    above: list[bytes] = []
    parent = each.parent
    while parent is not None and parent in every and parent not in above:
        above.append(parent)
        parent = every[parent].parent
    return Place(each.facility, each.level, tuple(above))


async def standing(site: Site, signed: Signed) -> Standing:
    return await site.store.read(partial(standing_of, site=site, signed=signed))


async def workers(site: Site, facility: bytes) -> dict[str, str]:
    """Who works at this place, at its centre or under it, id in hex and name: for fields that name
    who did it.
    """

    async def read(tx: Tx) -> dict[str, str]:
        every = await organisations(tx, site.district)
        here = every.get(facility)
        if here is None:
            return {}
        centre = facility if here.level is Level.FACILITY else here.parent
        near = [who for who, each in every.items() if centre in (who, each.parent)]
        rows = await tx.rows_in(
            "SELECT staff FROM staff WHERE district=? AND active=? AND facility {ids}",
            near, site.district, True,
        )  # fmt: skip
        names = await staff_names(tx, site, [row[0] for row in rows])
        return {who.hex(): name for who, name in sorted(names.items(), key=lambda kv: kv[1])}

    return await site.store.read(read)
