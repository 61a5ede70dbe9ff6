"""The moves of the job tree, each one a function that runs inside one transaction.

Written once for every backend: a transition decides with the rules of `quaero.models` and speaks to the database only
in named statements.
"""
