"""What every page for people answers with: headers that hold it, forms read within bounds, the way
on after an act. Nothing of a page comes from another origin, nothing inline runs, nothing is kept.
"""

from collections.abc import Iterable
from typing import Any, Final

from litestar import Request
from litestar.datastructures import UploadFile
from litestar.exceptions import ClientException, HTTPException
from litestar.response import Redirect

from server.errors import Refusal
from server.logs import frames_of, note_of

AnyRequest = Request[Any, Any, Any]

HTML: Final = "text/html"  # the framework adds the charset
CSP: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS: Final = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cache-control": "no-store",
}
KEEP: Final = {
    "cache-control": "public, max-age=31536000, immutable",
    "x-content-type-options": "nosniff",
}
"""Of files whose address changes with their content."""

CSRF: Final = "csrf"
FORM_BYTES: Final = 256 * 1024
FIELDS_MAX: Final = 2_000


class NotSignedIn(Refusal):
    """Nobody is signed in here; a page leads to sign-in, a form is kept."""

    code = "not_signed_in"
    status = 401
    say = "请先登录。"
    hint = "The session ended or never was."


class FormNotOurs(Refusal):
    """A form without this session's token: from another page, or older than the sign-in."""

    code = "form_not_ours"
    status = 403
    say = "这张表单已经过时，请重新打开页面再提交。"
    hint = "The CSRF token does not belong to this session."


class FormTooLarge(Refusal):
    code = "form_too_large"
    status = 413
    say = "提交的内容太大，这次没有保存。请分几次提交。"
    hint = "Forms are bounded; see server/pages/web.py."


def no_nul(texts: Iterable[str]) -> None:
    """Raises ClientException (400) for a text with U+0000: no keyboard writes it, and PostgreSQL
    keeps no text that has it.
    """
    if any("\x00" in each for each in texts):
        raise ClientException


async def posted(request: AnyRequest) -> dict[str, list[str]]:
    """The texts of a form, each name with all its values; files are left out."""
    try:
        form = await request.form()
    except HTTPException:
        raise
    except (ValueError, LookupError):  # a part is no text of the charset that it states
        raise ClientException from None
    typed: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            continue
        no_nul((name, str(value)))
        typed.setdefault(name, []).append(str(value))
    if sum(len(each) for each in typed.values()) > FIELDS_MAX:
        raise FormTooLarge
    return typed


def see(path: str) -> Redirect:
    """To another page after something was done (303), so that reloading repeats nothing."""
    return Redirect(path, status_code=303, headers=HEADERS)


def cookie(
    request: AnyRequest, name: str, value: str, *, path: str, same_site: str = "Strict"
) -> dict[str, str]:
    """The header that gives the browser a cookie: unseen by scripts, gone when it closes; over
    HTTPS it never travels without. "" takes the cookie away.
    """
    secure = "; Secure" if request.url.scheme == "https" else ""
    over = "; Max-Age=0" if not value else ""
    said = f"{name}={value}; Path={path}; HttpOnly; SameSite={same_site}{secure}{over}"
    return {"set-cookie": said}


def http_code(error: HTTPException) -> str:
    """The stable code of what the framework turned away."""
    named = {404: "no_such_page", 405: "wrong_method", 413: "form_too_large"}
    return named.get(error.status_code, "malformed")


def note_broken(request: AnyRequest, error: Exception) -> None:
    """Into the request's line: what broke and where, never what it said."""
    note = note_of(request.scope)
    note.verdict, note.error = "broken", type(error).__name__
    note.frames = frames_of(error.__traceback__)
