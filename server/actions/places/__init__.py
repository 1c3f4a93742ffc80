"""Organisations, areas, teams, and whose a resident is."""
