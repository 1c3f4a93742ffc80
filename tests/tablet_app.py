"""The tablet web app in a real Chromium: a server that comes and goes, tablets, and hands that do
what a doctor does.

A tablet is a window that shares nothing with others, in the Chromium of every test; it is gone when
it is closed. Or, where a test asks for that, it is a browser of its own whose profile lies on disk:
it can be closed, or killed with everything that runs in it, and opened again. The clock is the
machine's own, on both sides; a world may be ahead of it.
"""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import uvicorn
from playwright.async_api import (
    BrowserContext,
    CDPSession,
    Locator,
    Page,
    expect,
)
from playwright.async_api import Error as BrowserError

from server.actions.archives import afterwork
from server.actions.tablets import devices
from tests.browser import ARGUMENTS, HOW, Driver, chromium, driver
from tests.cast_forms import good
from tests.console import app_of
from tests.patience import take_time
from tests.ports import kept_port
from tests.world import SU, TEAM_A, Clock, World, new_world

# What is waited for either comes or never does: a limit says only how long to look for a fault.
ANSWERS_WITHIN_S = 120

PASSPHRASE = "青山绿水长流不息"
TABLET = {"width": 1280, "height": 800}
# The page's own line to its engine, kept so that a test can ask on it too: the same worker, the
# same calls, under numbers of its own.
_LISTEN = """
const Real = Worker;
window.Worker = class extends Real {
  constructor(...words) { super(...words); window.engineOfTest = this; }
};
window.askEngine = (method, args) => new Promise((resolve, reject) => {
  const worker = window.engineOfTest;
  const id = `test ${crypto.randomUUID()}`;
  const hear = ({ data }) => {
    if (data.id !== id) return;
    worker.removeEventListener("message", hear);
    if (data.ok) resolve(data.value);
    else reject(new Error(`fault ${JSON.stringify(data.value)}`));
  };
  worker.addEventListener("message", hear);
  worker.postMessage({ id, method, args });
});
"""


@dataclass(slots=True)
class Present(Clock):
    """The machine's own time; `now` is how far ahead of it."""

    now: int = 0

    def __call__(self) -> int:
        return time.time_ns() // 1_000_000 + self.now


Meddle = Callable[[bytes], bytes]


@dataclass(slots=True)
class Door:
    """The real server of a world, to be stopped and started again; `damage` is done to answers."""

    world: World
    port: int
    damage: Meddle | None = None
    exchanges: int = 0
    sent: int = 0  # bytes of bodies
    _server: uvicorn.Server | None = None
    _task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        app: Any = app_of(self.world)
        config = uvicorn.Config(
            self._counting(app), host="127.0.0.1", port=self.port, lifespan="off",
            log_config=None, access_log=False, timeout_graceful_shutdown=2,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._task = asyncio.get_running_loop().create_task(self._server.serve())
        while not self._server.started:
            assert not self._task.done(), "the server did not start"
            await asyncio.sleep(0.02)

    async def stop(self) -> None:
        if self._server is not None and self._task is not None:
            self._server.should_exit = True
            await self._task
        self._server = self._task = None

    def _counting(self, app: Any) -> Any:
        async def call(scope: Any, receive: Any, send: Any) -> None:
            exchanged = scope.get("path") == "/sync/v1/exchange"
            self.exchanges += exchanged

            async def sending(message: Any) -> None:
                if body := message.get("body"):
                    self.sent += len(body)
                    if exchanged and self.damage:
                        message = {**message, "body": self.damage(body)}
                await send(message)

            await app(scope, receive, sending)

        return call


@dataclass
class Tablet:
    """One doctor's device, and the window of the app in it."""

    door: Door
    drive: Driver
    profile: Path
    on_its_own: bool  # a browser of its own, its profile on disk
    size: dict[str, int] = field(default_factory=lambda: dict(TABLET))
    context: BrowserContext | None = None
    faults: list[str] = field(default_factory=list[str])
    arguments: tuple[str, ...] = ()  # of the browser, besides those of every tablet

    @property
    def page(self) -> Page:
        assert self.context is not None
        return self.context.pages[0]

    async def open(self) -> Page:
        """The app in its window."""
        settings: dict[str, Any] = {
            "locale": "zh-CN", "timezone_id": "Asia/Shanghai", "accept_downloads": True,
            "viewport": self.size,
        }  # fmt: skip
        if self.on_its_own:
            await self._start(settings)
        else:
            assert self.context is None, "what is closed is gone"
            assert not self.arguments, "they are of a browser of its own"
            self.context = await (await self.drive.browser()).new_context(**settings)
            await self.context.new_page()
        assert self.context is not None
        await self.context.add_init_script(_LISTEN)
        await self.permit("durableStorage", "videoCapture")
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", self._heard)
        await self.page.goto(f"{self.door.url}/tablet/")
        return self.page

    async def _start(self, settings: dict[str, Any]) -> None:
        """Its own browser, on its profile."""
        program = chromium()
        if program is None:
            raise RuntimeError(HOW)
        self.context = await self.drive.play.chromium.launch_persistent_context(
            self.profile, executable_path=program, args=[*ARGUMENTS, *self.arguments], **settings
        )
        take_time(self.context)

    async def permit(self, *names: str) -> None:
        """What a doctor has said yes to; what is not named is refused."""
        line = await self.line()
        allowed: dict[str, Any] = {"permissions": list(names), "origin": self.door.url}
        if self.on_its_own:
            await line.send("Browser.grantPermissions", allowed)
            return
        told = await line.send("Target.getTargetInfo")
        allowed["browserContextId"] = told["targetInfo"]["browserContextId"]
        await (await self.drive.line()).send("Browser.grantPermissions", allowed)

    def _heard(self, message: Any) -> None:
        """A browser says in the console what went wrong; a cut line it says too."""
        if message.type == "error" and "net::ERR_" not in message.text:
            self.faults.append(message.text)

    async def installed(self) -> None:
        """Until the service worker has the whole app, and the app has begun."""
        await self.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        await self.page.wait_for_selector("main h1, main h2")

    async def line(self) -> CDPSession:
        assert self.context is not None
        return await self.context.new_cdp_session(self.page)

    async def close(self) -> None:
        if self.context is not None:
            with suppress(BrowserError, TimeoutError):
                await asyncio.wait_for(self.context.close(), ANSWERS_WITHIN_S)
            if self.on_its_own:
                self.context = None

    async def kill(self) -> None:
        """SIGKILL for the browser and everything it started, as a battery that comes out."""
        assert self.on_its_own
        for number in processes_of(self.profile):
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        await self.close()
        for left in self.profile.glob("Singleton*"):
            left.unlink()

    async def cut(self, off: bool = True) -> None:
        """The network of this tablet alone."""
        assert self.context is not None
        await self.context.set_offline(off)

    async def ask(self, method: str, *args: Any) -> Any:
        """A call of the engine, past the pages."""
        asked = self.page.evaluate(
            "([method, args]) => window.askEngine(method, args)", [method, list(args)]
        )
        return await asyncio.wait_for(asked, ANSWERS_WITHIN_S)

    async def until(self, holds: str, seconds: float = ANSWERS_WITHIN_S) -> dict[str, Any]:
        """The status, once this expression of it (`s`) is true."""
        end = time.monotonic() + seconds
        status: dict[str, Any] = {}
        while time.monotonic() < end:
            status = await self.ask("status")
            if await self.page.evaluate(f"s => Boolean({holds})", status):
                return status
            await asyncio.sleep(0.05)
        raise AssertionError(f"never {holds}: {status}")

    async def let_in(self, confirm: Callable[[str], Awaitable[Any]], code: str, name: str) -> None:
        """The enrolment past the pages: the code, the digits told to who confirms, a passphrase."""
        digits = (await self.ask("enrol", code, "一号平板"))["digits"]
        await confirm(digits)
        end = time.monotonic() + ANSWERS_WITHIN_S
        while await self.ask("enrolled") != "confirmed":
            assert time.monotonic() < end, "never confirmed"
            await asyncio.sleep(0.1)
        await self.ask("finish", name, PASSPHRASE)

    async def taken(self, seconds: float = ANSWERS_WITHIN_S) -> None:
        """Exchanges until nothing waits and the first copy is whole."""
        await self.until("s.stage === 'open'")
        await self.ask("sync")
        await self.until(
            "s.sync.waiting === 0 && !s.sync.running && s.sync.snapshot === null", seconds
        )

    async def visit(self, resident: bytes, sbp: int = 138, **more: Any) -> str:
        """A follow-up of today, past the pages; the id of the change."""
        status = await self.ask("status")
        day = date.fromisoformat(status["today"])
        body = good("htn_followup", sbp=sbp, next_date=str(day + timedelta(days=90)))
        body["doctor"] = status["me"]
        record = {"resident": resident.hex(), "kind": "htn_followup", "v": 1, "on": str(day)}
        return await self.ask("save", {**record, "body": body, **more})

    async def unlock(self, passphrase: str = PASSPHRASE) -> None:
        """With the hands: the passphrase, and until the tablet is open."""
        await self.page.locator("#pass").fill(passphrase)
        await self.page.locator("#pass").press("Enter")

    async def again(self) -> None:
        """The page anew, and unlocked."""
        await self.page.reload()
        await self.unlock()
        await self.until("s.stage === 'open'")

    def on_disk(self, *texts: str) -> list[str]:
        """Files of the profile that hold one of these texts, in UTF-8 or UTF-16: but for four
        bytes, which stand by chance where there is much that is sealed or packed.
        """
        assert self.on_its_own
        wanted = [each.encode(code) for each in texts for code in ("utf-8", "utf-16-le")]
        wanted = [each for each in wanted if len(each) > 4]
        found: list[str] = []
        for path in sorted(self.profile.rglob("*")):
            if path.is_file() and not path.is_symlink():
                raw = path.read_bytes()
                found.extend(str(path.relative_to(self.profile)) for each in wanted if each in raw)
        return found


async def one_row(page: Page, text: str) -> Locator:
    """The one row that a search leaves; the answer to what was typed before it has more of them."""
    await page.locator("#find").fill(text)
    await expect(page.locator("#find-count")).to_have_text("找到 1 位")
    return page.locator("[data-row]")


async def at_rest(part: Locator) -> dict[str, float]:
    """Where it lies on the screen, once the page has stopped moving it into view."""
    before: Any = None
    for _ in range(10 * ANSWERS_WITHIN_S):
        now: Any = await part.bounding_box()
        if now is not None and now == before:
            return now
        before = now
        await asyncio.sleep(0.1)
    raise AssertionError("it never came to rest")


def processes_of(profile: Path) -> list[int]:
    """The browser of this profile and what it started, from what the system tells of each."""
    parents: dict[int, int] = {}
    ours: set[int] = set()
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            number = int(entry.name)
            parents[number] = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            if f"--user-data-dir={profile}".encode() in (entry / "cmdline").read_bytes():
                ours.add(number)
    while more := {each for each, parent in parents.items() if parent in ours} - ours:
        ours |= more
    return sorted(ours)


async def offer(
    world: World, *, staff: bytes = SU, panels: tuple[bytes, ...] = (TEAM_A,), **more: Any
) -> tuple[str, Callable[[str], Awaitable[bytes]]]:
    """A code for a new tablet, and the act that confirms its six digits."""
    made = await devices.enrol_offer(
        world.site, staff=staff, panels=panels, label="一号平板", **more
    )
    return made.code, lambda digits: devices.confirm(world.site, made.offer, digits)


@dataclass(slots=True)
class Field:
    """A county, its server, and as many tablets as a test wants."""

    world: World
    door: Door
    drive: Driver
    folder: Path
    on_disk: bool = False  # the tablets' profiles
    tablets: list[Tablet] = field(default_factory=list[Tablet])

    def tablet(self, name: str) -> Tablet:
        made = Tablet(self.door, self.drive, self.folder / f"profile-{name}", self.on_disk)
        self.tablets.append(made)
        return made

    async def enrolled(
        self,
        name: str = "one",
        *,
        staff: bytes = SU,
        who: str = "苏清明",
        seconds: float = ANSWERS_WITHIN_S,
        **more: Any,
    ) -> Tablet:
        """A tablet that was let in, with the first copy on it, unlocked."""
        made = self.tablet(name)
        await made.open()
        await made.installed()
        code, confirm = await offer(self.world, staff=staff, **more)
        await made.let_in(confirm, code, who)
        await made.taken(seconds)
        return made


@asynccontextmanager
async def in_the_field(
    folder: Path, url: str = "", *, on_disk: bool = False
) -> AsyncIterator[Field]:
    """The standing county in the present, plans made, served; SQLite where no store is named.
    `on_disk`: each tablet is a browser of its own, with a profile that outlives it.

    Every browser is closed at the end, and what its console said is looked at.
    """
    url = url or f"sqlite:///{folder}/gongwei.sqlite3"
    with kept_port() as port:
        async with new_world(url, folder, clock=Present()) as world, driver() as drive:
            door = Door(world, port)
            await afterwork.catch_up(world.site)
            made = Field(world, door, drive, folder, on_disk)
            await door.start()
            try:
                yield made
                heard = [each.faults for each in made.tablets if each.faults]
                assert heard == [], heard
            finally:
                for each in made.tablets:
                    await each.close()
                await door.stop()
