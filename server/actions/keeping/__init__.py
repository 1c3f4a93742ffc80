"""The installation itself: site, keys, backup, verification, timed work, health."""
