"""What is written down: pure descriptions of the forms, one file per form.

model.py has the words a form is described with, kinds.py the register of all forms, check.py reads
a filled-in form and names every fault, derived.py computes what is never stored. A new form is one
file here, one line in kinds.py and its test. Nothing here reads a clock, a file or a database.
"""
