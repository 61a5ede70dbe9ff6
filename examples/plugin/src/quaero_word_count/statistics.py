"""What there is to say of the words of a text. Knows nothing of jobs."""

import re
from collections import Counter
from dataclasses import dataclass

_WORD = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")


@dataclass(frozen=True, slots=True)
class WordStatistics:
    """`words`: how many in all; `distinct`: how many different ones, in lower case; `frequent`: with their counts."""

    words: int
    distinct: int
    frequent: tuple[tuple[str, int], ...]


def word_statistics(text: str, top: int) -> WordStatistics:
    """The statistics of a text, with its `top` most frequent words; the first in the text wins a tie."""
    counts = Counter(word.lower() for word in _WORD.findall(text))
    return WordStatistics(counts.total(), len(counts), tuple(counts.most_common(top)))
