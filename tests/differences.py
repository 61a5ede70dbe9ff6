"""What differs from one database to the other, and therefore is tested on one of them alone.

A test or a module says so with `@pytest.mark.only("sqlite", reason="file")`; the reason is a key of this list.
"""

from collections.abc import Mapping

DIFFERENCES: Mapping[str, str] = {
    "file": "An SQLite store is a file: its folder, its format, its damage and what lies beside it.",
    "backup": "Quaero copies an SQLite file itself; a PostgreSQL database is backed up with PostgreSQL's own tools.",
    "clock": "Processes on an SQLite file agree on a time; on PostgreSQL the server's clock is that of all.",
    "sessions": "PostgreSQL undoes what a session leaves unfinished: there is no file to take a picture of.",
    "upkeep": "PostgreSQL writes what is new to its final place by itself, and gives space back while others work.",
    "index": "The full-text index is a part of SQLite; on PostgreSQL it is a table. Each can be wrong in its own way.",
    "plans": "Each plans in its own way: tests count the steps of SQLite, and read the plans of PostgreSQL.",
    "network": "Only between a PostgreSQL server and its clients is there a network that can fail.",
    "hosts": "Only a PostgreSQL server is worked on from several hosts; making these takes root and iproute2.",
}
