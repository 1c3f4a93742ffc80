"""An OpenAPI 3.1 document of every route of every door, made from the handlers themselves.

It says method, address, places in it, what a form must carry and every status a route may answer;
nothing serves it (`python -m server openapi` prints it), and tests/test_openapi.py asks the real
application whether it is true. Which texts a form holds is known to its page alone: they are
declared as any names with texts.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from resident_portal import door as portal
from server.api import OCTETS, PROBLEM
from server.console import door as console
from server.metrics import CONTENT_TYPE
from server.pages.web import CSRF, HTML

VERSION: Final = "3.1.0"
JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"
MULTIPART: Final = "multipart/form-data"
CSV: Final = "text/csv"
SHEET: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PICTURES: Final = ("image/jpeg", "image/png")

# What a page answers with 200 where it is no page.
FILES: Final[Mapping[str, tuple[str, ...]]] = {
    "/console/static/{mark}/{name}": ("text/css", "text/javascript", "image/svg+xml"),
    "/portal/static/{mark}/{name}": ("text/css", "text/javascript", "image/svg+xml"),
    "/console/board.csv": (CSV,),
    "/console/board/{item}/{facility}/calls": (CSV,),
    "/console/board/{item}/{facility}/names": (CSV,),
    "/console/due/calls": (CSV,),
    "/console/work/of/{facility}/summary.csv": (CSV,),
    "/console/work/of/{facility}/records.csv": (CSV,),
    "/console/imports/{job}/result": (CSV,),
    "/console/checkup/sheets/{sheet}/cards.pdf": ("application/pdf",),
    "/console/checkup/{day}/letters/{bundle}/letters.pdf": ("application/pdf",),
    "/console/checkup/{day}/letter/{who}/letter.pdf": ("application/pdf",),
    "/console/checkup/{day}/absent/list": (CSV,),
    "/console/checkup/{day}/report.pdf": ("application/pdf",),
    "/console/checkup/{day}/report.csv": (CSV,),
    "/console/checkup/{day}/board/live": ("text/event-stream",),
    "/console/organisation-list/template/{name}": (CSV, SHEET),
    "/console/checkup/{day}/list/template.csv": (CSV,),
    "/console/archive/{resident}/photos/{name}": PICTURES,
    "/console/work/record/{record}/photos/{name}": PICTURES,
    "/console/archives/{resident}/for/export/{name}": ("application/zip",),
    "/portal/correct/{name}/photo/{photo}": PICTURES,
    "/portal/looked/{entry}/proof.json": (JSON,),
    "/portal/export/{name}": ("application/zip",),
    "/portal/passport.png": ("image/png",),
    "/portal/checkup/card/{name}/picture.png": ("image/png",),
}

# Of a file of the tablet app.
APP_FILES: Final = (
    HTML,
    "text/javascript",
    "text/css",
    "text/plain",
    "application/manifest+json",
    JSON,
    "application/wasm",
    "image/svg+xml",
    "image/png",
    "application/octet-stream",
)

# Status -> what it means, as far as pages go; 500 is declared nowhere, since none may happen.
_PAGES: Final[Mapping[int, str]] = {
    200: "The page.", 303: "On to another page; to sign-in where nobody is signed in.",
    400: "Not well formed.", 403: "Not for this reader, or not yet.",
    404: "Nobody has this, or somebody else.", 409: "It has changed meanwhile.",
    410: "Used up or over.",
    429: "Too often; the page says until when.",
}  # fmt: skip
_FORMS: Final[Mapping[int, str]] = {
    **_PAGES, 200: "The next step, drawn.", 307: "What was kept is sent on.",
    401: "Nobody is signed in.", 413: "Too much at once.",
    422: "The same form with what is wrong, at the top and beside each field.",
}  # fmt: skip
_PROGRAMS: Final[Mapping[str, Mapping[int, str]]] = {
    "/sync/v1/exchange": {200: "A sealed answer.", 400: "No envelope.", 409: "Out of order.",
                          413: "Too large.", 415: "Another content type.", 503: "Come again."},
    "/sync/v1/enrol": {200: "A sealed answer.", 400: "No envelope.", 403: "The code is no good.",
                       413: "Too large.", 415: "Another content type.", 429: "Too often.",
                       503: "Come again."},
    "/sync/v1/attachments/{name}": {
        200: "How much is there.", 400: "No piece of a file.", 403: "Slip, key or id no good.",
        409: "Not the next piece.", 413: "Too large.", 415: "Another content type.",
        429: "Too much is waiting.", 503: "Come again.",
    },
    "/notices/v1/report": {204: "Taken down.", 400: "Not well formed.", 403: "Not signed.",
                           413: "Too large.", 429: "Too often.", 503: "Come again."},
    "/health/live": {200: "It runs.", 400: "Not well formed."},
    "/health/ready": {200: "It serves.", 400: "Not well formed.", 503: "It does not, and why."},
    "/metrics": {200: "Figures for Prometheus.", 400: "Not well formed."},
    "/": {303: "On to the portal.", 400: "Not well formed."},
    "/tablet/": {200: "The tablet app.", 304: "The same as before.", 308: "With a slash.",
                400: "Not well formed.", 503: "The app was not placed."},
    "/tablet/{name}": {200: "A file of the tablet app.", 304: "The same as before.",
                       400: "Not well formed.", 404: "There is none."},
    "/demo": {200: "The report of a demo.", 400: "Not well formed.", 404: "There is none."},
}  # fmt: skip
_MADE: Final[Mapping[str, str]] = {
    "/sync/v1/exchange": OCTETS, "/sync/v1/enrol": OCTETS, "/sync/v1/attachments/{name}": OCTETS,
    "/health/live": JSON, "/health/ready": JSON, "/metrics": CONTENT_TYPE, "/demo": HTML,
    "/tablet/": HTML,
}  # fmt: skip
_TEXT: Final = {"type": "string"}
_ID: Final = {"type": "string", "minLength": 1, "maxLength": 128}


def document(routes: Iterable[object]) -> dict[str, Any]:
    """The document of these routes of an application."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        if isinstance(route, HTTPRoute):
            path = (
                f"{route.path}/"
                if route.path in ("/portal", "/console", "/tablet")
                else route.path_format
            )
            for handler in route.route_handlers:
                for method in sorted(handler.http_methods - {"OPTIONS"}):
                    paths.setdefault(path, {})[method.lower()] = _operation(path, method, handler)
    return {
        "openapi": VERSION,
        "info": {"title": "Gongwei", "version": "1", "description": (__doc__ or "").split("\n")[0]},
        "components": {"securitySchemes": _schemes()},
        "paths": dict(sorted(paths.items())),
    }


def _schemes() -> dict[str, Any]:
    return {
        "portal": {"type": "apiKey", "in": "cookie", "name": portal.COOKIE},
        "console": {"type": "apiKey", "in": "cookie", "name": console.COOKIE},
        "slip": {"type": "http", "scheme": "gongwei-slip"},
    }


def _operation(path: str, method: str, handler: HTTPRouteHandler) -> dict[str, Any]:
    places = re.findall(r"{(\w+)}", path)
    made: dict[str, Any] = {
        "operationId": f"{method.lower()}{re.sub(r'[^a-z0-9]+', '_', path)}",
        "responses": _responses(path, method, handler),
        **_security(path, handler),
    }
    if places:
        made["parameters"] = [
            {"name": each, "in": "path", "required": True, "schema": _ID} for each in places
        ]
    body = _body(path, method, handler)
    if body is not None:
        made["requestBody"] = {"required": True, "content": body}
    return made


def _security(path: str, handler: HTTPRouteHandler) -> dict[str, Any]:
    """Who may; the console's roles stand beside the scheme, as OpenAPI has no word for them."""
    if path.startswith("/portal"):
        who = handler.opt[portal.WHO]
        return {"security": [] if who == portal.OPEN else [{"portal": []}], "x-who": who}
    if path.startswith("/console"):
        roles = handler.opt[console.ROLES]
        if roles == console.OPEN:
            return {"security": []}
        return {"security": [{"console": []}], "x-roles": sorted(each.value for each in roles)}
    return {"security": [{"slip": []}] if "attachments" in path else []}


def _responses(path: str, method: str, handler: HTTPRouteHandler) -> dict[str, Any]:
    if path in _PROGRAMS:
        return {
            str(status): _answer(says, _kinds(path, status, method))
            for status, says in _PROGRAMS[path].items()
        }
    known = dict(_PAGES if method == "GET" else _FORMS)
    opened = portal.OPEN in (handler.opt.get(portal.WHO), handler.opt.get(console.ROLES))
    if opened and method == "POST":
        del known[401]
    kinds = {**dict.fromkeys(known, (HTML,)), 200: FILES.get(path, (HTML,)), 303: (), 307: ()}
    return {str(each): _answer(says, kinds[each]) for each, says in sorted(known.items())}


def _kinds(path: str, status: int, method: str) -> tuple[str, ...]:
    """Content types of a program's answer; everything refused is a problem document."""
    if method == "HEAD" or status in (204, 303, 304, 308):
        return ()
    if status >= 400 and (path, status) != ("/health/ready", 503):
        return (PROBLEM,)
    return (_MADE[path],) if path in _MADE else APP_FILES


def _answer(says: str, kinds: tuple[str, ...]) -> dict[str, Any]:
    made: dict[str, Any] = {"description": says}
    if kinds:
        made["content"] = {each: {} for each in kinds}
    return made


def _body(path: str, method: str, handler: HTTPRouteHandler) -> dict[str, Any] | None:
    if method not in ("POST", "PUT"):
        return None
    if path.startswith("/notices"):
        return {JSON: {"schema": {"type": "object"}}}
    if not path.startswith(("/portal", "/console")):
        return {OCTETS: {"schema": {"type": "string", "format": "binary"}}}
    texts: dict[str, Any] = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT, "maxItems": 3}]}
    form = {
        "type": "object", "properties": {CSRF: _TEXT}, "required": [CSRF],
        "additionalProperties": texts, "maxProperties": 8,
    }  # fmt: skip
    pictures = handler.opt.get(portal.OWN_CSRF) or handler.opt.get(console.PICTURES)
    return {MULTIPART if pictures else FORM: {"schema": form}}
