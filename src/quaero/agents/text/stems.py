"""Forms of one word, put together by cutting common endings: enough to count words, not to speak."""

from functools import lru_cache

_GERMAN = ("ern", "en", "er", "es", "em", "e", "n", "s")
_ROMANCE = ("es", "os", "as", "s", "x")
_LEAST = 4
"""Letters that stay."""


@lru_cache(maxsize=20_000)
def stem(folded_word: str, language: str) -> str:
    """What the forms of a word have in common. `language`: ISO 639-1 code, or empty."""
    if len(folded_word) <= _LEAST - 1 or not folded_word[-1].isalpha():
        return folded_word
    if language == "de":
        return _cut(folded_word, _GERMAN)
    if language in ("fr", "es", "pt"):
        return _cut(folded_word, _ROMANCE)
    if language in ("en", "nl", ""):
        return _english(folded_word)
    return folded_word


def _cut(word: str, endings: tuple[str, ...]) -> str:
    for ending in endings:
        if word.endswith(ending) and len(word) - len(ending) >= _LEAST:
            return word[: -len(ending)]
    return word


def _english(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word
