"""`python -m server`: see `python -m server --help`."""

import sys

from server.cli.commands import main
from server.cli.session import guarded

if __name__ == "__main__":
    sys.exit(guarded(main))
