"""Takes out of rendered Markdown what is no Markdown: HTML tags, character references, empty lines and items.

The renderer writes `<strong>` where asterisks next to a letter would not be read as emphasis, and references for
the white space at an edge. Whoever shows the Markdown of a stranger has HTML turned off and would show the tags.
"""

import re
from typing import Final

_NEEDED: Final = re.compile(r"<(?:strong|em|del|s|br|pre|code)>|&#\d|\n\n\n|\n[ >]*- *(?:\n|\Z)")
_PIECES: Final = re.compile(
    r"""
      `(?P<fence>``+)[^`\n]*\n.*?\n[ >\t]*`(?P=fence)         # code is left as it is
    | `(?P<ticks>`*)(?!`).*?(?<!`)`(?P=ticks)(?!`)
    | \\.                                                     # so is what was escaped
    | <(?<![^\s(]<)(?P<tag>strong|em)>(?P<text>[^\s<>*_](?:[^<>*_\n]*[^\s<>*_])?)</(?P=tag)>(?![^\s.,;:!?)])
    | <br>
    | </?(?:strong|em|del|s|pre|code)>
    | &\#(?P<code>\d+);
    | \n[ >\t]*-(?:[ \t]|&\#160;)*(?=\n|\Z)                   # a list item without text
    | (?P<blank>\n(?:[ \t]*\n){2,})
    """,
    re.VERBOSE | re.DOTALL,
)
"""Each alternative begins with a character of its own: only so does the engine skip quickly over plain text."""


def tidy(markdown: str) -> str:
    """The same Markdown without HTML; emphasis is kept where it can be written with asterisks."""
    text = _PIECES.sub(_tidied, "\n" + markdown) if _NEEDED.search(markdown) else markdown
    return text.strip("\n")


def _tidied(match: re.Match[str]) -> str:
    if match["tag"]:
        sign = "**" if match["tag"] == "strong" else "*"
        return f"{sign}{match['text']}{sign}"
    if match["code"]:
        return _character(int(match["code"]))
    if match["blank"]:
        return "\n\n"
    if match[0].startswith(("`", "\\")):
        return match[0]
    return " " if match[0] == "<br>" else ""


def _character(code: int) -> str:
    character = chr(code) if code <= 0x10FFFF else ""
    return character if character.isprintable() and not character.isspace() else " "
