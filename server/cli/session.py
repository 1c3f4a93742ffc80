"""What every command shares: settings, an opened site, and errors that are one sentence.

A command opens the database itself, in its own process. Beside a running server on SQLite that is
safe: a write is a short BEGIN IMMEDIATE transaction, and it waits its turn.
"""

import asyncio
import sys
import warnings
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final, TypeVar

import click

from crypto.columns import KekFileRefused
from server.actions.keeping.site import Site, kek_ring, open_site
from server.cli.sentences import of_refusal
from server.errors import Refusal, StartRefused
from server.records.registering import KindBroken
from server.rules.districts import DistrictBroken
from server.settings import BadSetting, Settings, read
from server.store.migrate import pending
from server.store.store import BadDatabaseUrl, Store

T = TypeVar("T")
DATABASE_FAULTS: Final = ("sqlite3", "asyncpg")
EXIT_REFUSED: Final = 1
EXIT_CANNOT_START: Final = 2
EXIT_FAULT: Final = 3


def settings() -> Settings:
    """From the environment; raises BadSetting."""
    return read()


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


@asynccontextmanager
async def opened_store(current: Settings, *, make: bool = False) -> AsyncGenerator[Store]:
    """The database. `make`: it may be new. Raises StartRefused, BadDatabaseUrl."""
    store = Store(current.database_url)
    if store.path is not None:
        if make:
            store.path.parent.mkdir(parents=True, exist_ok=True)
        elif not store.path.is_file():
            raise StartRefused(
                f"There is no database at {store.path}: run `python -m server migrate` first."
            )
    async with AsyncExitStack() as open_ones:
        try:
            await open_ones.enter_async_context(store)
        except ValueError:
            raise BadDatabaseUrl("DATABASE_URL must be postgresql://USER@HOST:PORT/NAME") from None
        except OSError as error:
            if store.path is not None:
                raise
            raise _no_answer(current.database_url, error) from None
        yield store


class NoAnswer(click.ClickException):
    """PostgreSQL is not there."""

    exit_code = EXIT_FAULT


def _no_answer(url: str, error: OSError) -> NoAnswer:
    where = url.rpartition("@")[2].rpartition("/")[0] or "this machine"
    return NoAnswer(
        f"PostgreSQL does not answer at {where} ({type(error).__name__}): start it, or correct "
        "DATABASE_URL (postgresql://USER@HOST:PORT/NAME)."
    )


async def refuse_pending(store: Store) -> None:
    """Raises StartRefused when the database is older or newer than the code."""
    missing = await pending(store)
    if missing:
        raise StartRefused(
            f"The database lacks {len(missing)} migration(s) of this version: "
            "run `python -m server migrate` first."
        )


@asynccontextmanager
async def opened_site(current: Settings) -> AsyncGenerator[Site]:
    """Database, keys and district, ready for actions."""
    await check_kek(current)
    async with opened_store(current) as store:
        await refuse_pending(store)
        yield await open_site(
            store, kek_file=current.kek_file, district=current.district, clock=current.clock
        )


async def check_kek(current: Settings) -> None:
    """Raises StartRefused naming the key file, before anything else is done."""
    path = current.kek_file
    try:
        kek_ring(path)
    except StartRefused as refused:
        text = f"{path}: {refused}"
    else:
        return
    if path.exists():
        raise StartRefused(text)
    if await _in_use(current):
        raise StartRefused(
            f"{text} The database is in use and no new key opens it: bring back the copy that was "
            "kept apart, or name it with GONGWEI_KEK_FILE."
        )
    raise StartRefused(f"{text} Make one with `python -m server keys init`.")


async def _in_use(current: Settings) -> bool:
    """Whether a district has begun there; no when there is no such database or it does not
    answer.
    """
    try:
        async with opened_store(current) as store:
            await refuse_pending(store)
            return bool(await store.write(lambda tx: tx.rows("SELECT 1 FROM district")))
    except (StartRefused, OSError, click.ClickException):
        return False
    except Exception as error:
        if type(error).__module__.split(".")[0] in DATABASE_FAULTS:
            return False
        raise


def in_site(action: Callable[[Site], Awaitable[T]]) -> T:
    """One action in a site of its own; the usual command."""

    async def work() -> T:
        async with opened_site(settings()) as site:
            return await action(site)

    return run(work())


def guarded(command: Callable[[], Any]) -> int:
    """Runs the command line; every way it can fail becomes one sentence and an exit code."""
    if settings_level() != "debug":
        warnings.simplefilter("ignore")  # a library's warning beside the sentence helps nobody
    try:
        code = command()
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.Abort:
        return _say("Stopped.", EXIT_REFUSED)
    except click.ClickException as error:
        return _say(error.format_message(), error.exit_code)
    except BrokenPipeError:
        return EXIT_REFUSED
    except KeyboardInterrupt:
        return _say("Stopped.", 130)
    except Exception as error:
        if settings_level() == "debug":
            raise
        return _say(*sentence(error))
    return code if isinstance(code, int) else 0


def settings_level() -> str:
    try:
        return settings().log_level
    except BadSetting:
        return "info"


def sentence(error: BaseException) -> tuple[str, int]:
    """What a person reads of an error, and the exit code."""
    if isinstance(error, StartRefused):
        return str(error), EXIT_CANNOT_START
    if isinstance(error, Refusal):
        return of_refusal(error), EXIT_REFUSED
    if isinstance(error, KindBroken):  # it is read while a command's file is imported
        return f"The catalogue of forms is wrong: {error}", EXIT_REFUSED
    if isinstance(error, (BadSetting, BadDatabaseUrl, DistrictBroken, KekFileRefused)):
        return str(error), EXIT_CANNOT_START
    kind = type(error)
    if kind.__module__.split(".")[0] in DATABASE_FAULTS:
        text = str(error).splitlines()[0] if str(error) else kind.__name__
        return f"The database says: {text}.", EXIT_FAULT
    if isinstance(error, OSError):
        where = f" ({error.filename})" if error.filename else ""
        return f"{error.strerror or kind.__name__}{where}.", EXIT_FAULT
    return (
        f"A fault nobody expected ({kind.__name__}); GONGWEI_LOG=debug shows where.",
        EXIT_FAULT,
    )


def _say(text: str, code: int) -> int:
    sys.stderr.write(" ".join(text.split()) + "\n")
    return code
