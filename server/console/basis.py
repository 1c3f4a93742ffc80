"""The district's own documents this year, for the pages that name what a rule rests on."""

from server.actions.keeping.site import Site
from server.actions.tablets.intake import civil_day
from server.pages.basis import cited, documents_of

__all__ = ["cited", "own_documents"]


def own_documents(site: Site) -> frozenset[str]:
    """The documents that the district's table of this year cites: its own."""
    return documents_of(site.rules.code, civil_day(site.clock()).year)
