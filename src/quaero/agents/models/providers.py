"""The providers of language models, by the word in front of a model's name."""

from dataclasses import dataclass
from importlib.util import find_spec

EXTRA = 'pip install "quaero[agents]"'


@dataclass(frozen=True, slots=True)
class Provider:
    """Where a provider answers, and how a request shows its key.

    `base_url` is None where a definition must name it. `variables` of the environment may hold the key; they are read
    for the provider's own address only. `packages` speak its protocol. `price_list`: its name in the list of prices;
    None: it costs nothing unless the definition says so.
    """

    name: str
    base_url: str | None
    variables: tuple[str, ...]
    key_header: str
    key_prefix: str
    packages: tuple[str, ...]
    price_list: str | None

    def missing_package(self) -> str | None:
        """The first of its packages that is not installed."""
        return next((each for each in self.packages if not _is_there(each)), None)


def _is_there(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:  # of `google.genai` where there is no `google`
        return False


PROVIDERS = {
    each.name: each
    for each in (
        Provider(
            "gemini",
            "https://generativelanguage.googleapis.com",
            ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
            "x-goog-api-key",
            "",
            ("pydantic_ai", "google.genai"),
            "google",
        ),
        Provider(
            "anthropic",
            "https://api.anthropic.com",
            ("ANTHROPIC_API_KEY",),
            "x-api-key",
            "",
            ("pydantic_ai", "anthropic"),
            "anthropic",
        ),
        Provider(
            "openai",
            "https://api.openai.com/v1",
            ("OPENAI_API_KEY",),
            "authorization",
            "Bearer ",
            ("pydantic_ai", "openai"),
            "openai",
        ),
        Provider("openai-compatible", None, (), "authorization", "Bearer ", ("pydantic_ai", "openai"), None),
    )
}
