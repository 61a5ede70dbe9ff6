"""`make real`, as far as it goes without a crawl; the crawls are its own business."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[2] / "tools" / "real.py"


@pytest.mark.parametrize(
    ("made", "complaint"), [(False, "is not a folder"), (True, "has no index.html to begin with")]
)
def test_a_site_that_cannot_be_crawled_is_told_in_one_line(
    made: bool, complaint: str, tmp_path: Path
) -> None:
    site = tmp_path / "site"
    if made:
        site.mkdir()
    done = subprocess.run(
        [sys.executable, PROGRAM],
        env={**os.environ, "SITE": str(site)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines() == [f"real: {site} {complaint}"]
