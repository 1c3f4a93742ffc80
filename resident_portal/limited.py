"""What a helper without the archive's scope is shown in place of a page with findings."""

from typing import Any

from litestar import Response

from resident_portal.frame import Page, Portal
from resident_portal.words import words
from server.pages.web import AnyRequest


def only_due(portal: Portal, request: AnyRequest) -> Response[Any]:
    """The way to what may be seen: whether the visits happened, and what is due."""
    shown = Page("limited.html.j2", "limited", words("limited").title, back="/portal/")
    return portal.page(request, shown, status=403)
