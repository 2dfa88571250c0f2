"""Work on many event types by as many processes as there are cores, where that is safe."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

__all__ = ["spread"]

ResultT = TypeVar("ResultT")

_FROM = 40  # fewer types are done before the processes are worth their while
_CHUNK = 8

_work: Callable[[str], Any] | None = None
"""What the processes do; they are copies of this one, so it need not be sent."""


def spread(work: Callable[[str], ResultT], names: Sequence[str]) -> Iterator[ResultT]:
    """What *work* makes of each name, in their order.

    A process is only copied where that is known to be sound: on Linux, and while it has one thread. What the copies
    change, such as the state of the user's modules, is theirs alone.
    """
    global _work  # noqa: PLW0603  # handed to the copies
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1
    if cores < 2 or len(names) < _FROM or threading.active_count() > 1:
        yield from map(work, names)
        return
    _work = work
    try:
        with multiprocessing.get_context("fork").Pool(cores, _start) as pool:
            yield from pool.imap(_do, names, _CHUNK)
    finally:
        _work = None


def _start() -> None:
    # Ctrl-C reaches all of them; the one that started them answers it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _do(name: str) -> Any:
    assert _work is not None
    return _work(name)
