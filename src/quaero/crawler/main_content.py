"""The part of a page that a reader came for."""

from typing import Literal

from quaero.crawler.html_tree import Document, Element, Node


def content_of(document: Document, extract: Literal["main", "full"]) -> Node:
    """first cut"""
    b = document.select_one("body") or document
    b.remove("script,style,noscript,template,svg")
    return document.select_one("main,[role=main],article") or b
