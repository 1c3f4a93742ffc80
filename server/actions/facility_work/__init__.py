"""A facility's own work, class C: patrols, health education, and the calendar of what is owed."""
