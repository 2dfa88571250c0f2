"""Signals that end a consumer, for as long as it runs."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

__all__ = ["stop_on"]


class _Stopper:
    """A handler that stops one consumer and passes the signal on to another consumer's, so that all of them stop."""

    def __init__(self, stop: Callable[[], None], loop: asyncio.AbstractEventLoop) -> None:
        self.stop: Callable[[], None] | None = stop
        self._loop = loop
        self.before: Any = None

    def __call__(self, number: int, frame: object) -> None:
        if self.stop is not None:
            self._loop.call_soon_threadsafe(self.stop)
        if isinstance(self.before, _Stopper):
            self.before(number, frame)


@contextlib.contextmanager
def stop_on(signals: Iterable[signal.Signals], stop: Callable[[], None]) -> Iterator[None]:
    """Call *stop* in the running loop when one of *signals* arrives.

    Does nothing outside the main thread, where Python does not allow it.
    """
    stoppers: dict[signal.Signals, _Stopper] = {}
    if threading.current_thread() is threading.main_thread():
        for number in signals:
            stopper = stoppers[number] = _Stopper(stop, asyncio.get_running_loop())
            stopper.before = signal.signal(number, stopper)
    try:
        yield
    finally:
        for number, stopper in stoppers.items():
            stopper.stop = None
            # Consumers end in any order: a stopper that another has wrapped stays, and only passes on.
            installed: Any = signal.getsignal(number)
            if installed is stopper:
                signal.signal(number, _still_wanted(stopper.before))


def _still_wanted(before: Any) -> Any:
    """What was installed before, leaving out consumers that have ended meanwhile."""
    while isinstance(before, _Stopper) and before.stop is None:
        before = before.before
    return before
