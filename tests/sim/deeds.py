"""Every step by its name, as scripts and files of scripts write it."""

from collections.abc import Awaitable, Callable

from tests.sim import faults, hall, lives, lying, office, people, pictures, saving
from tests.sim.world import Sim

Deed = Callable[[Sim], Awaitable[None]]

ON_TABLETS: dict[str, Deed] = {
    "exchange": faults.exchange, "late_answer": faults.deliver_late, "replayed": faults.replay,
    "save_event": saving.save_event, "save_edit": saving.save_edit,
    "edit_blindly": saving.edit_blindly, "amend": saving.amend, "seal": saving.seal,
    "look": saving.look, "hall_step": hall.hall_step,
    "photograph": pictures.photograph, "send_photos": pictures.send,
    "killed": faults.killed, "rebooted": faults.rebooted,
    "clock_jumps": faults.clock_jumps, "partitioned": faults.partitioned,
    "app_changes": saving.app_changes, "lies": lying.lies, "cloned": office.clone,
    "pass_time": faults.pass_time, "years_pass": faults.years_pass,
}  # fmt: skip
"""They say themselves what befalls the tablet and the server in them."""

AT_SERVER: dict[str, Deed] = {
    "moved": office.switch, "moved_back": office.undo, "consented": office.grant,
    "consent_ended": office.take_back, "decide": office.decide,
    "resident_says": office.resident_says, "let_in": office.let_in, "chores": office.chores,
    "life_step": lives.step, "life_step_back": lives.step_back, "unite": lives.unite,
    "part": lives.part, "confirm_epochs": office.confirm_epochs_step, "revoked": office.revoked,
    "lost": office.lost, "corrects": people.corrects, "agrees": people.agrees,
    "goes_on_with_it": people.goes_on_with_it, "chooses": people.chooses,
    "special_case": people.special_case, "writes_at_a_desk": people.writes_at_a_desk,
}  # fmt: skip
"""The server may die in any of their transactions, or have no room."""

WHOLE: dict[str, Deed] = {
    "key_renewed": office.renew_key, "backed_up": office.back_up, "restored": office.restore,
}  # fmt: skip
"""They say themselves where the server may die in them."""

DEEDS: dict[str, Deed] = ON_TABLETS | AT_SERVER | WHOLE
