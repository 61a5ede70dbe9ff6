"""RAKE as published, for comparison: Rose, Engel, Cramer and Cowley, "Automatic keyword extraction from individual
documents" (2010). Candidates are what stands between stop words and punctuation; a word scores degree by frequency, a
candidate the sum of its words. The paper's third part (joining candidates over stop words) needs long texts; it is left
out.
"""

import re
from collections import Counter

from quaero.agents.text.languages import known

_SPLIT = re.compile(r"[^\w\s'-]|\n{2,}")


def rake(text: str, language: str, top: int) -> list[str]:
    """The best candidates, the best first. The stop words are the same as ours."""
    stop = known(language).stop
    candidates = [
        tuple(words) for part in _SPLIT.split(text.lower()) for words in _between(part.split(), stop)
    ]
    frequency: Counter[str] = Counter()
    degree: Counter[str] = Counter()
    for words in candidates:
        for word in words:
            frequency[word] += 1
            degree[word] += len(words)
    scores = {words: sum(degree[word] / frequency[word] for word in words) for words in candidates}
    best = sorted(scores, key=lambda words: (-scores[words], words))
    return [" ".join(words) for words in best[:top]]


def _between(words: list[str], stop: frozenset[str]) -> list[list[str]]:
    runs: list[list[str]] = [[]]
    for word in words:
        if word in stop or word.isdigit():
            runs.append([])
        else:
            runs[-1].append(word)
    return [run for run in runs if run]
