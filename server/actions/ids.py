"""New ids, where the verbs look for them."""

from server.store.ids import new_id

__all__ = ["new_id"]
