"""What a child process does to itself before it touches what strangers have written: limits, and a pipe of its own."""

import os
import signal
import sys
from typing import BinaryIO

if sys.platform != "win32":
    import resource

_STDOUT, _STDERR = 1, 2


def confine(memory_bytes: int) -> BinaryIO:
    """Keep to so much memory and leave interrupts to the parent; the pipe for answers, which used to be stdout.

    Whatever prints from now on, prints to stderr.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform != "win32":  # there only the parent's deadline holds
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answers = os.fdopen(os.dup(_STDOUT), "wb")
    os.dup2(_STDERR, _STDOUT)
    return answers


def allow_cpu(seconds: int) -> None:
    """So much time on the processor from now on: the net under the parent's deadline, also when the parent is gone."""
    if sys.platform == "win32":
        return
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(usage.ru_utime + usage.ru_stime) + 1 + seconds, hard))
