-- How many rows of an index are looked at for its statistics: enough to choose among indexes, soon read.
PRAGMA analysis_limit = 1000
