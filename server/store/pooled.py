"""A connection of the pool to PostgreSQL."""

import asyncpg  # pyright: ignore[reportMissingTypeStubs]


class Pooled(asyncpg.Connection):  # pyright: ignore[reportMissingTypeArgument, reportUntypedBaseClass]
    """Goes back to the pool as it is.

    The server sets nothing for a whole session, takes no lock for one and listens to nothing, so
    there is nothing to set back: that was one of the twenty round trips of a pull.
    """

    def get_reset_query(self) -> str:
        return ""
