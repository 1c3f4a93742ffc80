"""What an operator reads of a refusal: one sentence for each code."""

from typing import Final

from server.errors import EnrolRefused, Refusal, WrongDigits
from server.rules.district_year import EmptyValue
from sync.limits import PANELS_PER_DEVICE

_MEANING: Final = {
    "not_an_envelope": "This is not a valid envelope of a tablet that is enrolled here.",
    "too_large": "This is larger than one envelope may be.",
    "not_allowed": "The access gate denies this",
    "rule_says_no": "The rules do not allow this now",
}
_NEW_CODE: Final = "make a new code with `python -m server device enrol`."
_ENROL: Final = {
    "not_joined": "No tablet has joined with that code yet: type the code on the tablet first, "
    "then confirm the six digits it shows.",
    "over": f"That code is used up or expired: {_NEW_CODE}",
}
_NO_SUCH: Final = {
    "device": "There is no tablet with that id: `device list` shows them.",
    "key": "Nothing that person signs on that tablet counts: `device show` names who does.",
    "staff": "There is no active staff member with that id: `staff list` shows them.",
    "panel": "There is no team with that id: `district list` shows them.",
    "resident": "There is no resident with that id.",
    "change": "There is no change with that id: `task list` shows those that wait.",
    "consent": "There is no consent with that id.",
    "login": "Nobody has that login: `admin list` shows the administrators.",
}
_RULE: Final = {
    "no_such_kek": "There is no key with that number in the key file.",
    "current_kek": "That key is the current one and stays in the key file.",
    "kek_in_use": "Data keys are still wrapped by that key: run `keys rotate-kek` first.",
    "undo_over": "The days in which a switch may be undone are over.",
    "nothing_to_close": "No open task about that can be closed: `task list` shows the open ones; "
    "a held, quarantined or proposed change is released, declined or accepted.",
    "unknown_resident": "Nobody here is the resident of that change: it stays as evidence.",
    "made_at_the_server": "That change was made at the server, by no tablet: it is not released.",
    "not_held": "That change is neither held nor quarantined: there is nothing to release.",
    "same_id_other_bytes": "Another change is stored under the same id already: this one stays as "
    "evidence.",
    "not_open": "That change is in force: it cannot be declined.",
    "nothing_open": "No open task is about that change.",
    "unknown_suite": "The cipher suite is 1 or 3.",
    "panels": f"A tablet carries 1 to {PANELS_PER_DEVICE} teams, and this person has none: "
    "name them with --panel (`district list`).",
    "no_scope": "That person may not be shown class B: the county gives that scope on the staff "
    "page of the console.",
    "device_not_enrolled": "That tablet is lost or revoked.",
    "last_key": "Nobody else signs on that tablet: revoke it, or mark it lost, so that it wipes.",
    "bad_key": "That key or its proof is not valid, or it is known already.",
    "reason": "The reason is one word of at most 32 signs, a-z and _, as staff_left.",
    "safe_at_in_future": "--safe-at is in the future: write when it was last seen in safe hands, "
    "in civil time (Asia/Shanghai).",
    "not_a_proposal": "That change is not an open proposal: `task list --kind proposal`.",
    "not_an_edit": "That change is a record and no edit: there is nothing to take over.",
    "not_by_hand": "The responsible facility is changed by `resident switch` only.",
    "has_administrator": "There is an administrator of that level already (`admin list`): name "
    "--another to make one more, or let this one in again with `admin reset`.",
    "name_length": "A name has 1 to 40 signs.",
    "office_needed": "There is no office of the city yet: name it with --office.",
    "login_form": "A login has 3 to 32 signs: a letter a-z first, then a-z, 0-9, dot, _ or -.",
    "login_taken": "Somebody has that login already.",
    "no_account": "That account is closed: make a new one with `admin create --another`.",
    "reset_on_a_page": "That account is reset on the console's page of it, by whoever makes such "
    "accounts: a facility's by its manager, a manager's or auditor's by the county.",
    "classes": "The classes are A or AB.",
    "purpose": "There is no such purpose of a consent: service is one.",
    "ends_before_it_begins": "The consent would end before it begins: --until is in the past.",
}


def of_refusal(refusal: Refusal) -> str:
    """One sentence, or two, that say what is so and what to do."""
    if isinstance(refusal, WrongDigits):
        return _wrong_digits(refusal.tries_left)
    if isinstance(refusal, EnrolRefused):
        fault = "The code or the digits are wrong, used up or expired"
        return _ENROL.get(refusal.detail, f"{fault}: {_NEW_CODE}")
    if isinstance(refusal, EmptyValue):
        return f"{refusal.detail} {refusal.hint}"
    known = {"not_found": _NO_SUCH, "rule_says_no": _RULE}.get(refusal.code, {})
    if refusal.detail in known:
        return known[refusal.detail]
    meaning = _MEANING.get(refusal.code, refusal.hint)
    named = refusal.detail if refusal.detail not in ("", refusal.code) else ""
    return f"{meaning.rstrip('.')}{f' ({named})' if named else ''}. {refusal.say}"


def _wrong_digits(tries_left: int) -> str:
    if tries_left == 0:
        return f"The digits are wrong, and that was the last try: {_NEW_CODE}"
    tries = "1 try is" if tries_left == 1 else f"{tries_left} tries are"
    return (
        f"The digits are wrong; {tries} left. Read them from the tablet once more, or {_NEW_CODE}"
    )
