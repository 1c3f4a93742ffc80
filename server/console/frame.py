"""Draws a page: one template, its words, the rail, the bar of keys, and the headers that hold it.

Nothing of a page comes from another origin, nothing inline runs, nothing is kept by the browser.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment
from litestar import Response

from server.actions.accounts.sessions import Signed
from server.actions.keeping.site import Site
from server.console.rail import Section, rail
from server.console.words import Words, words
from server.pages import drawing, forms, times
from server.pages.web import HEADERS, HTML, AnyRequest
from server.settings import Settings

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"
SIGNED: Final = "gongwei_signed"  # where the guard leaves who is signed in


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the bar below, as printed."""

    key: str
    label: str


@dataclass(frozen=True, slots=True)
class Page:
    """What a page is: template, words, place in the rail, keys. `title` goes to the window."""

    template: str
    words: str
    title: str
    here: str = ""
    keys: Sequence[Key] = ()


@dataclass(frozen=True, slots=True)
class Console:
    """What every page module is handed."""

    site: Site
    settings: Settings

    async def page(
        self, request: AnyRequest, page: Page, *, status: int = 200, **context: Any
    ) -> Response[str]:
        """The whole page. With faults in a form pass `status=422`."""
        signed = signed_or_none(request)
        sections: Sequence[Section] = ()
        if signed is not None:
            sections = await rail(self.site, signed)
        return self.draw(page, status=status, signed=signed, sections=sections, **context)

    def draw(self, page: Page, *, status: int = 200, **context: Any) -> Response[str]:
        """A page, or a part of one, without reading anything."""
        now = self.site.clock()
        shown = {
            "page": page,
            "w": words(page.words),
            "ui": words("ui"),
            "now": now,
            "today": times.civil(now).date(),
            "times": times,
            "forms": forms,
            "signed": None,
            "sections": (),
            "asset": asset,
            **context,
        }
        text = environment().get_template(page.template).render(shown)
        return Response(text, status_code=status, media_type=HTML, headers=HEADERS)


def signed_or_none(request: AnyRequest) -> Signed | None:
    found: Signed | None = request.scope.get(SIGNED)  # type: ignore[assignment]
    return found


def signed_of(request: AnyRequest) -> Signed:
    """Who is signed in; only behind the door's guard."""
    found = signed_or_none(request)
    assert found is not None, "a page without the door's guard"
    return found


@cache
def environment() -> Environment:
    made = drawing.environment(HERE / "templates")
    parts: Any = made
    parts.filters["thousands"] = thousands
    return made


def thousands(value: int) -> str:
    """A number as people read it: 1,234."""
    return f"{value:,}"


@cache
def files() -> dict[str, bytes]:
    """Style sheets, scripts and the icon by name, the shared roles among them."""
    found = [each for each in STATIC.iterdir() if each.is_file()]
    return {each.name: each.read_bytes() for each in (drawing.TOKENS, *found)}


@cache
def asset(name: str) -> str:
    """The address of a file of the console; it changes with the content, so it may be kept."""
    return drawing.address("/console", name, files()[name])


def sentence(of: Words, code: str) -> str:
    """The sentence of a code; the code itself where a page has no sentence for it."""
    return of.get(code, code)
