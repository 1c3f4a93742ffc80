"""Checkup days: prepared and booked, run in a hall, compiled into records afterwards."""
