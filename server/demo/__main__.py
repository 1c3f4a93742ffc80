"""`python -m server.demo`: the same as `python -m server demo`."""

import sys

from server.demo.field_day import main
from server.errors import Refusal

if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Refusal as refusal:
        sys.exit(str(refusal))
