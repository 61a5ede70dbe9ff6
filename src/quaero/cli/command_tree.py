"""The tree of all commands: the one list of what `quaero` can do."""

from types import MappingProxyType

from quaero.cli.command import Branch, Entry, LateGroup

_DOCUMENTS = Branch(
    "Look at what was collected.",
    {
        "list": Entry("documents:list_documents", "List documents."),
        "show": Entry("documents:show_document", "Print a document as Markdown."),
        "stats": Entry("documents:document_stats", "How much there is, by source and tag."),
        "delete": Entry("documents:delete_documents", "Delete documents."),
    },
)
_DEFINITIONS = Branch(
    "Job definitions: what can be run.",
    {
        "list": Entry("definitions:list_definitions", "List the stored definitions."),
        "show": Entry("definitions:show_definition", "Print a stored definition as TOML."),
        "validate": Entry(
            "definition_files:validate_definitions", "Check definition files; print all complaints."
        ),
        "new": Entry("definition_files:new_definition", "Write a definition file to start from."),
    },
)
_JOBS = Branch(
    "Look at jobs and steer them.",
    {
        "list": Entry("jobs:list_jobs", "List jobs, newest first."),
        "show": Entry("jobs:show_job", "Show one job."),
        "tree": Entry("job_tree:show_tree", "Show a run with its steps and their jobs."),
        "logs": Entry("jobs:show_logs", "Print the log of a job and of everything below it."),
        "cancel": Entry("job_control:cancel_job", "Cancel a job and everything open below it."),
        "retry": Entry(
            "job_control:retry_job", "Try the failed and cancelled jobs of a run, step or job again."
        ),
        "delete": Entry("job_control:delete_run", "Delete a run that has ended; its documents stay."),
        "resume": Entry("run:resume_run", "Go on with a run that has not ended, here."),
    },
)
_DB = Branch(
    "The database.",
    {
        "status": Entry("db:database_status", "Where the database is and what it holds."),
        "check": Entry("db:check_database", "Check that the database is sound."),
    },
)
_CONFIG = Branch(
    "Settings.", {"show": Entry("config:show_config", "Show each setting and where it comes from.")}
)

COMMANDS = Branch(
    "Collect knowledge into a local, searchable store.",
    MappingProxyType(
        {
            "demo": Entry("demo:demo", "Try the whole thing offline, on a bundled sample site."),
            "crawl": Entry("crawl:crawl", "Crawl a site from one or more URLs."),
            "run": Entry("run:run_definition", "Run a definition: a file or the id of a stored one."),
            "search": Entry("search:search", "Search the collected documents."),
            "documents": _DOCUMENTS,
            "definitions": _DEFINITIONS,
            "jobs": _JOBS,
            "db": _DB,
            "doctor": Entry("doctor:doctor", "Check that everything needed is in place."),
            "config": _CONFIG,
            "version": Entry("version:show_version", "Show the version."),
        }
    ),
)


def root() -> LateGroup:
    """The `quaero` command."""
    group = LateGroup("quaero", COMMANDS)
    group.context_settings = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
    return group


def reference_table() -> str:
    """All commands with what they do, as a Markdown table."""
    rows = [f"| `{' '.join(path)}` | {summary} |" for path, summary in _leaves(("quaero",), COMMANDS)]
    return "\n".join(["| command | what it does |", "|---|---|", *rows, ""])


def _leaves(path: tuple[str, ...], branch: Branch) -> list[tuple[tuple[str, ...], str]]:
    found: list[tuple[tuple[str, ...], str]] = []
    for name, entry in branch.entries.items():
        if isinstance(entry, Branch):
            found += _leaves((*path, name), entry)
        else:
            found.append(((*path, name), entry.summary))
    return found
