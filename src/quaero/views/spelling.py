"""Commands as a person must type them to reach the database that is shown."""

from shlex import quote

from quaero.settings import Settings
from quaero.views.notes import Spell


def spell_for(settings: Settings) -> Spell:
    """Makes of `jobs list` the whole command; the database is named where a flag named it, but for its password."""
    by_flag = any(origin.key == "database" and origin.source == "--database" for origin in settings.origins)
    database = f" --database {quote(str(settings.database))}" if by_flag else ""
    return lambda text: f"quaero {text}{database}"
