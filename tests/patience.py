"""A browser is driven patiently: every touch, key and look waits until the page there is whole.

A page can be read while it still arrives. What a key does then, before the script beside the page
has run, is nothing; what axe or a count finds then is half a page. A person is never that quick,
and a busy machine only makes it likelier. Here, once for every test, the acts and looks of
Playwright's pages, locators and keyboards first wait for the load of the page that is shown;
`expect` asks on anyway. And what is waited for has time: a minute costs nothing where it comes.
"""

import re
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, Final

from playwright.async_api import BrowserContext, Error, Keyboard, Locator, Page, expect

WAITS_MS: Final = 60_000

ACTS: Final = (
    "check", "clear", "click", "dblclick", "dispatch_event", "fill", "focus", "hover", "press",
    "press_sequentially", "select_option", "set_checked", "set_input_files", "tap", "type",
    "uncheck",
)  # fmt: skip
LOOKS: Final = (
    "all", "all_inner_texts", "all_text_contents", "bounding_box", "content", "count", "evaluate",
    "evaluate_all", "get_attribute", "inner_html", "inner_text", "input_value", "is_checked",
    "is_disabled", "is_editable", "is_enabled", "is_hidden", "is_visible", "pdf", "query_selector",
    "query_selector_all", "screenshot", "text_content", "title",
)  # fmt: skip
KEYS: Final = ("down", "insert_text", "press", "type")
GOES: Final = ("goto", "reload")
# A page that looks again by itself, in the very moment one leaves it.
CUT_OFF: Final = re.compile("net::ERR_ABORTED|interrupted by another navigation")
OFTEN: Final = 5

Act = Callable[..., Awaitable[Any]]


def on_a_whole_page(act: Act, page_of: Callable[[Any], Page]) -> Act:
    """The act, once the page that it is meant for has loaded."""

    @wraps(act)
    async def patient(self: Any, *args: Any, **options: Any) -> Any:
        await page_of(self).wait_for_load_state()
        return await act(self, *args, **options)

    return patient


def though_cut_off(go: Act) -> Act:
    """The way to a page, taken again where the page before has come between."""

    @wraps(go)
    async def patient(self: Any, *args: Any, **options: Any) -> Any:
        for _ in range(OFTEN):
            try:
                return await go(self, *args, **options)
            except Error as met:
                if not CUT_OFF.search(str(met)):
                    raise
        return await go(self, *args, **options)

    return patient


def _keyboard_that_knows_its_page() -> property:
    plain = Page.keyboard.fget
    assert plain is not None

    def keyboard(page: Page) -> Keyboard:
        keys: Any = plain(page)
        keys.page = page
        return keys

    return property(keyboard)


def drive_patiently() -> None:
    """For all that is driven from here on."""
    kinds: list[tuple[type, tuple[str, ...], Callable[[Any], Page]]] = [
        (Page, (*ACTS, *LOOKS), lambda page: page),
        (Locator, (*ACTS, *LOOKS), lambda locator: locator.page),
        (Keyboard, KEYS, lambda keys: keys.page),
    ]
    for kind, names, page_of in kinds:
        for name in names:
            if name in vars(kind):
                setattr(kind, name, on_a_whole_page(vars(kind)[name], page_of))
    for name in GOES:
        setattr(Page, name, though_cut_off(vars(Page)[name]))
    for name, made in {"keyboard": _keyboard_that_knows_its_page()}.items():
        setattr(Page, name, made)
    expect.set_options(timeout=WAITS_MS)


def take_time(context: BrowserContext) -> None:
    """What this window waits for has time to come."""
    context.set_default_timeout(WAITS_MS)
