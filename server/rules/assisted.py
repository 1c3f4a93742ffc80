"""Why what a resident asked for by a tablet's hand was not done: codes that the tablet's words, the
console's and PROTOCOL 6.3 know. A refusal of a rule keeps its own code where it stands here.
"""

from typing import Final

OTHER: Final = "other"
NO_DOCUMENT: Final = "no_document"
NO_SIGNATURE: Final = "no_signature"
OLD_TEXT: Final = "old_text"
OUT_OF_RANGE: Final = "value_out_of_range"
NO_QUESTION: Final = "no_question"
BROKEN: Final = "broken"
THERE: Final = "archive_there"

NOT_DONE: Final = frozenset(
    {
        # of the act itself
        *(NO_DOCUMENT, NO_SIGNATURE, OLD_TEXT, OUT_OF_RANGE, NO_QUESTION, BROKEN, THERE, OTHER),
        "number_differs",
        # whose act it is
        *("child", "of_age", "helper", "age", "own_hand", "over", "scope", "never", "desk"),
        *("not_yours", "not_found", "closed", "merged"),
        # telephone
        *("too_young", "same_phone", "phone_full", "no_phone"),
        # correction, statement
        *("open_already", "nothing_changed", "several_lanes", "too_many", "crowded"),
        # family
        *("many", "waiting", "end", "not_own", "not_an_adult"),
        # facility
        *("too_soon", "special_case", "same_facility", "not_published", "too_far"),
        *("asked_since", "undo_over", "replaced"),
        # came or not
        *("too_late", "too_long"),
    }
)


def reason_of(code: str) -> str:
    """The code as a tablet has words for it."""
    return code if code in NOT_DONE else OTHER
