"""Sentences of a passage, by rules for languages with and without spaces."""

import re

_ABBREVIATIONS = frozenset(
    """
    abb abs al anm approx art aug bd bzgl bzw ca cf ch co corp d.h dec dept dez dr e.g ed eds engl etc ev evtl
    feb ff fig figs fr ggf gen hr hrsg i.e inc inkl jan jr jun ltd max mio mr mrd mrs ms nb no nov nr num o.ä okt p
    pp prof rev s sen sept sr st std str tel u.a u.s usf usw v vgl vol vs z.b zzgl
    """.split()  # noqa: SIM905 - read as a text
)
_END = re.compile(
    r"([.!?…]+[\"'”\u2019»)\]]{0,3})\s+(?=[\"'“\u2018«(\[¿¡]{0,2}[^\W_a-zß-öø-ÿ])"
    r"|[。\uff01\uff1f]+[」』”\uff09]?"  # the full stops of scripts without spaces
)
_LAST_WORD = re.compile(r"[\"'“(\[]*([^\s]{1,20})\.$")
_LONGEST = 1_500
"""Characters; what goes on longer without an end is cut at a space."""


def sentences(text: str) -> list[str]:
    """The sentences of a passage, in order. Abbreviations, initials and ordinal numbers end none."""
    found, start = list[str](), 0
    for match in _END.finditer(text):
        if match[1] is not None and _is_abbreviated(text[max(0, match.start() - 24) : match.end(1)]):
            continue
        found.append(text[start : match.end()].strip())
        start = match.end()
    found.append(text[start:].strip())
    return [part for sentence in found for part in _cut(sentence) if part]


def _is_abbreviated(before: str) -> bool:
    """Whether the full stop at the end of this belongs to its word."""
    word = _LAST_WORD.search(before)
    if word is None:
        return False
    last = word[1].lower().lstrip("(\"'“[")
    return last in _ABBREVIATIONS or (len(last) == 1 and word[1][-1].isupper()) or _is_ordinal(last)


def _is_ordinal(word: str) -> bool:
    return len(word) <= 2 and word.isdigit()


def _cut(sentence: str) -> list[str]:
    parts = []
    while len(sentence) > _LONGEST:
        at = sentence.rfind(" ", _LONGEST // 2, _LONGEST)
        at = _LONGEST if at < 0 else at
        parts.append(sentence[:at].strip())
        sentence = sentence[at:].strip()
    return [*parts, sentence]
