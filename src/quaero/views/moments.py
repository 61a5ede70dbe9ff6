"""What time it is for people."""

import time


def now_ms() -> int:
    """The time as the machine says."""
    return time.time_ns() // 1_000_000
