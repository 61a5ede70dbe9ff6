"""The one rule for every URL: links, redirects, start URLs and sitemaps all pass through these functions.

A *normal* URL is what `normalise` and `resolve` return: http or https, lower-case ASCII host, no default port,
no user name, no fragment, a path without dot segments, one spelling of every percent escape. What the server may
tell apart is kept: `//` in a path, the case of the path, the order of the query.
"""

import re
from functools import lru_cache
from typing import Final

from quaero.crawler.hosts import normal_host

_DEFAULT_PORTS: Final = {"http": "80", "https": "443"}
_PORT: Final = re.compile(r"[0-9]{1,5}")
_MAX_PORT: Final = 65535
_C0_AND_SPACE: Final = "".join(map(chr, range(0x21)))
_TAB_OR_NEWLINE: Final = re.compile(r"[\t\n\r]")
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_SAFE_PATH: Final = re.compile(r"/[A-Za-z0-9._~!$&'()*+,;=:@/-]*")
_ESCAPE: Final = re.compile(r"%[0-9A-Fa-f]{2}")
_UNSAFE_IN_PATH: Final = re.compile(r"[^A-Za-z0-9._~!$&'()*+,;=:@/%-]+|%(?![0-9A-Fa-f]{2})")
_UNSAFE_IN_QUERY: Final = re.compile(r"[^A-Za-z0-9._~!$&'()*+,;=:@/?%-]+|%(?![0-9A-Fa-f]{2})")
_UNRESERVED: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_MEMO_SIZE: Final = 65_536


def normalise(url: str) -> str | None:
    """The normal form of an absolute URL; None for anything that is not a fetchable http or https URL."""
    trimmed = _trimmed(url)
    scheme = _SCHEME.match(trimmed)
    return _absolute(scheme[1].lower(), trimmed[scheme.end() :]) if scheme else None


def resolve(base: str, href: str) -> str | None:
    """The normal URL that `href` means on the page `base`; None where it leads to no fetchable page.

    `base` must be a normal URL. The fragment of `href` is ignored.
    """
    reference = without_fragment(href)
    if not reference or reference.startswith("?"):
        return _with_query(base, reference)
    return resolve_in_folder(folder_of(base), reference)


@lru_cache(maxsize=_MEMO_SIZE)
def resolve_in_folder(folder: str, reference: str) -> str | None:
    """`resolve` for a trimmed reference that is neither empty nor a bare query.

    The answer depends on no more than the folder of the page, so all pages of a folder share it.
    """
    scheme = _SCHEME.match(reference)
    if scheme and not _is_relative_despite_scheme(folder, scheme[1].lower(), reference[scheme.end() :]):
        return _absolute(scheme[1].lower(), reference[scheme.end() :])
    if scheme:
        reference = reference[scheme.end() :]
    path, mark, query = reference.partition("?")
    path = path.replace("\\", "/")
    if path.startswith("//"):
        return _absolute(folder.partition(":")[0], path + mark + query)
    origin = folder[: folder.index("/", folder.index("://") + 3)]
    if not path.startswith("/"):
        path = folder[len(origin) :] + path
    return origin + _normal_path(path) + mark + _uniform(query, _UNSAFE_IN_QUERY)


def without_fragment(href: str) -> str:
    """`href` up to its fragment, without the white space that browsers ignore."""
    return _trimmed(href.partition("#")[0])


def folder_of(url: str) -> str:
    """A normal URL up to and with the last slash of its path: the ground of relative references."""
    path = url.partition("?")[0]
    return path[: path.rindex("/") + 1]


def host_key(url: str) -> str:
    """The host of a normal URL, with its port unless that is the default: `example.org`, `[::1]:8080`."""
    return url.split("/", 3)[2]


def _trimmed(text: str) -> str:
    return _TAB_OR_NEWLINE.sub("", text.strip(_C0_AND_SPACE))


def _is_relative_despite_scheme(folder: str, scheme: str, rest: str) -> bool:
    """`https:page.html` on an https page is a relative reference, as old markup has it."""
    return folder.startswith(scheme + "://") and not rest.startswith(("/", "\\"))


def _absolute(scheme: str, rest: str) -> str | None:
    if scheme not in _DEFAULT_PORTS:
        return None
    before_fragment = rest.partition("#")[0]
    hierarchy, mark, query = before_fragment.partition("?")
    authority, slash, path = hierarchy.replace("\\", "/").lstrip("/").partition("/")
    host = _normal_authority(authority, _DEFAULT_PORTS[scheme])
    if host is None:
        return None
    return f"{scheme}://{host}{_normal_path(slash + path)}{mark}{_uniform(query, _UNSAFE_IN_QUERY)}"


def _normal_authority(authority: str, default_port: str) -> str | None:
    if "@" in authority:  # a user name or password has no place in a stored URL
        return None
    host, colon, port = authority.rpartition(":")
    if not colon or port.endswith("]"):
        host, port = authority, ""
    normal = normal_host(host)
    if normal is None or not port:
        return normal
    port = port.lstrip("0")
    if not _PORT.fullmatch(port) or int(port) > _MAX_PORT:
        return None
    return normal if port == default_port else f"{normal}:{port}"


def _with_query(base: str, query: str) -> str:
    if not query:
        return base
    return base.partition("?")[0] + "?" + _uniform(query[1:], _UNSAFE_IN_QUERY)


def _normal_path(path: str) -> str:
    if "/." not in path and _SAFE_PATH.fullmatch(path):  # nearly every path is normal already
        return path
    return _without_dot_segments(_uniform(path, _UNSAFE_IN_PATH))


def _uniform(text: str, unsafe: re.Pattern[str]) -> str:
    """One spelling: unreserved characters bare, everything unsafe escaped, escapes in upper case."""
    encoded = unsafe.sub(_percent_encoded, text)
    return _ESCAPE.sub(_normal_escape, encoded) if "%" in encoded else encoded


def _percent_encoded(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode("utf-8", "replace"))


def _normal_escape(match: re.Match[str]) -> str:
    character = chr(int(match[0][1:], 16))
    return character if character in _UNRESERVED else match[0].upper()


def _without_dot_segments(path: str) -> str:
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            if kept:
                kept.pop()
        elif segment != ".":
            kept.append(segment)
    if not segments or segments[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)
