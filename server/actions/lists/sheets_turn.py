"""One workbook at a time is read for the pages of a process, in a thread of its own.

Reading one takes seconds of a processor. Lists that are sent together wait for each other here and
leave the threads of the tablets' exchange alone.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_ONE: Final = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sheets")


async def in_turn(work: Callable[P, R], *args: P.args, **named: P.kwargs) -> R:
    """What `work` returns, when it is its turn. Raises what it raises."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_ONE, partial(work, *args, **named))
