"""The server of one district: what is written down (records), what is allowed and due (rules),
where it is kept (store), what is done with it (actions), and the doors that people and tablets
come in by (api, console, jobs). Imports go downwards only; docs/ARCHITECTURE.md draws the floors.
"""
