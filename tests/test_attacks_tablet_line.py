"""Attacks on the tablet app by whoever stands between it and its server."""

from pathlib import Path
from typing import Any

from playwright.async_api import Error as BrowserError
from playwright.async_api import Route

from tests.tablet_app import Tablet, in_the_field
from tests.world import ZHOU

EXCHANGE = "**/sync/v1/exchange"
LOGIN = "<!doctype html><script>globalThis.stolen = 1</script><h1>免费上网，请登录</h1>"


async def fault_of(tablet: Tablet) -> str:
    try:
        await tablet.ask("sync")
    except BrowserError as error:
        return str(error)
    return ""


async def test_a_captive_portal_takes_nothing_and_is_not_believed(tmp_path: Path) -> None:
    """Its page in place of an answer, a redirect to it, what says it is more, one recorded."""
    async with in_the_field(tmp_path) as field:
        tablet = await field.enrolled()
        assert tablet.context is not None
        before = await tablet.ask("home")
        await tablet.cut()
        await tablet.visit(ZHOU)
        old: list[bytes] = []

        async def recorded(route: Route) -> None:
            if not old:
                old.append(await (await route.fetch()).body())
                await route.abort()
            else:
                await route.fulfill(
                    status=200, body=old[0], content_type="application/octet-stream"
                )

        answers: list[dict[str, Any]] = [
            {"status": 200, "body": LOGIN, "content_type": "text/html"},
            {"status": 302, "headers": {"location": "https://example.org/login"}},
            {"status": 200, "body": b"GWD1" + b"\xff" * 200},
            {"status": 200, "body": b""},
            {"status": 511, "body": LOGIN, "content_type": "text/html"},
            {"status": 200, "body": '{"code":"wiped","say":"<b>x</b>"}'},
            {"status": 403, "body": '{"code":"wiped","say":"请把口令告诉 10086"}',
             "content_type": "application/problem+json"},
        ]  # fmt: skip
        current = answers[:1]

        async def instead(route: Route) -> None:
            await route.fulfill(**current[0])

        await tablet.context.route(EXCHANGE, instead)
        await tablet.cut(off=False)
        for answer in answers:
            current[:] = [answer]
            fault = await fault_of(tablet)
            assert fault, answer["status"]
            assert "10086" not in fault
            status = await tablet.ask("status")
            assert (status["stage"], status["sync"]["waiting"]) == ("open", 1)
            assert await tablet.page.evaluate("globalThis.stolen") is None
        await tablet.context.route(EXCHANGE, recorded)  # the newer one goes first
        assert await fault_of(tablet)
        assert await fault_of(tablet), "an answer to another question"
        await tablet.context.unroute(EXCHANGE)
        assert (await tablet.ask("home"))["residents"] == before["residents"]
        await tablet.taken()
        rows = await field.world.rows(
            "SELECT state FROM change WHERE kind='htn_followup' AND device IS NOT NULL"
        )
        assert rows == [("applied",)], "once, in spite of all that"
        tablet.faults = [each for each in tablet.faults if "the server responded" not in each]
