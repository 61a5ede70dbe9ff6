"""The forms of what is found by its form alone: dates, identifiers, addresses, amounts. Every stretch is bounded."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Final, NamedTuple

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar jänner",
            "february feb februar",
            "march mar märz",
            "april apr",
            "may mai",
            "june jun juni",
            "july jul juli",
            "august aug",
            "september sept sep",
            "october oct oktober okt",
            "november nov",
            "december dec dezember dez",
        ),
        start=1,
    )
    for name in names.split()
}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_YEAR = r"(?:1\d{3}|20\d{2})"

_DATES: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?<![\w-])(?P<y>{_YEAR})-(?P<m>0[1-9]|1[0-2])-(?P<d>0[1-9]|[12]\d|3[01])(?!\w)",
        rf"(?<![\w.])(?P<d>[1-9]|[12]\d|3[01]|0[1-9])\.\s?(?P<m>0?[1-9]|1[0-2])\.\s?(?P<y>{_YEAR})(?!\w)",
        rf"(?<!\w)(?P<d>\d{{1,2}})(?:\.|st|nd|rd|th)?\s(?:of\s)?(?P<n>{_MONTH})\.?,?\s(?P<y>{_YEAR})(?!\w)",
        rf"(?<!\w)(?P<n>{_MONTH})\.?\s(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?\s(?P<y>{_YEAR})(?!\w)",
        rf"(?<!\w)(?P<n>{_MONTH})\.?\s(?P<y>{_YEAR})(?!\w)",
        rf"(?<!\w)(?P<d>\d{{1,2}})\.\s(?P<n>{_MONTH})(?!\w)",
    )
)
_YEAR_ALONE: Final = re.compile(
    rf"(?<=\b[Ii]n )(?P<y>{_YEAR})(?![\w.,]?\d|\w)|(?<=\bJahr )(?P<y2>{_YEAR})(?!\w)"
)

IDENTIFIERS: Final = re.compile(
    r"(?<![\w-])(?:CVE-\d{4}-\d{4,7}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
    r"|(?:RFC|ISO|IEC|DIN|EN|PEP|IEEE)[ -]\d{1,6}(?:[-:]\d{1,5}){0,2}|ISBN[ :]{0,2}[\d-]{9,17}[\dX]"
    r"|[A-Z][A-Z0-9]{1,9}(?:-[A-Z0-9]{1,6})?-\d{1,8}|10\.\d{4,9}/[\w.()/:;-]{1,80}\w)(?![\w-])"
)
EMAILS: Final = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,5}[A-Za-z]{2,24}(?![\w-])")
URLS: Final = re.compile(r"\bhttps?://[^\s<>\"'`|\\^{}\[\]]{1,500}", re.IGNORECASE)
_NUMBER = r"\d{1,15}(?:[.,'\u2019\u202f\xa0]\d{1,6}){0,5}"
_SCALE = r"(?:\s?(?:thousand|million|billion|trillion|Tausend|Millionen|Milliarden|Mio\.?|Mrd\.?|bn|m)\b)?"
_UNIT = r"(?:EUR|USD|GBP|CHF|JPY|euros?|dollars?|pounds?|Euro|Dollar|Franken|percent|per cent|Prozent)\b"
AMOUNTS: Final = re.compile(
    rf"(?<![\w.,])(?:(?:[$€£¥]\s?|\b(?:EUR|USD|GBP|CHF)\s){_NUMBER}{_SCALE}|{_NUMBER}{_SCALE}\s?(?:[€£¥%$](?!\w)|{_UNIT}))"
)


class Dated(NamedTuple):
    """`iso`: as much of year-month-day as is said; a day without a year is `--MM-DD`."""

    text: str
    iso: str


def dates(text: str) -> Iterator[tuple[int, Dated]]:
    """Dates with their place in the text, each stretch once. Days that do not exist are none."""
    taken: list[tuple[int, int]] = []
    for pattern in (*_DATES, _YEAR_ALONE):
        for match in pattern.finditer(text):
            start, end = match.span()
            if any(start < other_end and other_start < end for other_start, other_end in taken):
                continue
            iso = _iso({key: value for key, value in match.groupdict().items() if value})
            if iso is not None:
                taken.append((start, end))
                yield start, Dated(" ".join(match[0].split()), iso)


def _iso(parts: dict[str, str]) -> str | None:
    year = parts.get("y") or parts.get("y2") or ""
    month = _MONTHS[parts["n"].lower()] if "n" in parts else int(parts.get("m", 0))
    day = int(parts.get("d", 0))
    try:
        date(int(year or 2000), month or 1, day or 1)
    except ValueError:
        return None
    written = year or "-"
    if month:
        written += f"-{month:02}"
    return f"{written}-{day:02}" if day else written
