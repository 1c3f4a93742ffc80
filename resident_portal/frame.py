"""Draws a page of the portal: one template, its words, the folder tab of whose archive is open.

Pages are compressed here, so that one stays under 15 kB on the wire; what a form carries is another
in each page, so its size tells nothing (see visits.form_token).
"""

import gzip
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment
from litestar import Response

from resident_portal import said
from resident_portal.icons import Sprite
from resident_portal.words import words
from server.actions.keeping.site import Site
from server.actions.residents.visits import Visitor, form_token
from server.pages import drawing, forms, times, values
from server.pages.web import HEADERS, HTML, AnyRequest
from server.settings import Settings

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"
VISITOR: Final = "gongwei_visitor"  # where the guard leaves who is signed in
SIZE_COOKIE: Final = "gongwei_size"
ELDER: Final = "elder"
GZIP_LEVEL: Final = 6


@dataclass(frozen=True, slots=True)
class Page:
    """What a page is: template, words, title. `back`: where its way back leads; "" for none."""

    template: str
    words: str
    title: str
    back: str = ""


@dataclass(frozen=True, slots=True)
class Portal:
    """What every page module is handed."""

    site: Site
    settings: Settings

    def page(
        self, request: AnyRequest, page: Page, *, status: int = 200, **context: Any
    ) -> Response[bytes]:
        """The whole page. With faults in a form pass `status=422`."""
        visitor = visitor_or_none(request)
        now = self.site.clock()
        shown = {
            "page": page,
            "w": words(page.words),
            "ui": words("ui"),
            "now": now,
            "today": times.civil(now).date(),
            "said": said,
            "times": times,
            "forms": forms,
            "visitor": visitor,
            "size": ELDER if is_elder(request) else "",
            "here": request.url.path,
            "csrf_token": form_token(visitor.token) if visitor else "",
            "sprite": Sprite(),
            "asset": asset,
            **context,
        }
        text = environment().get_template(page.template).render(shown)
        return squeezed(request, text.encode(), status=status)


def squeezed(request: AnyRequest, raw: bytes, *, status: int = 200) -> Response[bytes]:
    """A page as it travels: compressed where the browser takes it."""
    headers = {**HEADERS, "vary": "accept-encoding, cookie"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        raw = gzip.compress(raw, GZIP_LEVEL, mtime=0)
        headers["content-encoding"] = "gzip"
    return Response(raw, status_code=status, media_type=HTML, headers=headers)


def is_elder(request: AnyRequest) -> bool:
    """Whether this browser has chosen 长辈版."""
    return request.cookies.get(SIZE_COOKIE) == ELDER


def visitor_or_none(request: AnyRequest) -> Visitor | None:
    found: Visitor | None = request.scope.get(VISITOR)  # type: ignore[assignment]
    return found


def visitor_of(request: AnyRequest) -> Visitor:
    """Who is signed in; only behind the door's guard."""
    found = visitor_or_none(request)
    assert found is not None, "a page without the door's guard"
    return found


@cache
def environment() -> Environment:
    made = drawing.environment(HERE / "templates")
    parts: Any = made
    parts.globals["age_text"] = values.age_text
    return made


@cache
def style_sheet() -> bytes:
    """The shared roles and every style sheet of the portal as one file, in order of name."""
    sheets = (drawing.TOKENS, *sorted(STATIC.glob("*.css")))
    return b"\n".join(each.read_bytes() for each in sheets)


@cache
def asset(name: str) -> str:
    """The address of a file of the portal; it changes with the content, so it may be kept."""
    content = style_sheet() if name == "portal.css" else (STATIC / name).read_bytes()
    return drawing.address("/portal", name, content)
