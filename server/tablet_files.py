"""The tablet app's files (sync/tablet_web): one door that serves what is installed on a tablet.

Everything is read once and named by one digest, the version. The service worker carries version
and list in its own text, so a browser sees a new app exactly when a byte of it has changed, takes
all of it or nothing, and from then on starts without a network. It takes it in one piece, the pack:
on a bad line that is one request instead of two hundred, and a third less to send.
"""

import gzip
import json
import mimetypes
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import msgspec
from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Redirect

from server.errors import NotFound
from server.pages.drawing import TOKENS
from server.pages.sections import headings
from server.records import initials
from server.rules.catalogue import carried

ROOT: Final = Path(__file__).parent.parent / "sync" / "tablet_web"
HERE: Final = "/tablet"
PAGE: Final = "index.html"
WORKER: Final = "sw.js"
PACK: Final = "pack"
MARK: Final = 16  # bytes: the keeper trusts what carries it, so that nobody makes another content
# Folders of ROOT that are served, whole; everything else there is for whoever builds it.
SERVED: Final = ("app", "css", "icons", "vendor")
NOT_SERVED: Final = (".d.ts", ".md")
# Fetched when they are wanted for the first time, not when the app is installed: what reads and
# draws codes, and the checkup day. From then on they are kept, also by a newer version.
LATER: Final = (
    "vendor/zxing/", "vendor/ed25519", "app/ui/hall/", "app/words/zh/hall", "app/engine/hall",
    "app/merge/hall", "app/crypto/base45", "app/crypto/card", "app/crypto/damm", "css/hall",
)  # fmt: skip
# How the pack is sorted: alike stands beside alike, for the window of gzip is short.
SORTED: Final = ("vendor/", "app/crypto/", "app/wire/", "app/merge/", "app/disk/", "app/engine/",
                 "app/forms/", "app/ui/", "app/words/")  # fmt: skip
# Fetched by the browser itself when it puts the app on a desktop, or by who reads a licence.
APART: Final = ("icons/app-", "vendor/licences/")
# What a page takes before its keeper has the pack; all of it but the worker is in the pack again.
BEFORE: Final = ("index.html", "manifest.webmanifest", "icons/app.svg", "css/", "app/ui/boot.js",
                 "app/ui/scripts.js")  # fmt: skip
SQUEEZED: Final = (".js", ".css", ".html", ".json", ".svg", ".txt", ".webmanifest", ".wasm", PACK)
# The app's own modules, written small at set-up, and what each was made from.
SMALL: Final = ROOT / "vendor" / "app.json"

# Comments and indents of a style sheet.
CSS_AIR: Final = re.compile(rb"/\*.*?\*/\s*|(?<=\n)[ \t]+", re.DOTALL)
# Whole lines of comment and indents of the worker, which set-up does not write small.
WORKER_AIR: Final = re.compile(rb"(?ms)^[ \t]*(?://[^\n]*|/\*.*?\*/)\n|^[ \t]+")

# Nothing inline, nothing from elsewhere; WebAssembly for the passphrase and the QR decoder.
CSP: Final = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; "
    "img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; worker-src 'self'; "
    "manifest-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'; "
    "require-trusted-types-for 'script'; trusted-types gongwei"
)
HEADERS: Final = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(), geolocation=(self)",
    # The worker keeps what it took; a browser asks again before it takes a new version.
    "cache-control": "no-cache",
    "vary": "accept-encoding",
}


@dataclass(frozen=True, slots=True)
class File:
    """One file as it is served: content, compressed content ("" where that is no gain), type."""

    raw: bytes
    squeezed: bytes
    media: str
    mark: str


class NotPlaced(NotFound):
    """The app's packages were not placed: the checkout was not set up."""

    code = "not_placed"
    status = 503
    say = "平板程序还没有放好，请告诉管理员。"
    hint = "Run .ci/setup (or make demo) once: it places the packages of the tablet app."


def _file(name: str, raw: bytes) -> File:
    media = mimetypes.guess_type(name)[0] or "application/octet-stream"
    media = {".js": "text/javascript", ".webmanifest": "application/manifest+json"}.get(
        Path(name).suffix, media
    )
    squeezed = gzip.compress(raw, 9, mtime=0) if name.endswith(SQUEEZED) else b""
    return File(raw, squeezed, media, _mark(raw))


def _mark(raw: bytes) -> str:
    """In base64: there are two hundred of them in the worker, and nothing makes them smaller."""
    return b64encode(sha256(raw).digest()[:MARK]).decode()


def _made() -> dict[str, bytes]:
    """What the server's own rooms say, so that it stands nowhere a second time."""
    return {
        "css/tokens.css": CSS_AIR.sub(b"", TOKENS.read_bytes()),
        "data/catalogue.json": msgspec.json.encode(carried()),
        "data/initials.json": msgspec.json.encode(initials.table()),
        "data/sections.json": msgspec.json.encode(headings()),
    }


@cache
def files() -> Mapping[str, File]:
    """Every file of the app by its name below /tablet/; the worker last, it names the others."""
    found = {PAGE: (ROOT / PAGE).read_bytes(), **_made()}
    found["manifest.webmanifest"] = (ROOT / "manifest.webmanifest").read_bytes()
    small: dict[str, str] = json.loads(SMALL.read_bytes()) if SMALL.is_file() else {}
    for folder in SERVED:
        for path in sorted((ROOT / folder).rglob("*")):
            name = path.relative_to(ROOT).as_posix()
            ours = not name.endswith(NOT_SERVED) and not name.startswith("vendor/app")
            if path.is_file() and ours:
                found[name] = _small(name, path.read_bytes(), small)
    made = {name: _file(name, raw) for name, raw in found.items()}
    made[PACK] = _file(PACK, _pack(made))
    made[WORKER] = _file(WORKER, _worker(made))
    return made


def _small(name: str, raw: bytes, made: Mapping[str, str]) -> bytes:
    """A module of the app as set-up wrote it, unless it has been edited since."""
    if name.endswith(".css"):
        return CSS_AIR.sub(b"", raw)
    if made.get(name) != sha256(raw).hexdigest():
        return raw
    return (ROOT / "vendor" / name).read_bytes()


def _kept(made: Mapping[str, File]) -> dict[str, File]:
    """What the service worker keeps from the beginning, alike beside alike."""
    names = sorted(
        (n for n in made if not n.startswith((*LATER, *APART)) and n not in (PACK, WORKER)),
        key=lambda name: (Path(name).suffix, _folder(name), name),
    )
    return {name: made[name] for name in names}


def _folder(name: str) -> int:
    return next((at for at, each in enumerate(SORTED) if name.startswith(each)), len(SORTED))


def _pack(made: Mapping[str, File]) -> bytes:
    """Length of the head (4 bytes), head, contents in the order of FILES."""
    kept = _kept(made)
    types = {Path(name).suffix[1:]: each.media for name, each in kept.items()}
    sizes = [len(each.raw) for each in kept.values()]
    head = _json({"headers": HEADERS, "types": types, "sizes": sizes}).encode()
    return len(head).to_bytes(4) + head + b"".join(each.raw for each in kept.values())


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _worker(made: Mapping[str, File]) -> bytes:
    version = sha256("".join(f"{n}{f.mark}" for n, f in sorted(made.items())).encode()).hexdigest()
    now = {n: f.mark for n, f in _kept(made).items()}
    later = {n: f.mark for n, f in made.items() if n.startswith(LATER)}
    head = (
        f"const VERSION = {_json(version[:16])};\nconst FILES = {_json(now)};\n"
        f"const LATER = {_json(later)};\n"
    )
    return head.encode() + WORKER_AIR.sub(b"", (ROOT / WORKER).read_bytes())


def first_load_bytes() -> int:
    """What a first visit takes on the wire, compressed, until the app is installed; what comes
    later apart.
    """
    return sum(
        len(each.squeezed or each.raw)
        for name, each in files().items()
        if name in (PACK, WORKER) or (name.startswith(BEFORE) and not name.startswith(LATER))
    )


def handlers() -> list[HTTPRouteHandler]:
    """GET /tablet/ and everything below it. No session, no cookie, nothing of a person."""

    @get(HERE)
    async def page(request: Request[Any, Any, Any]) -> Response[bytes] | Redirect:
        if not request.scope["raw_path"].endswith(
            b"/"
        ):  # the worker's scope begins behind the slash
            return Redirect(f"{HERE}/", status_code=308)
        if not (ROOT / "vendor" / "preact.js").is_file():
            raise NotPlaced
        return _answer(request, files()[PAGE])

    @get("/tablet/{name:path}")
    async def one(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
        found = files().get(name.removeprefix("/"))
        if found is None:
            raise NotFound
        return _answer(request, found)

    return [page, one]


def _answer(request: Request[Any, Any, Any], found: File) -> Response[bytes]:
    headers = {**HEADERS, "etag": f'"{found.mark}"'}
    if request.headers.get("if-none-match") == headers["etag"]:
        return Response(b"", status_code=304, headers=headers)
    if found.squeezed and "gzip" in request.headers.get("accept-encoding", ""):
        headers["content-encoding"] = "gzip"
        return Response(found.squeezed, media_type=found.media, headers=headers)
    return Response(found.raw, media_type=found.media, headers=headers)
