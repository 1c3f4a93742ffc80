"""Ids that example forms name: a doctor, facilities, a team, as hex."""

from typing import Final

DOCTOR: Final = "0190a1b2c3d4708090a0b0c0d0e0f001"
FACILITY: Final = "0190a1b2c3d4708090a0b0c0d0e0f002"
OTHER_FACILITY: Final = "0190a1b2c3d4708090a0b0c0d0e0f003"
TEAM: Final = "0190a1b2c3d4708090a0b0c0d0e0f004"
