"""Every bound of the conversation, on one page.

A limit is a promise: each one has a stated behaviour on reaching it (PROTOCOL.md, "Limits").
"""

from typing import Final

DAY_MS: Final = 86_400_000

# One exchange.
ENVELOPE_BYTES: Final = 96 * 1024  # larger: refused before anything is parsed (413)
ENROL_BYTES: Final = 8 * 1024
BODY_BYTES: Final = 4 * 1024 * 1024  # inflated; larger: the batch is quarantined whole
CHANGE_BYTES: Final = 64 * 1024  # one change as JSON; larger: that change is quarantined
BATCH_CHANGES: Final = 500  # more: those past the limit are quarantined
BATCH_TARGET_CHANGES: Final = 200  # what a tablet cuts
BATCH_READS: Final = 2_000  # offline readings reported in one exchange
BATCH_PURGED: Final = 2_000
PANELS_PER_DEVICE: Final = 16
SESSIONS_PER_BATCH: Final = 64

# One answer.
PAGE_ROWS: Final = 1_000  # feed rows in one closed range
SNAPSHOT_ROWS: Final = 1_000
PAGE_BYTES: Final = 512 * 1024  # plain JSON of one page, checked between rows
OUTCOMES_PER_ANSWER: Final = 500
ANSWER_BYTES: Final = 16 * 1024 * 1024  # inflated, at the tablet

# One change.
CHANGE_DEPTH: Final = 32  # objects and lists in each other; deeper: malformed
CELLS_PER_CHANGE: Final = 64
SAW_PER_CELL: Final = 64
REGISTER_BYTES: Final = 256 * 1024  # one archive's cells; an edit past it becomes a proposal
HEADS_PER_CELL: Final = 64  # more: the change becomes a proposal

# Attachments.
ATTACHMENTS_PER_CHANGE: Final = 4
ATTACHMENT_BYTES: Final = 8 * 1024 * 1024  # one sealed file
ATTACHMENT_PIECE_BYTES: Final = 128 * 1024  # every piece but the last has exactly as many
ATTACHMENTS_WAITING_BYTES: Final = 200 * 1024 * 1024  # of one tablet, arrived and not complete
ATTACHMENT_WAIT_MS: Final = 30 * DAY_MS  # named and not arrived: somebody asks for it

# Time.
CLOCK_AHEAD_MS: Final = 5 * 60 * 1000  # further ahead of arrival: clamped and flagged
CLOCK_WARN_MS: Final = 10 * 60 * 1000  # the tablet warns its user
ENTERED_LATE_MS: Final = DAY_MS  # service day and recording further apart: "entered late"
LEASE_MS: Final = 30 * DAY_MS  # a tablet silent for longer locks itself
HOLD_MS: Final = 5 * DAY_MS  # a held change waits that long for what it names
KEEP_SEALED_MS: Final = 90 * DAY_MS  # sealed batches on a tablet, at most
KEEP_ENVELOPE_MS: Final = 30 * DAY_MS  # raw envelopes at the server, after the verified backup
RECENT_DAYS: Final = 365  # snapshot lane 1
RETRY_FIRST_MS: Final = 2_000
RETRY_MAX_MS: Final = 15 * 60 * 1000
ENROL_CODE_MS: Final = 10 * 60 * 1000
DIGEST_BUCKETS: Final = 64
DIGEST_REPAIRS: Final = 3  # mismatches in a row before a person looks
OPENINGS_PER_DAY: Final = 60  # archives one tablet opens; past it: held, till a person looks
STRANGERS_PER_DAY: Final = 20  # changes on residents never in the panel; past it: suspended
