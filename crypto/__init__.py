"""Bytes to bytes: this room knows keys, not people.

It seals and signs what travels between tablets and the server (envelope), proves one change of a
batch alone (commitment), seals what the database keeps and makes its blind index (columns), lets a
new device in (enrolment) and keeps the tamper-evident log (audit). It imports nothing else of the
project, reads no clock and no environment; the byte layouts are in SPEC.md, which a stranger can
implement. Only primitives.py touches the cryptographic libraries.
"""
