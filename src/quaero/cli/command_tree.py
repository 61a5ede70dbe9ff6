"""The tree of all commands: the one list of what `quaero` can do."""

from types import MappingProxyType

from quaero.cli.command import Branch, Entry, LateGroup

_DOCUMENTS = Branch(
    "Look at what was collected.",
    {
        "list": Entry("documents:list_documents", "List documents."),
        "show": Entry("documents:show_document", "Print a document as Markdown."),
        "versions": Entry("documents:document_versions", "List what a document is and was."),
        "diff": Entry("documents:document_difference", "Print what has changed in a document."),
        "export": Entry(
            "documents_export:export_documents", "Write documents to a file: JSON lines, Markdown, GeoJSON."
        ),
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
        "import": Entry(
            "definition_files:import_definitions", "Store the definitions in files, all or none."
        ),
        "export": Entry("definition_files:export_definitions", "Write stored definitions as files."),
        "edit": Entry("definition_changes:edit_definition", "Edit a stored definition in your editor."),
        "enable": Entry("definition_changes:enable_definition", "Allow new runs of a definition."),
        "disable": Entry("definition_changes:disable_definition", "Refuse new runs of a definition."),
        "history": Entry("definitions:definition_history", "List the versions of a definition."),
        "delete": Entry("definition_changes:delete_definition", "Delete a definition; its history stays."),
    },
)
_VARIABLES = Branch(
    "Values for {name} in definitions.",
    {
        "list": Entry("variables:list_variables", "List the variables with their values."),
        "show": Entry("variables:show_variable", "Print the value of a variable."),
        "set": Entry("variables:set_variable", "Set a variable."),
        "delete": Entry("variables:delete_variable", "Delete a variable."),
    },
)
_AUTH = Branch(
    "Credentials for crawls: stored sealed, sent to their hosts only.",
    {
        "list": Entry("auth:list_credentials", "List the stored credentials, without their values."),
        "show": Entry("auth:show_credential", "Show stored credentials, without their values."),
        "add": Entry("auth_add:add_credential", "Store cookies, headers, a token or a password."),
        "import": Entry("auth_add:import_credential", "Store the cookies that a browser gave away."),
        "delete": Entry("auth:delete_credential", "Delete stored credentials."),
        "key": Branch(
            "The key that opens them.",
            {
                "show": Entry("auth_key:show_key", "Print the key, to bring it to another machine."),
                "import": Entry("auth_key:import_key", "Read a key from the standard input and keep it."),
            },
        ),
    },
)
_SCHEDULE = Branch(
    "What runs when.",
    {
        "list": Entry("schedule:list_schedules", "List the definitions with a schedule."),
        "next": Entry("schedule:next_times", "Print the next planned times."),
    },
)
_JOBS = Branch(
    "Look at jobs and steer them.",
    {
        "list": Entry("jobs:list_jobs", "List jobs, newest first."),
        "show": Entry("jobs:show_job", "Show one job."),
        "tree": Entry("job_tree:show_tree", "Show a run with its steps and their jobs."),
        "logs": Entry("job_logs:show_logs", "Print the log of a job and of everything below it."),
        "follow": Entry("job_wait:follow_run", "Print the events of a run, old and new, until its end."),
        "wait": Entry("job_wait:wait_for_jobs", "Wait until jobs have ended."),
        "cancel": Entry("job_control:cancel_job", "Cancel a job and everything open below it."),
        "retry": Entry(
            "job_control:retry_job", "Try the failed and cancelled jobs of a run, step or job again."
        ),
        "rerun": Entry("run:rerun", "Start a new run of what a run was launched with."),
        "delete": Entry("job_control:delete_run", "Delete a run that has ended; its documents stay."),
        "pause": Entry("job_pause:pause_job", "Hold back a run or a pending job, or all jobs of a kind."),
        "resume": Entry(
            "run:resume_run", "Let a paused run or job go on, or go on with a run that was interrupted."
        ),
        "priority": Entry(
            "job_control:set_priority", "Put a run, or a job among its siblings, before or behind others."
        ),
        "bulk": Entry(
            "bulk:bulk_operation",
            "Cancel, retry, delete, pause, resume or prioritise all jobs that `jobs list` shows.",
        ),
        "limit": Entry("gates:limit_jobs", "Limit how many jobs run at once, over all processes."),
        "gates": Entry("gates:list_gates", "List what is paused or limited over all processes."),
        "workers": Entry("job_workers:list_workers", "List the processes that execute jobs."),
    },
)
_DB = Branch(
    "The database.",
    {
        "status": Entry("db:database_status", "Where the database is and what it holds."),
        "check": Entry("db:check_database", "Check that the database is sound."),
        "backup": Entry("db_files:back_up", "Copy the database to a file, while it is in use."),
        "restore": Entry("db_files:restore", "Put a backup in the place of the database."),
        "export": Entry("db_files:export", "Write everything in the database as JSON lines."),
        "maintain": Entry("db:maintain_database", "Delete what is old, tidy up, give space back."),
        "migrate": Entry(
            "db_migrate:migrate_database", "Bring an older database up to date, or move it to another place."
        ),
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
            "worker": Entry("worker:worker", "Work on all runs until it is stopped."),
            "serve": Entry(
                "serve:serve", "Serve the pages, start planned runs and work on all runs until it is stopped."
            ),
            "search": Entry("search:search", "Search the collected documents."),
            "documents": _DOCUMENTS,
            "definitions": _DEFINITIONS,
            "variables": _VARIABLES,
            "auth": _AUTH,
            "schedule": _SCHEDULE,
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
