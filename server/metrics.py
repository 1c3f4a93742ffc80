"""Counters of one process, and the Prometheus page made of them and of what the database says now.

With several worker processes each writes its counters into files of one directory and any of them
serves the sum.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4
SECONDS: Final = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 15.0)


@dataclass(frozen=True, slots=True)
class Gauge:
    """One figure read from the database at the moment of asking. `label` is empty or (name,
    value)s.
    """

    name: str
    help: str
    label: str
    values: tuple[tuple[str, float], ...]


class Meters:
    """What this process counts."""

    def __init__(self, shared: Path | None = None) -> None:
        self._shared = shared
        self._registry = CollectorRegistry()
        self.exchanges = Counter(
            "gongwei_exchanges", "Exchanges by verdict", ["verdict"], registry=self._registry
        )
        self.changes = Counter("gongwei_changes", "Changes taken", registry=self._registry)
        self.rows = Counter("gongwei_rows", "Feed rows served", registry=self._registry)
        self.seconds = Histogram(
            "gongwei_exchange_seconds", "Seconds an exchange took",
            buckets=SECONDS, registry=self._registry,
        )  # fmt: skip
        self.enrolments = Counter(
            "gongwei_enrolments", "Enrolment requests by verdict", ["verdict"],
            registry=self._registry,
        )  # fmt: skip
        self.job_runs = Counter(
            "gongwei_job_runs", "Runs of timed work by result", ["job", "result"],
            registry=self._registry,
        )  # fmt: skip

    def page(self, gauges: Iterable[Gauge]) -> bytes:
        """The text Prometheus scrapes."""
        counted = self._registry
        if self._shared is not None:
            counted = CollectorRegistry()
            MultiProcessCollector(counted, path=str(self._shared))
        read = CollectorRegistry()
        read.register(_Now(gauges))
        return generate_latest(counted) + generate_latest(read)


class _Now(Collector):
    def __init__(self, gauges: Iterable[Gauge]) -> None:
        self._gauges = tuple(gauges)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for gauge in self._gauges:
            labels = [gauge.label] if gauge.label else []
            family = GaugeMetricFamily(gauge.name, gauge.help, labels=labels)
            for label, value in gauge.values:
                family.add_metric([label] if gauge.label else [], value)
            yield family
