"""Verbs by noun: each reads under the locks, calls a pure rule, writes one transaction with its
audit entry.
"""
