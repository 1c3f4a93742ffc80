"""One application for all worlds of a test run. Putting its routes together takes longer than most
tests do; its handlers only hold a site and settings, and everything that is counted or remembered
stands in the site. So the routes are made once a process, and each request of a test goes through
them with the site and settings of that test's world.
"""

from functools import cache
from typing import Any, cast

from server.actions.keeping.site import Site
from server.actions.notices.gateway import provider_of
from server.app import create_app
from server.settings import Settings


class Lent:
    """Stands where handlers hold theirs, and is what the world in hand has."""

    __slots__ = ("_now",)

    def now(self, thing: object) -> None:
        object.__setattr__(self, "_now", thing)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._now, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._now, name, value)


class _Nobody:
    """While the routes are put together there is no site; only the provider is set then."""

    provider: Any = None


class Made:
    """The application, and which world it answers for."""

    def __init__(self) -> None:
        self.site, self.settings = Lent(), Lent()
        self.of: Site | None = None
        self.in_hand = 0
        self.settings.now(Settings())
        self.site.now(_Nobody())
        self.door = create_app(cast("Site", self.site), cast("Settings", self.settings), jobs=False)

    def turn_to(self, site: Site, settings: Settings) -> None:
        self.of = site
        self.site.now(site)
        self.settings.now(settings)


class OneApp:
    """The application as one world has it; `app` is the router inside. It has no timed work and
    does not live through a lifespan: who needs these makes an application of its own. A server on
    loopback may serve it (`lifespan="off"`).
    """

    def __init__(self, site: Site, settings: Settings) -> None:
        self._site, self._settings = site, settings
        site.provider = provider_of(settings)
        self._made = _made()
        self.app: Any = self._made.door.app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        made = self._made
        assert scope["type"] == "http", scope["type"]
        if made.of is not self._site:
            assert not made.in_hand, "two worlds ask at the same moment"
            made.turn_to(self._site, self._settings)
        made.in_hand += 1
        try:
            await made.door(scope, receive, send)
        finally:
            made.in_hand -= 1


@cache
def _made() -> Made:
    return Made()
