"""The conversation and the merge: this room knows changes, not databases and not health forms.

PROTOCOL.md is the wire contract, limits.py every bound, wire.py the messages; merge.py and
reconcile.py decide what becomes of a change, feed.py and digest.py keep tablets and server equal,
tablet.py is the reference tablet. It imports crypto only. A kind of form hands the merge its field
policies (policy.py), so everything here can be tested with toy kinds.
"""
