"""All planted faults, by room. A new one is an entry in one of these lists and nothing else."""

from typing import Final

from tests.planted.fault import Fault
from tests.planted.faults import crypto, people, races, server, sync, tablet_app

FAULTS: Final[tuple[Fault, ...]] = (
    *crypto.FAULTS, *sync.FAULTS, *server.FAULTS, *races.FAULTS, *people.FAULTS, *tablet_app.FAULTS,
)  # fmt: skip
