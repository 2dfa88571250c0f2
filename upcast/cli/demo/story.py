"""The run of the demo: publish five years of events, read them back, account for every one."""

from __future__ import annotations

import contextlib
import itertools
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from upcast._formats import StreamEntry
from upcast.cli.demo.account import Account, Report
from upcast.cli.demo.producers import Fields, Written, history
from upcast.cli.demo.shop import events
from upcast.streams.embedded import EmbeddedValkey

if TYPE_CHECKING:
    from typing import Self

    import valkey

__all__ = ["tell"]

_STREAM = "orders"
_PAGE = 500

Step: TypeAlias = Callable[[str, int], None]
"""Called with what is being done and how many entries of it were done now."""


def tell(count: int, step: Step) -> Report:
    """Run the demo on a server of its own, which is gone afterwards.

    Args:
        count: How many events to publish, at least 10.
        step: Told of the progress.

    Raises:
        UpcastError: There is no server, or no client for it.
    """
    account = Account()
    with EmbeddedValkey() as server, contextlib.closing(server.client()) as client, _KeptLog() as log:
        started = time.perf_counter()
        for batch in _batches(history(count), _PAGE):
            _publish(client, batch)
            account.wrote(batch)
            step("publish", len(batch))
        published = time.perf_counter()
        codec = events.codec(envelope=StreamEntry())
        for page in _pages(client):
            # Each refused event stands in the list as its error.
            for fields, event in zip(page, codec.decode_many(page, return_errors=True), strict=True):
                account.read(fields, event)
            step("read", len(page))
        finished = time.perf_counter()
        length = cast("int", client.xlen(_STREAM))
    seconds = {"publish": round(published - started, 3), "read": round(finished - published, 3)}
    return account.report(
        length=length,
        logged=log.lines,
        log_line=log.first,
        explanation=str(codec.explain(account.first)),
        seconds=seconds,
    )


# --- the stream -------------------------------------------------------------------------------------------------------


def _batches(written: Iterable[Written], size: int) -> Iterator[list[Written]]:
    rest = iter(written)
    while batch := list(itertools.islice(rest, size)):
        yield batch


def _publish(client: valkey.Valkey, batch: list[Written]) -> None:
    with client.pipeline(transaction=False) as pipeline:
        for written in batch:
            pipeline.xadd(_STREAM, cast("Any", written.fields))
        cast("Any", pipeline).execute()  # has no annotations


def _pages(client: valkey.Valkey) -> Iterator[list[Fields]]:
    """Read the stream from its beginning to its end."""
    last = "-"
    while page := cast("list[tuple[bytes, Fields]]", client.xrange(_STREAM, min=last, count=_PAGE)):
        yield [fields for _, fields in page]
        last = f"({page[-1][0].decode()}"


class _KeptLog(logging.Handler):
    """Keeps what the library logs away from the terminal: the report shows it.

    Attributes:
        first: The first line.
        lines: How many there were.
    """

    _logger = logging.getLogger("upcast")

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.first = ""
        self.lines = 0
        self._propagated = self._logger.propagate

    def emit(self, record: logging.LogRecord) -> None:
        """Count a line."""
        self.first = self.first or record.getMessage()
        self.lines += 1

    def __enter__(self) -> Self:
        self._logger.addHandler(self)
        self._logger.propagate = False
        return self

    def __exit__(self, *_: object) -> None:
        self._logger.propagate = self._propagated
        self._logger.removeHandler(self)
