"""From a tree to Markdown."""

from turbohtml import Markdown

from quaero.crawler.html_tree import Node


def to_markdown(content: Node, base: str) -> str:
    """Markdown."""
    return content.to_markdown(Markdown(links=Markdown.Links(base_url=base)))
