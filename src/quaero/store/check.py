"""The invariant checker: what must hold at every commit, asked of a real database, with words for a person."""

from types import MappingProxyType

import msgspec

from quaero.store.transaction import Reader

_BUG = "A bug, or another program that wrote to the file."
_KEEP = "Keep a copy (quaero db backup FILE) and report it with the text above."
_CANCEL = f"Cancel the run (quaero jobs cancel ID) and start it anew. {_KEEP}"
_DELETE = f"Once the run has ended, delete it (quaero jobs delete ID); its documents stay. {_KEEP}"


class Explanation(msgspec.Struct, frozen=True):
    """For a person: what should hold, what may have broken it, what to do now."""

    meaning: str
    cause: str
    remedy: str


class Check(msgspec.Struct, frozen=True):
    """One statement. Its rows are (key, what is wrong with it); `subject` says what kind of thing the key names."""

    invariant: str
    explanation: Explanation
    subject: str = "job"


def _check(invariant: str, meaning: str, remedy: str, *, cause: str = _BUG, subject: str = "job") -> Check:
    return Check(invariant, Explanation(meaning, cause, remedy), subject)


CHECKS = MappingProxyType(
    {
        "check_counts": _check("I1", "The counts of a run or step are those of its jobs.", _CANCEL),
        "check_terminal_moves": _check("I2", "Every job ends once, and once more for each retry.", _DELETE),
        "check_pauses": _check(
            "I2", "A run is paused exactly as long as the time of its pause is noted.", _CANCEL, subject="run"
        ),
        "check_early_ends": _check("I3", "No run or step ends before everything below it.", _CANCEL),
        "check_hangs": _check(
            "I4",
            "Whatever is open has something that will move it on.",
            "Wait a second and check again; if it stays, cancel the run (quaero jobs cancel ID).",
            cause="A bug; for a moment also a process that was killed just now and is not replaced yet.",
        ),
        "check_orphans": _check("I5", "Every job hangs on its run, and every run and step counts.", _DELETE),
        "check_needs": _check(
            "I5",
            "What a run waits for exists.",
            "Cancel the run (quaero jobs cancel ID), or retry it: then it waits for nothing.",
            cause="The run that it waits for was deleted, or another program wrote to the file.",
            subject="run",
        ),
        "check_work_keys": _check("I6", "One piece of work has one job in a step.", _CANCEL),
        "check_slots": _check("I7", "A step holds no more documents and work than its limit.", _CANCEL),
        "check_leases": _check(
            "I9",
            "A job is leased exactly while a process executes it.",
            "End all processes and check again. " + _KEEP,
        ),
        "check_times": _check("I10", "Nothing ends before it has begun.", _DELETE),
        "check_attempts": _check("I11", "No job is tried more often than its step allows.", _DELETE),
        "check_failures": _check("I12", "A job that failed says why.", _DELETE),
        "check_versions": _check(
            "I13",
            "The history of a definition has no hole, and ends with what the definition is now.",
            "Import the definition again from its file. " + _KEEP,
            subject="definition",
        ),
        "check_document_versions": _check(
            "I13",
            "The history of a document has no hole up to what the document is now.",
            f"Nothing: the versions that are there are right. {_KEEP}",
            subject="document",
        ),
        "check_event_numbers": _check(
            "I15", "The events of a run are numbered without gap.", _DELETE, subject="run"
        ),
        "check_end_events": _check("I15", "The end of a run is its last event.", _DELETE, subject="run"),
        "check_replay": _check("I16", "The last event of a job tells the state that it is in.", _DELETE),
        "check_log_numbers": _check(
            "I17", "The log of a job has no hole.", "Nothing: the lines that are there are right. " + _KEEP
        ),
        "check_order": _check("I18", "No step begins before those that it depends on have ended.", _CANCEL),
        "check_schedules": _check(
            "I19",
            "Only definitions that exist are planned.",
            "Start quaero serve once: it puts the plan right.",
            cause="The definition was deleted by another program, or a backup was put together by hand.",
            subject="definition",
        ),
        "check_ends": _check("I20", "A step ends as its jobs and its error tolerance say.", _DELETE),
        "check_tolerance": _check("I20", "A step stops at the failure that is one too many.", _CANCEL),
        "check_frontier": _check("I21", "Nothing waits for a place in a step that has ended.", _DELETE),
        "check_deadlines": _check("I21", "Only what is open can run out of time.", _DELETE),
        "check_gates": _check(
            "I21",
            "Every pause and every limit holds something back.",
            "Set the limit again, or pause and resume what it names.",
            subject="gate",
        ),
        "check_duties": _check(
            "I21",
            "A duty belongs to a process whose end would be noticed.",
            "End all processes and start one again: it takes the duty.",
            subject="duty",
        ),
        "check_processes": _check(
            "I21",
            "The list of processes holds what processes wrote.",
            "End all processes and start one again: it clears the list.",
            subject="process",
        ),
    }
)
"""Statement by statement, what it checks."""

DAMAGE = MappingProxyType(
    {
        "file": Explanation(
            "The pages of the file fit together, and every row refers to rows that are there.",
            "A failing disk, a copy made while the database was written, or another program.",
            "Restore a backup (quaero db restore FILE). Without one, export what can be read (quaero db export FILE).",
        ),
        "index": Explanation(
            "The full-text index has the words of the documents.",
            "A failing disk, or a crash of an older version.",
            "Build it anew: quaero run reindex",
        ),
    }
)
"""What can be wrong with the database itself."""


class Finding(msgspec.Struct, frozen=True):
    """A violated invariant: its number in the design (or "file", "index"), what was found, and by which check."""

    invariant: str
    text: str
    check: str = ""

    @property
    def explanation(self) -> Explanation:
        return CHECKS[self.check].explanation if self.check else DAMAGE[self.invariant]


def check(reader: Reader) -> tuple[Finding, ...]:
    """Every violation in the store; none if all is well."""
    return tuple(
        Finding(each.invariant, f"{each.subject} {key}: {text}", statement)
        for statement, each in CHECKS.items()
        for key, text in reader.rows(statement)
    )
