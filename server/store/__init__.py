"""Where it is kept: engines, Piccolo tables, migrations, queries.

Nobody but actions and the command line comes here.
"""
