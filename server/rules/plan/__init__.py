"""The service plan: what is owed to one resident, or by one facility, and what counts as done.

Each resident has a plan of their own, from the rules and from what is known of them
(S000-art12(2)), by the flow of the national specification (S001-art8).

Pure. model.py has the words, table.py reads rules.toml (every rule with its numbers, its clause and
the days it is in force), groups.py says to whom somebody belongs on a day, engine.py puts the
families together. A family is a module with a function for each of its rules; a new rule is a block
in rules.toml, a function, its test.

A plan is made for a calendar year from facts alone: its items carry days, never "overdue". What is
late today follows from the days when somebody looks. So a plan changes only with the facts and with
the year, and to make it again after each change is the same as to make it from nothing.
"""
