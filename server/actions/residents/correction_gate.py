"""Who may correct what of an archive: asked under its lock, for portal and desk alike.

`Gate` answers with the classes that may be corrected by whoever acts, () for none.
"""

from collections.abc import Awaitable, Callable, Collection

from server.access import Asking, Opened, classes_of
from server.actions.accounts.sessions import Signed
from server.actions.archives.opening import still_open
from server.actions.keeping.site import Site
from server.actions.residents.acting import Acting
from server.actions.residents.presence import until_in
from server.actions.residents.whose import refusal
from server.rules.access import Actor, Role
from server.rules.consent import Purpose
from server.rules.family import Act
from server.store.tx import Tx

Gate = Callable[[Tx, bytes], Awaitable[Collection[str]]]


def own_gate(site: Site, acting: Acting) -> Gate:
    """A resident, or a relative whose link reaches so far (server/rules/family.py)."""

    async def ask(tx: Tx, who: bytes) -> Collection[str]:
        person = who if acting.own else acting.person
        if await refusal(tx, site, Acting(person, who), Act.CORRECT) is not None:
            return ()
        purpose = Purpose.OWN if acting.own else Purpose.FAMILY
        asking = Asking(Actor(Role.RESIDENT, person), purpose)
        return await classes_of(tx, site.vault, who, asking, site.clock())

    return ask


def desk_gate(site: Site, signed: Signed, opened: Opened, acting: Acting) -> Gate:
    """A desk where the resident, or whoever may correct for them, is present; the archive was
    opened so (and logged).
    """

    async def ask(tx: Tx, who: bytes) -> Collection[str]:
        person = who if acting.own else acting.person
        if opened.resident != who or await until_in(tx, site, signed, who) is None:
            return ()
        if await refusal(tx, site, Acting(person, who), Act.CORRECT) is not None:
            return ()
        return opened.classes if await still_open(tx, site, signed, who, None) else ()

    return ask


def tablet_gate(site: Site, acting: Acting, classes: Collection[str]) -> Gate:
    """Beside a doctor's tablet: the resident, or whoever may correct for them, was there. `classes`
    are those that this tablet is sent of the archive.
    """

    async def ask(tx: Tx, who: bytes) -> Collection[str]:
        person = who if acting.own else acting.person
        if await refusal(tx, site, Acting(person, who), Act.CORRECT) is not None:
            return ()
        return classes

    return ask
