"""The roof: puts the rooms together into one application."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, cast

from litestar import Litestar, Request, Response, Router, get
from litestar.connection import ASGIConnection
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.plugins import PluginProtocol
from litestar.plugins.core import MsgspecDIPlugin
from litestar.response import Redirect

from resident_portal import door as portal_door
from resident_portal.frame import Portal
from resident_portal.rooms import portal_router
from server import api, deliveries, tablet_files
from server.actions.keeping.health import Figures, faults, figures
from server.actions.keeping.site import Site
from server.actions.notices.gateway import provider_of
from server.console import door
from server.console.frame import Console
from server.console.rooms import console_router
from server.errors import Refusal
from server.jobs import JOBS, Clockwork
from server.logs import RequestLog, log
from server.metrics import CONTENT_TYPE, Gauge, Meters
from server.openapi import document
from server.pages.web import no_nul, see
from server.settings import Settings

Connection = ASGIConnection[Any, Any, Any, Any]
HTML: Final = "text/html; charset=utf-8"
# The report is one self-contained page: nothing from elsewhere, and nobody frames it.
PAGE_HEADERS: Final = {
    "content-security-policy": (
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
        "img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}


class _Roof(Litestar):
    """Without the framework's plugins for the models of pydantic and attrs: no door takes any, and
    every process would hold those libraries, 8 MB.
    """

    @staticmethod
    def _get_default_plugins(plugins: list[PluginProtocol]) -> list[PluginProtocol]:
        return [*plugins, MsgspecDIPlugin()]


def create_app(
    site: Site, settings: Settings, *, jobs: bool = True, shared: Path | None = None
) -> RequestLog:
    """The ASGI application of an opened site. `shared`: where several worker processes count
    together.
    """
    site.provider, site.font = provider_of(settings), settings.font
    meters = Meters(shared)
    clockwork = Clockwork(site, settings, meters, jobs=JOBS if jobs else ())

    @asynccontextmanager
    async def life(_: Litestar) -> AsyncGenerator[None]:
        clockwork.start()
        try:
            yield
        finally:
            await clockwork.stop()
            log.say("stopped")

    def turned_away(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
        """An address nobody has: a page for people at the console, JSON for programs."""
        if request.url.path.startswith("/console/"):
            return door.on_http_error(Console(site, settings), request, error)
        if request.url.path.startswith("/portal/"):
            return portal_door.on_http_error(Portal(site, settings), request, error)
        return api.on_http_error(request, error)

    return RequestLog(
        _Roof(  # pyright: ignore[reportArgumentType]
            route_handlers=_doors(site, settings, meters),
            guards=[_readable],
            lifespan=[life],
            exception_handlers={
                Refusal: api.on_refusal,
                HTTPException: turned_away,
                Exception: api.on_fault,
            },
            openapi_config=None,
            logging_config=None,
            debug=False,
        ),
        broken=api.problem_document(api.Broken),
        media_type=api.PROBLEM,
    )


async def _readable(connection: Connection, _: BaseRouteHandler) -> None:
    """Of what an address says; a form's texts are looked at where they are read."""
    asked = connection.query_params.multi_items()
    no_nul((*map(str, connection.path_params.values()), *(text for _, text in asked)))


def _doors(site: Site, settings: Settings, meters: Meters) -> list[HTTPRouteHandler | Router]:
    return [
        *api.handlers(site, meters),
        *deliveries.handlers(site),
        *tablet_files.handlers(),
        *_watch(site, meters),
        *_demo(settings),
        console_router(site, settings),
        portal_router(site, settings),
    ]


def api_document(settings: Settings) -> dict[str, Any]:
    """The OpenAPI document of all doors. Handlers only hold their site, so none is opened."""
    nowhere = cast("Site", None)
    doors = _Roof(route_handlers=_doors(nowhere, settings, Meters()), openapi_config=None)
    return document(doors.routes)


def _watch(site: Site, meters: Meters) -> list[HTTPRouteHandler]:
    """For the people and programs who keep the server running."""

    @get("/health/live")
    async def live() -> dict[str, str]:
        return {"status": "live"}

    @get("/health/ready")
    async def ready() -> Response[dict[str, Any]]:
        found = await faults(site)
        status = "ready" if not found else "not_ready"
        return Response(
            {"status": status, "faults": list(found)}, status_code=503 if found else 200
        )

    @get("/metrics", media_type=CONTENT_TYPE)
    async def metrics() -> Response[bytes]:
        page = meters.page(_gauges(await figures(site)))
        return Response(page, headers={"content-type": CONTENT_TYPE})

    @get("/")
    async def root() -> Redirect:  # who types a bare address is a resident; staff know theirs
        return see("/portal/")

    return [live, ready, metrics, root]


def _gauges(now: Figures) -> tuple[Gauge, ...]:
    return (
        Gauge("gongwei_tablets", "Tablets by status", "status", _floats(now.devices)),
        Gauge("gongwei_open_tasks", "Open tasks by kind", "kind", _floats(now.tasks)),
        _single("gongwei_overdue_tasks", "Open tasks past their day", now.overdue),
        _single("gongwei_waiting_on_tablets", "Changes tablets say they still hold", now.pending),
        Gauge("gongwei_notices", "Messages to residents that wait or failed", "state",
            (("waiting", now.notices.waiting), ("failed", now.notices.failed))),
        _single("gongwei_notices_late_seconds", "How long the oldest message is past its moment",
            now.notices.oldest_ms / 1000),
        _single("gongwei_audit_lag_seconds", "Age of the oldest unnumbered audit leaf",
            now.audit_lag_ms / 1000),
        _single("gongwei_audit_waiting", "Audit leaves without a number", now.audit_waiting),
        *(
            ()
            if now.backup_age_ms is None
            else (_single("gongwei_backup_age_seconds", "Age of the newest verified backup",
                      now.backup_age_ms / 1000),)
        ),
    )  # fmt: skip


def _single(name: str, words: str, value: float) -> Gauge:
    return Gauge(name, words, "", (("", value),))


def _floats(counts: tuple[tuple[str, int], ...]) -> tuple[tuple[str, float], ...]:
    return tuple((name, float(count)) for name, count in counts)


def _demo(settings: Settings) -> list[HTTPRouteHandler]:
    """The report of a finished demo, when the settings name one."""
    page = settings.demo
    if page is None:
        return []

    @get("/demo", sync_to_thread=True)
    def report() -> Response[bytes]:
        if not page.is_file():
            raise api.NoSuchPage
        return Response(page.read_bytes(), headers={"content-type": HTML, **PAGE_HEADERS})

    return [report]
