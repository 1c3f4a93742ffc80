"""Faults on the real server over loopback: processes killed and stopped, disks full, lines cut."""
