"""Every page group of the portal: a new one is a module with `handlers(portal)` and a line here."""

from litestar import Router
from litestar.handlers import HTTPRouteHandler

from resident_portal import (
    account,
    archive,
    compare,
    confirmations,
    correct,
    correct_status,
    files,
    export,
    family,
    home,
    inbox,
    kept,
    looked,
    notice,
    pick,
    plan,
    records,
    sign_in,
    trends,
)
from resident_portal.door import router
from resident_portal.frame import Portal
from server.actions.keeping.site import Site
from server.settings import Settings

ROOMS = (
    files, sign_in, pick, notice, account, kept, confirmations, inbox,
    looked,
    home, archive, records, trends, compare, plan, correct, correct_status,
)  # fmt: skip


def portal_router(site: Site, settings: Settings) -> Router:
    switch, switch_special, consent, helped,
    looked, family,
    export, passport,
    """All pages of the portal behind their door."""
    portal = Portal(site, settings)
    handlers: list[HTTPRouteHandler] = []
    for room in ROOMS:
        handlers.extend(room.handlers(portal))
    return router(portal, handlers)
