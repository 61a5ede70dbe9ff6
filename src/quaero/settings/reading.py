"""Takes each setting from the first source that has it, and collects what is wrong on the way."""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar

from quaero.models.definition import Complaint
from quaero.settings.values import Origin

PREFIX = "QUAERO_"
OF_TESTS = "QUAERO_TEST_"
DEFAULT = "default"

T = TypeVar("T")


class Reading:
    """One reading of all settings. `examples`: every known key with a line of TOML that sets it."""

    def __init__(
        self,
        flags: Mapping[str, str],
        file: Path | None,
        environment: Mapping[str, str],
        examples: Mapping[str, str],
    ) -> None:
        self.complaints: list[Complaint] = []
        self.origins: list[Origin] = []
        self._flags, self._file, self._environment, self._examples = flags, file, environment, examples
        self._in_file = {} if file is None else self._values_of(file)

    def take(
        self, key: str, default: Callable[[], T], read: Callable[[object], T], show: Callable[[T], str] = str
    ) -> T:
        """The value of a setting, or its default where it is not written or cannot be read.

        `read` raises `ValueError` with what is expected.
        """
        written, source = self._written(key)
        try:
            value = default() if written is None else read(written)
        except ValueError as error:
            self.complain(key, str(error))
            value = default()
        self.origins.append(Origin(key, show(value), source, variable_of(key), self._examples.get(key, "")))
        return value

    def from_file(self, key: str) -> bool:
        return self._written(key)[1] == str(self._file)

    def complain(self, key: str, message: str, example: str | None = None) -> None:
        """Note what is wrong with a setting, naming the place that it came from."""
        place = self._written(key)[1]
        path = key if self.from_file(key) else ""
        self.complaints.append(Complaint(place, None, path, message, example=example or self._examples[key]))

    def complain_of_unknown_keys(self) -> None:
        """Note the keys of the file that are no settings, and the variables that look like a slip."""
        for key in self._in_file:
            if key not in self._examples:
                near = _nearest(key, list(self._examples))
                message = "unknown key" if near else f"unknown key; known are: {', '.join(self._examples)}"
                example = self._examples[near] if near else None
                self.complaints.append(Complaint(str(self._file), None, key, message, near, example))
        known = [variable_of(key) for key in self._examples]
        for name in sorted(self._environment):
            # Only what is near to a setting: other programs may use the prefix too.
            ours = name.startswith(PREFIX) and not name.startswith(OF_TESTS)
            if ours and name not in known and (near := _nearest(name, known)):
                self.complaints.append(Complaint(name, None, "", "unknown variable", near))

    def _written(self, key: str) -> tuple[object, str]:
        """The setting as written, None where it is nowhere, and the place."""
        variable = variable_of(key)
        if key in self._flags:
            return self._flags[key], f"--{key}"
        if self._environment.get(variable):
            return self._environment[variable], variable
        if key in self._in_file:
            return self._in_file[key], str(self._file)
        return None, DEFAULT

    def _values_of(self, file: Path) -> dict[str, object]:
        """The file's values by path; the tables of sections that are not known stay as they are."""
        import tomllib  # noqa: PLC0415 - start-up time: most commands run without a file

        try:
            tables = tomllib.loads(file.read_bytes().decode())
        except (OSError, ValueError) as error:
            self.complaints.append(Complaint(str(file), None, "", f"cannot be read ({error})"))
            return {}
        sections = {key.partition(".")[0] for key in self._examples if "." in key}
        values: dict[str, object] = {}
        for name, value in tables.items():
            if isinstance(value, dict) and name in sections:
                values |= {f"{name}.{key}": inner for key, inner in value.items()}
            else:
                values[name] = value
        return values


def variable_of(key: str) -> str:
    """`queue.lease` → `QUAERO_QUEUE_LEASE`."""
    return PREFIX + key.replace(".", "_").upper()


def _nearest(name: str, known: list[str]) -> str | None:
    """The known name that was probably meant: alike, or the same without its section."""
    near = get_close_matches(name[:100], known, n=1, cutoff=0.7)
    return near[0] if near else next((key for key in known if key.endswith(f".{name}")), None)
