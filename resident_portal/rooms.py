"""Every page group of the portal: a new one is a module with `handlers(portal)` and a line here."""

from litestar import Router
from litestar.handlers import HTTPRouteHandler

from resident_portal import (
    account,
    archive,
    checkup,
    checkup_card,
    checkup_results,
    compare,
    confirmations,
    consent,
    correct,
    correct_status,
    export,
    family,
    files,
    helped,
    home,
    inbox,
    kept,
    looked,
    notice,
    passport,
    pick,
    plan,
    records,
    sign_in,
    switch,
    switch_special,
    trends,
)
from resident_portal.door import router
from resident_portal.frame import Portal
from server.actions.keeping.site import Site
from server.settings import Settings

ROOMS = (
    files, sign_in, pick, notice, account, kept, confirmations, inbox,
    home, archive, records, trends, compare, plan, checkup, checkup_card,
    checkup_results, correct, correct_status,
    switch, switch_special, consent, helped,
    looked, family,
    export, passport,
)  # fmt: skip


def portal_router(site: Site, settings: Settings) -> Router:
    """All pages of the portal behind their door."""
    portal = Portal(site, settings)
    handlers: list[HTTPRouteHandler] = []
    for room in ROOMS:
        handlers.extend(room.handlers(portal))
    return router(portal, handlers)
