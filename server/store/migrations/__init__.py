"""Numbered, additive, each run once in one transaction; every one is tested on both engines with
data in it.
"""
