"""One telephone, several archives: whose is opened; and the desk's pass in place of a code."""

from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from resident_portal.before import browser_of, draw, is_ours, let_in
from resident_portal.door import COOKIE, early_action, early_page, open_action, open_page
from resident_portal.door import unpicked_of as unpicked
from resident_portal.frame import Page, Portal, visitor_or_none
from resident_portal.kept import next_page
from resident_portal.words import words
from server.actions.archives.cards import cards_of
from server.actions.residents import sign_in
from server.actions.residents.sign_in import In
from server.actions.residents.visits import form_token
from server.errors import NotFound
from server.pages.web import AnyRequest, posted, see
from server.rules.sign_in import PASS_MINUTES


def handlers(portal: Portal) -> list[HTTPRouteHandler]:
    return [*_picking(portal), *_passes(portal)]


def _picking(portal: Portal) -> list[HTTPRouteHandler]:
    @early_page("/pick")
    async def choose(request: AnyRequest) -> Response[Any]:
        open_, visitor = unpicked(request), visitor_or_none(request)
        signed = visitor or open_
        assert signed is not None, "a page without the door's guard"
        ids = await sign_in.choices(portal.site, signed.session)
        if visitor is not None and len(ids) < 2:
            return see("/portal/")
        cards = await portal.site.store.read(lambda tx: cards_of(tx, portal.site, ids))
        now = visitor.person if visitor is not None else None
        shown = Page("pick.html.j2", "pick", words("pick").title)
        return portal.page(
            request, shown, cards=[cards[who] for who in ids if who in cards], open_now=now,
            csrf_token=form_token(signed.token),
        )  # fmt: skip

    @early_action("/pick")
    async def pick(request: AnyRequest) -> Response[Any]:
        said = ((await posted(request)).get("archive") or [""])[0]
        try:
            resident = bytes.fromhex(said)
        except ValueError:
            raise NotFound("archive") from None
        done = await sign_in.pick(portal.site, request.cookies.get(COOKIE, ""), resident)
        return let_in(request, done, await next_page(portal.site, resident))

    return [choose, pick]


def _passes(portal: Portal) -> list[HTTPRouteHandler]:
    """A look uses nothing up, so neither a preview nor a scanner's own browser does."""

    @open_page("/pass/{token:str}")
    async def look(request: AnyRequest, token: FromPath[str]) -> Response[Any]:
        shown = Page("pass.html.j2", "pick", words("pick").pass_title)
        return draw(portal, request, shown, over=False, minutes=PASS_MINUTES, token=token[:128])

    @open_action("/pass/{token:str}")
    async def use(request: AnyRequest, token: FromPath[str]) -> Response[Any]:
        typed, w = await posted(request), words("pick")
        if not is_ours(request, typed):
            shown = Page("pass.html.j2", "pick", w.pass_title)
            return draw(
                portal, request, shown, status=422, over=False, minutes=PASS_MINUTES,
                token=token[:128],
            )  # fmt: skip
        done = await sign_in.use_pass(portal.site, browser_of(request), token)
        if isinstance(done, In):
            assert done.person is not None
            return let_in(request, done, await next_page(portal.site, done.person))
        shown = Page("pass.html.j2", "pick", w.over_title)
        return draw(
            portal, request, shown, status=410, over=True, minutes=PASS_MINUTES, token=token[:128]
        )

    return [look, use]
