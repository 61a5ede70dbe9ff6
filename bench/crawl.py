"""A whole site crawled by `quaero crawl` as people run it, beside Scrapy on the same server in the same rounds.

Ours fetches, finds links, takes the main content, makes Markdown and metadata, and stores every page durably, indexed.
Scrapy, in an environment of its own, finds links and stores the raw bodies. Both hold eight connections.
"""

import argparse
import json
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import apsw

from support import program
from support.figures import Figure, interleaved, print_figures, ratio_of_medians
from support.peers import PeerMissingError, peer_python
from support.sites import Missing, site_folders, site_pages

_SCRAPY: Final = "scrapy==2.19.0"
_HERE: Final = Path(__file__).parent
