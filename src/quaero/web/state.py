"""What the routes share."""

import asyncio
from dataclasses import dataclass, field
from typing import Annotated, cast

from fastapi import Depends, Request

from quaero.jobs.engine import Engine
from quaero.settings import Settings
from quaero.web.access import Access
from quaero.web.feed.feed import Feed
from quaero.web.meters import Meters
from quaero.web.rendering import Rendering
from quaero.web.sample_site import SampleSite
from quaero.web.store_metrics import StoreCollector


@dataclass(frozen=True, slots=True)
class Web:
    """One server over one engine. `closing` is set when it begins to stop: streams end then."""

    engine: Engine
    settings: Settings
    access: Access
    rendering: Rendering
    feed: Feed
    meters: Meters
    collector: StoreCollector
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    sample_site: SampleSite = field(default_factory=SampleSite)


def _web(request: Request) -> Web:
    return cast(Web, request.app.state.web)


WebState = Annotated[Web, Depends(_web)]
"""The type of a parameter that a route gets its `Web` by."""
