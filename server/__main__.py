"""`python -m server`: see `python -m server --help`."""

import sys

from server.records.registering import KindBroken

try:
    from server.cli.commands import main
    from server.cli.session import guarded
except KindBroken as broken:
    # The catalogue is read while its module is imported, so this is the earliest start there is.
    sys.exit(f"The catalogue of forms is wrong: {broken}")

if __name__ == "__main__":
    sys.exit(guarded(main))
