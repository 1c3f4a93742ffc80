"""Every page group of the console: a new one is a module with `handlers(console)` and a line
here.
"""

from litestar import Router
from litestar.handlers import HTTPRouteHandler

from server.actions.keeping.site import Site
from server.console import (
    account,
    accounts,
    archive,
    archive_new,
    assisted,
    assisted_checkup,
    assisted_consent,
    assisted_correct,
    assisted_more,
    assisted_passport,
    audit,
    board,
    board_people,
    cases,
    checkup_after,
    checkup_after_absent,
    checkup_after_letters,
    checkup_after_report,
    checkup_alarms,
    checkup_board,
    checkup_cards,
    checkup_days,
    checkup_form,
    checkup_guests,
    checkup_lab,
    checkup_late,
    checkup_list,
    checkup_people,
    checkup_person,
    conflicts,
    corrections,
    counter,
    denials,
    desk,
    desk_receipt,
    devices,
    dockets,
    due,
    facility_record,
    facility_work,
    family,
    files,
    handovers,
    home,
    imports,
    invite,
    life,
    matters,
    newborns,
    notices,
    organisation_lists,
    organisations,
    paper,
    people,
    phone,
    photo,
    reconciliation,
    referrals,
    reports,
    rescue,
    samples,
    sign_in,
    sign_out,
    staff,
    switching,
    targets,
    twins,
    unassigned,
)
from server.console.door import router
from server.console.frame import Console
from server.settings import Settings

ROOMS = (
    files, sign_in, sign_out, phone, invite, account, accounts, audit, home, conflicts, matters,
    corrections,
    devices, board, board_people, targets, people, archive, archive_new, desk, desk_receipt,
    organisations, organisation_lists, imports, life, newborns, twins, staff, cases, switching,
    counter, assisted, assisted_consent, assisted_correct, handovers,
    unassigned, due, referrals, paper,
    facility_work, facility_record, photo,
    reconciliation, notices,
    denials, samples,
    family, reports, rescue,
    assisted_more,
    assisted_passport, assisted_checkup, dockets,
    checkup_days, checkup_guests, checkup_form, checkup_people, checkup_list,
    checkup_board, checkup_cards, checkup_person, checkup_alarms, checkup_late, checkup_lab,
    checkup_after, checkup_after_letters, checkup_after_absent, checkup_after_report,
)  # fmt: skip


def console_router(site: Site, settings: Settings) -> Router:
    """All pages of the console behind their door."""
    console = Console(site, settings)
    handlers: list[HTTPRouteHandler] = []
    for room in ROOMS:
        handlers.extend(room.handlers(console))
    return router(console, handlers)
