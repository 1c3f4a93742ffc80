"""Which rules a plan was made by: one mark over their code, their tables and a district's numbers.

What a plan says hangs on all rules and on the forms (next steps, referrals, computed values), so
both rooms are in it: an upgrade that changes either has everybody's plan made again.

Plans are kept; when the mark of today differs from theirs, everybody's is to be made again.
"""

from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

_SERVER: Final = Path(__file__).parents[2]
ROOMS: Final = (_SERVER / "rules", _SERVER / "records")


def edition(district: Mapping[str, int]) -> str:
    """32 hex digits. `district`: its numbers by "P52.times"."""
    numbers = "\n".join(f"{name}={value}" for name, value in sorted(district.items()))
    return sha256(_rules() + numbers.encode()).hexdigest()[:32]


@cache
def _rules() -> bytes:
    """A hash of every file of both rooms."""
    sums = sha256()
    for room in ROOMS:
        for path in sorted(each for each in room.rglob("*") if each.suffix in (".py", ".toml")):
            name = path.relative_to(_SERVER).as_posix()
            sums.update(name.encode() + b"\x00" + sha256(path.read_bytes()).digest())
    return sums.digest()
