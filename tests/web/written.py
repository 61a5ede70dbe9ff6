"""Definitions for the tests of pages, as people would write them; some with a script in their texts."""

from quaero.jobs.engine import Engine

HOSTILE = "<script>document.title = 'run'</script>"
STEP = '[[steps]]\nname = "work"\naction = "script"\n'
DOCS = f"""id = "docs"
name = "The docs {HOSTILE}"
description = "All pages {HOSTILE}"
tags = ["python", "{HOSTILE}"]
schedule = "0 3 * * *"
timezone = "Europe/Paris"
{STEP}"""
WIKI = f'id = "wiki"\nname = "The wiki"\n{STEP}'


async def keep(engine: Engine, *texts: str) -> None:
    """Import definitions from their texts."""
    files = [(f"{number}.toml", text.encode()) for number, text in enumerate(texts)]
    await engine.control.keep(*await engine.control.read_all(files))
