"""Does it get slower as more is held? The same pulls in a small and a large district, in turns."""

import random
from statistics import median

from server.settings import now_ms
from tests.bench.exchanges import Ground, Wrong, all_applied, catch_up, post_all
from tests.bench.figures import Report
from tests.bench.meter import resident_mb
from tests.bench.work import Size, visit

_PULLED = 50
_BLOCK = 5  # pulls of the same page in a row: the meter's step is 10 ms


async def run(small: Ground, large: Ground, size: Size, report: Report) -> None:
    """`small` and `large` hold size.small and size.large records; both servers run."""
    walls: dict[int, list[float]] = {0: [], 1: []}
    spent: dict[int, float] = {0: 0.0, 1: 0.0}
    grounds = (small, large)
    for each in grounds:
        for tablet, link in each.pairs[:2]:
            await catch_up(tablet, link)
    for turn in range(size.rounds):
        for place, each in enumerate(grounds):
            wall, cpu = await _block(each, turn, min(_PULLED, size.residents))
            walls[place] += wall
            spent[place] += cpu
    pulls = size.rounds * _BLOCK
    held = (("small", size.small), ("large", size.large))
    for place, (name, count) in enumerate(held):
        report.middle(
            f"pull_50_ms_{name}", [1000 * each for each in walls[place]], "ms",
            held=count, cpu_ms=1000 * spent[place] / pulls,
        )  # fmt: skip
    report.figure(
        "pull_50_ratio", median(walls[1]) / median(walls[0]), "ratio",
        cpu_ratio=spent[1] / spent[0] if spent[0] else 0.0,
    )  # fmt: skip
    for (name, count), each in zip(held, grounds, strict=True):
        report.figure(f"memory_{name}", resident_mb(each.server.pid), "MB", held=count)


async def _block(ground: Ground, turn: int, count: int) -> tuple[list[float], float]:
    """A colleague pushes 50 records, then the same 50 are pulled several times over."""
    (reader, reader_link), (writer, writer_link) = ground.pairs[0], ground.pairs[1]
    rng = random.Random(f"growth/{turn}")
    now = now_ms()
    places = rng.sample(range(len(writer.residents)), count)
    changes = [
        visit(rng, f"growth/{turn}/{n}", writer.residents[place], writer.staff,
              ground.stage.today, now + n)
        for n, place in enumerate(places)
    ]  # fmt: skip
    all_applied(writer, [await writer_link.post(writer.seal(changes, now))])
    asked = [reader.ask(now_ms()) for _ in range(_BLOCK)]
    answers: list[bytes] = []

    async def pull() -> None:
        answers.extend(await post_all(reader_link, asked))

    reading = await ground.measured(pull)
    for raw in answers:
        pages = reader.take_pages(reader.open(raw))
        if sum(len(page.rows) for page in pages) != count:
            raise Wrong("a pull did not bring the new records")
    return reader_link.waited_s[-_BLOCK:], reading.cpu_s + reading.database_s
