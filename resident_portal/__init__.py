"""Resident pages: one file a page group. Empty so far; the merge, the gate and the switch that
they will call are in place (docs/ARCHITECTURE.md), and the import test keeps this door closed to
the store.
"""
