"""All timed work, on one page. Every process runs the same clockwork; the ledger lets one of them
work.

A job is due once in each slot of its time. The clock of a slot is the site's clock, the ticking is
the scheduler's: a process that was away finds the present slot unclaimed and does its work then.
"""

import asyncio
import os
import secrets
import socket
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from apscheduler.schedulers.asyncio import (  # pyright: ignore[reportMissingTypeStubs]
    AsyncIOScheduler,
)

from server.actions.accounts import account_upkeep
from server.actions.archives import afterwork, consent, usual_residents
from server.actions.attachments import taken
from server.actions.checkup import cards, guest_matching, letter_bundles, results, tellings
from server.actions.checkup import upkeep as checkup_upkeep
from server.actions.figures import figures_recount
from server.actions.keeping import backup, job_ledger, upkeep
from server.actions.keeping.job_ledger import Stale
from server.actions.keeping.site import Site
from server.actions.lists import import_run, imports
from server.actions.notices import outbox
from server.actions.notices import upkeep as notice_upkeep
from server.actions.places import closing_steps, handovers, leaving, move
from server.actions.plan import nightly
from server.actions.residents import account as portal_account
from server.actions.residents import correction_upkeep, exporting, family_life, tablet_acts
from server.actions.tablets import attachments, compaction, release, tablet_return
from server.logs import log
from server.metrics import Meters
from server.settings import CIVIL, Settings

SECOND_MS: Final = 1_000
MINUTE_MS: Final = 60 * SECOND_MS
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS
STOP_S: Final = 10
KEY_FILE_S: Final = upkeep.KEY_FILE_READ_S
TICK_MAX_S: Final = 60  # a job is looked at this often at least, however long its slot


Work = Callable[[], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Job:
    """One kind of timed work. A slot of a whole day begins at `at_ms` after civil midnight."""

    name: str
    every_ms: int
    run: Callable[[Site, Path], Awaitable[object]] | None  # None: claimed and done in one step
    lease_ms: int = 5 * MINUTE_MS
    at_ms: int = 0
    keep_ms: int = 7 * DAY_MS  # finished rows of the ledger
    from_start: bool = True
    waits: Callable[[Site], Awaitable[bool]] | None = None  # asked first: no row for an idle slot


async def _holds(site: Site, _: Path) -> str:
    released, expired = await release.release_waiting(site), await release.expire_holds(site)
    return f"released {released}, expired {expired}" if released or expired else ""


async def _pictures(site: Site, _: Path) -> int:
    return await taken.forget_loose(site) + await attachments.ask_for_missing(site)


async def _forget(site: Site, _: Path) -> int:
    return await job_ledger.forget_runs(site, {each.name: each.keep_ms for each in JOBS})


def _alone(
    action: Callable[[Site], Awaitable[object]],
) -> Callable[[Site, Path], Awaitable[object]]:
    async def run(site: Site, _: Path) -> object:
        return await action(site)

    return run


NUMBERING: Final = "audit_numbering"
JOBS: Final = (
    Job(NUMBERING, SECOND_MS, None, keep_ms=HOUR_MS),
    Job("afterwork", 2 * SECOND_MS, _alone(afterwork.run), keep_ms=HOUR_MS, waits=afterwork.waits),
    Job("imports", 2 * SECOND_MS, _alone(import_run.run), keep_ms=HOUR_MS, waits=import_run.waits),
    Job("import_files", HOUR_MS, _alone(imports.delete_old)),
    Job("checkpoint", HOUR_MS, _alone(upkeep.checkpoint)),
    Job("attachments", HOUR_MS, _pictures),
    Job("copies", 10 * MINUTE_MS, _alone(upkeep.account_copies)),
    Job("holds", MINUTE_MS, _holds, keep_ms=DAY_MS),
    Job("figures", 10 * MINUTE_MS, _alone(figures_recount.keep_year), lease_ms=2 * HOUR_MS),
    Job("plans", 10 * MINUTE_MS, _alone(nightly.keep), lease_ms=2 * HOUR_MS, waits=nightly.waits),
    Job("switches", 10 * MINUTE_MS, _alone(move.begin_due)),
    Job("handovers", HOUR_MS, _alone(handovers.count_due)),
    Job("closings", MINUTE_MS, _alone(closing_steps.carry_on), lease_ms=HOUR_MS, keep_ms=DAY_MS),
    Job("leavings", MINUTE_MS, _alone(leaving.carry_out_due), keep_ms=DAY_MS),
    Job("tablet_returns", MINUTE_MS, _alone(tablet_return.tidy), keep_ms=DAY_MS),
    Job("accounts", HOUR_MS, _alone(account_upkeep.forget)),
    Job("portal", HOUR_MS, _alone(portal_account.forget)),
    Job("usual_residents", HOUR_MS, _alone(usual_residents.make_due)),
    Job("consents", 10 * MINUTE_MS, _alone(consent.end_due)),
    Job("family", HOUR_MS, _alone(family_life.keep)),
    Job("exports", 2 * SECOND_MS, _alone(exporting.run), lease_ms=10 * MINUTE_MS,
        keep_ms=HOUR_MS, waits=exporting.waits),
    Job("card_sheets", 2 * SECOND_MS, _alone(cards.run), lease_ms=10 * MINUTE_MS,
        keep_ms=HOUR_MS, waits=cards.waits),
    Job("tablet_acts", 2 * SECOND_MS, _alone(tablet_acts.run), lease_ms=10 * MINUTE_MS,
        keep_ms=HOUR_MS, waits=tablet_acts.waits),
    Job("checkup_results", 2 * MINUTE_MS, _alone(results.run), lease_ms=10 * MINUTE_MS,
        keep_ms=DAY_MS, waits=results.waits),
    Job("checkup_guests", MINUTE_MS, _alone(guest_matching.run), keep_ms=DAY_MS,
        waits=guest_matching.waits),
    Job("checkup_letters", 2 * SECOND_MS, _alone(letter_bundles.run), lease_ms=10 * MINUTE_MS,
        keep_ms=HOUR_MS, waits=letter_bundles.waits),
    Job("enrol_offers", MINUTE_MS, _alone(upkeep.expire_offers), keep_ms=DAY_MS),
    Job("codes", SECOND_MS, _alone(outbox.run_codes), keep_ms=HOUR_MS, waits=outbox.codes_wait),
    Job("notices", 2 * SECOND_MS, _alone(outbox.run), keep_ms=HOUR_MS, waits=outbox.waits),
    Job("checkup_days", MINUTE_MS, _alone(checkup_upkeep.run), keep_ms=DAY_MS),
    Job("checkup_notices", 10 * SECOND_MS, _alone(tellings.run), keep_ms=HOUR_MS,
        waits=tellings.waits),
    Job("checkup_forget", DAY_MS, _alone(checkup_upkeep.forget), at_ms=4 * HOUR_MS,
        from_start=False),
    Job("corrections", HOUR_MS, _alone(correction_upkeep.tell_overdue)),
    Job("notices_forget", HOUR_MS, _alone(notice_upkeep.forget)),
    Job("backup", DAY_MS, backup.backup, lease_ms=2 * HOUR_MS,
        at_ms=2 * HOUR_MS + 30 * MINUTE_MS, keep_ms=400 * DAY_MS, from_start=False),
    Job("envelopes", DAY_MS, _alone(upkeep.prune_envelopes), lease_ms=HOUR_MS, at_ms=4 * HOUR_MS,
        from_start=False),
    Job("feeds", DAY_MS, _alone(compaction.compact), lease_ms=HOUR_MS, at_ms=4 * HOUR_MS,
        from_start=False),
    Job("job_ledger", HOUR_MS, _forget),
)  # fmt: skip


def slot_of(job: Job, now_ms: int) -> int:
    """The number of the slot now; of a daily job the number of the civil day (proleptic, day 1 =
    0001-01-01).
    """
    if job.every_ms < DAY_MS:
        return now_ms // job.every_ms
    return datetime.fromtimestamp((now_ms - job.at_ms) / 1000, CIVIL).date().toordinal()


def process_name() -> str:
    """Who claims: host, process, and a random part, since numbers of processes come again."""
    return f"{socket.gethostname()[:40]}/{os.getpid()}/{secrets.token_hex(4)}"


@dataclass(slots=True)
class Clockwork:
    """The timed work of this process: `start` in the running loop, `stop` before it ends."""

    site: Site
    settings: Settings
    meters: Meters
    owner: str = field(default_factory=process_name)
    jobs: tuple[Job, ...] = JOBS
    _seen: dict[str, int] = field(default_factory=dict[str, int])
    _scheduler: Any = None
    _ended: bool = False
    _running: dict[str, asyncio.Task[None]] = field(default_factory=dict[str, asyncio.Task[None]])

    def start(self) -> None:
        # A late tick is not worth two: the slot says what is due. No job store, no time zone
        # needed.
        self._scheduler = AsyncIOScheduler(
            timezone="UTC",
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        ticks: list[tuple[str, float, Work]] = [
            (job.name, job.every_ms / 1000, partial(self.tick, job)) for job in self.jobs
        ]
        if self.jobs:
            ticks.append(("take_over", TICK_MAX_S, self.take_over_stale))
        ticks.append(("key_file", KEY_FILE_S, self.read_key_file))
        ticks.append(("keys", TICK_MAX_S, self.read_keys))
        for name, seconds, work in ticks:
            self._scheduler.add_job(
                self._on_time, "interval", args=(name, work), id=name,
                seconds=min(seconds, TICK_MAX_S),
            )  # fmt: skip
            self._begin(name, work)
        self._scheduler.start()

    async def _on_time(self, name: str, work: Work) -> None:
        self._begin(name, work)

    def _begin(self, name: str, work: Work) -> None:
        """A task of our own: the scheduler would cancel its own in the middle of the work."""
        if name not in self._running and not self._ended:
            task = self._running[name] = asyncio.get_running_loop().create_task(work())
            task.add_done_callback(lambda _: self._running.pop(name, None))

    async def stop(self) -> None:
        """No new ticks; work in hand has some seconds to end, or another process takes it over."""
        self._ended = True  # the scheduler ends a moment later
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=False)
        if self._running:
            _, late = await asyncio.wait(self._running.values(), timeout=STOP_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def read_key_file(self) -> None:
        """Each process for itself: a key added to the file is known before its first use."""
        try:
            await upkeep.read_key_file(self.site, self.settings.kek_file)
        except Exception as error:  # noqa: BLE001 (logged; the clock goes on)
            log.fault("job", error, job="key_file")

    async def read_keys(self) -> None:
        """Each process for itself: the server's own keys, renewed or published meanwhile, and over
        New Year the district's table.
        """
        try:
            self.site.follow_year()
            await self.site.reload_keys()
        except Exception as error:  # noqa: BLE001 (logged; the clock goes on)
            log.fault("job", error, job="keys")

    async def tick(self, job: Job) -> None:
        """Does the work of the present slot if it is due and nobody else has it."""
        slot = slot_of(job, self.site.clock())
        if self._seen.get(job.name) == slot:
            return
        try:
            if job.run is None:
                await self._number(job, slot)
                return
            if job.waits is not None and not await job.waits(self.site):
                return
            claimed = await job_ledger.claim(
                self.site, job.name, slot, owner=self.owner, lease_ms=job.lease_ms,
                from_start=job.from_start,
            )  # fmt: skip
        except Exception as error:  # noqa: BLE001 (the clock goes on; the next tick tries again)
            self._failed(job, slot, error)
            return
        self._seen[job.name] = slot
        if claimed:
            await self._work(job, slot)

    async def _number(self, job: Job, slot: int) -> None:
        if await job_ledger.number_in_slot(self.site, job.name, slot, owner=self.owner):
            self.meters.job_runs.labels(job.name, "ok").inc()
            self._seen[job.name] = slot

    async def take_over_stale(self) -> None:
        """Runs whose process died in the middle."""
        try:
            stale = await job_ledger.stale_runs(self.site)
        except Exception as error:  # noqa: BLE001 (logged; the clock goes on)
            log.fault("job", error, job="take_over")
            return
        by_name = {job.name: job for job in self.jobs}
        for each in stale:
            job = by_name.get(each.job)
            if job is not None and await self._took(job, each):
                log.warning("job", job=job.name, slot=each.slot, result="taken_over")
                await self._work(job, each.slot)

    async def _took(self, job: Job, stale: Stale) -> bool:
        return await job_ledger.take_over(self.site, stale, owner=self.owner, lease_ms=job.lease_ms)

    async def _work(self, job: Job, slot: int) -> None:
        assert job.run is not None
        try:
            done = await job.run(self.site, self.settings.backup_dir)
        except Exception as error:  # noqa: BLE001 (logged; the clock goes on)
            self._failed(job, slot, error)
            result = f"failed {type(error).__name__}"
        else:
            self.meters.job_runs.labels(job.name, "ok").inc()
            result = f"ok {done}" if isinstance(done, (int, str)) else "ok"
            log.say("job", job=job.name, slot=slot, result=result) if done else None
        await job_ledger.finish(self.site, job.name, slot, owner=self.owner, result=result)

    def _failed(self, job: Job, slot: int, error: Exception) -> None:
        self.meters.job_runs.labels(job.name, "failed").inc()
        log.fault("job", error, job=job.name, slot=slot)
