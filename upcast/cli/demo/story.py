"""The run of the demo: five years of events, a night with a bug, and the morning after the fix."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import attrs

from upcast._formats import StreamEntry
from upcast.cli.demo.account import Account, Found
from upcast.cli.demo.billing import GROUP, STREAM, Ledger, consumer_of
from upcast.cli.demo.kept_log import KeptLog
from upcast.cli.demo.producers import Written, history
from upcast.cli.demo.report import Morning, report_on
from upcast.cli.demo.shop import events, fixed
from upcast.streams.office import DeadLetterOffice

if TYPE_CHECKING:
    from valkey.asyncio import Valkey

    from upcast.cli.demo.report import Report
    from upcast.streams.consumer import Consumer
    from upcast.streams.embedded import EmbeddedValkey

__all__ = ["Step", "tell"]

_PAGE = 500
_LOOK = 0.02
"""Seconds between two looks at how far a consumer is."""
_PATIENCE = 15.0
"""Seconds without any progress after which the demo stops waiting, and its account tells what is missing."""

Step: TypeAlias = Callable[[str, int, int], None]
"""Called with what is being done, how much of it was done now, and how much there is to do."""


def tell(server: EmbeddedValkey, count: int, step: Step) -> Report:
    """Run the demo.

    Args:
        server: A server without data.
        count: How many events to publish, at least 10.
        step: Told of the progress.

    Raises:
        UpcastError: There is no client for the server, or the server refuses.
        ValkeyError: The server is lost.
    """
    return asyncio.run(_tell(server, count, _heeding(step)))


def _heeding(step: Step) -> Step:
    """A step that does not go on after Ctrl-C: `asyncio.wait_for` of Python 3.11 can lose the cancellation."""

    def heed(doing: str, done: int, total: int) -> None:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise asyncio.CancelledError
        step(doing, done, total)

    return heed


async def _tell(server: EmbeddedValkey, count: int, step: Step) -> Report:
    account, ledger, clock = Account(), Ledger(), _Clock()
    today, mended = events.codec(envelope=StreamEntry()), fixed.codec(envelope=StreamEntry())
    async with server.async_client() as client:
        office = DeadLetterOffice(client, STREAM)
        with KeptLog() as log:
            with clock("publish"):
                await _publish(client, count, account, step)
            consumer = consumer_of(client, today, ledger, name="billing-1")
            with clock("consume"):
                await _consume(consumer, count, "consume", step)
            letters = [letter async for letter in office.letters()]
            groups = await office.groups()
            with clock("check"):
                check = await office.check(mended, progress=lambda done: step("check", done, len(letters)))
            with clock("replay"):
                replayed = await office.replay(
                    only_passing=mended,
                    by="upcast demo",
                    progress=lambda done: step("replay", done, len(letters)),
                )
                given = replayed.returned + replayed.added
                await _consume(consumer_of(client, mended, ledger, name="billing-2"), given, "handle", step)
        found = Found(
            cast("int", await client.xlen(STREAM)),
            await _unsettled(client),
            letters,
            [letter async for letter in office.letters()],
            ledger.bookings,
            consumer.stats.retried,
            log.lines,
        )
    morning = Morning(groups, check, replayed)
    return report_on(account, found, ledger, morning, today, log_line=log.first, seconds=clock.seconds)


async def _publish(client: Valkey, count: int, account: Account, step: Step) -> None:
    for batch in _batches(history(count), _PAGE):
        # As programs do that know nothing of `upcast`.
        pipeline: Any = client.pipeline(transaction=False)  # has no annotations
        for written in batch:
            pipeline.xadd(STREAM, written.fields)
        account.wrote(await pipeline.execute(), batch)
        step("publish", len(batch), count)


def _batches(written: Iterable[Written], size: int) -> Iterator[list[Written]]:
    rest = iter(written)
    while batch := list(itertools.islice(rest, size)):
        yield batch


async def _consume(consumer: Consumer, total: int, doing: str, step: Step) -> None:
    """Run a consumer until so many entries are settled, or nothing happens any more."""
    stats = consumer.stats
    # Ctrl-C ends the whole demo, not just this.
    running = asyncio.create_task(consumer.run(signals=()))
    try:
        settled, before, since = 0, attrs.astuple(stats), time.monotonic()
        while settled < total and not running.done() and time.monotonic() - since < _PATIENCE:
            await asyncio.sleep(_LOOK)
            done = stats.acked + stats.rejected
            step(doing, done - settled, total)
            settled = done
            if before != attrs.astuple(stats):
                before, since = attrs.astuple(stats), time.monotonic()
    finally:
        consumer.stop()
        await running


async def _unsettled(client: Valkey) -> int:
    """How many entries the group has pending, or has not read yet."""
    groups = cast("list[dict[str, Any]]", await client.xinfo_groups(STREAM))
    return sum(group["pending"] + (group["lag"] or 0) for group in groups if group["name"] == GROUP.encode())


class _Clock:
    """Notes how long each part takes.

    Attributes:
        seconds: By part.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextlib.contextmanager
    def __call__(self, part: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.seconds[part] = round(time.perf_counter() - started, 3)
