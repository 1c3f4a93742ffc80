"""The command line: what real operation needs, one file a subject. Every error is one sentence on
stderr.
"""
