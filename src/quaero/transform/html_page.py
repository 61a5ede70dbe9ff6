"""A page as an HTML file that stands on its own: it loads nothing, runs nothing, and shows where it comes from."""

from collections.abc import Sequence
from html import escape
from typing import Final

import nh3
from markdown_it.renderer import RendererHTML
from markdown_it.utils import EnvType, OptionsDict

from quaero.transform import Page
from quaero.transform.markdown_tree import Token, parser

_TAGS: Final = {
    *("p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code"),
    *("em", "strong", "s", "del", "a", "table", "thead", "tbody", "tr", "th", "td"),
}
_ATTRIBUTES: Final = {"a": {"href", "title"}, "ol": {"start"}, "code": {"class"}}
_SCHEMES: Final = {"http", "https", "mailto", "tel"}
_STYLE: Final = (
    "body{max-width:48rem;margin:2rem auto;padding:0 1rem;font:1rem/1.5 sans-serif}"
    "pre{overflow:auto;padding:.5rem;background:#f4f4f4}table{border-collapse:collapse}"
    "th,td{border:1px solid #bbb;padding:.2rem .5rem}"
)
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"


def html_page(page: Page) -> str:
    """The whole file. Images are links: they would be loaded from elsewhere."""
    language = f' lang="{escape(page.language)}"' if page.language else ""
    return (
        f"<!doctype html>\n<html{language}>\n<head>\n"
        '<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{escape(page.title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"<main>\n{_body(page.markdown)}</main>\n{_source(page.url)}</body>\n</html>\n"
    )


def _body(markdown: str) -> str:
    rendered = _renderer().render(parser().parse(markdown), parser().options, {})
    return nh3.clean(
        rendered, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes=_SCHEMES, link_rel="noopener noreferrer"
    )


def _source(url: str) -> str:
    if not url:
        return ""
    footer = f'<footer><p>Source: <a href="{escape(url)}">{escape(url)}</a></p></footer>'
    return (
        nh3.clean(
            footer, tags={"footer", "p", "a"}, attributes={"a": {"href"}}, url_schemes={*_SCHEMES, "file"}
        )
        + "\n"
    )


class _Renderer(RendererHTML):
    """Markdown without anything that a browser would load."""

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[idx]
        name = self.renderInlineAsText(token.children, options, env) if token.children else ""
        source = str(token.attrGet("src") or "")
        return f'<a href="{escape(source)}">{escape(name or source)}</a>'


def _renderer() -> _Renderer:
    return _Renderer(parser())
