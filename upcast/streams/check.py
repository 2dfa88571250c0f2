"""Today's code over a real stream: what every kind of event in it would come to, without touching anything."""

from __future__ import annotations

import asyncio
import itertools
import math
from collections.abc import AsyncGenerator, Callable
from typing import Any, TypeAlias

import attrs
import valkey.asyncio

from upcast._codec import Codec
from upcast.streams._entry import entry_number, fields_of, number_id, reader
from upcast.streams._names import stream_key
from upcast.streams._reading import PAGE, Entry, ask, pages, range_of
from upcast.streams._server import Server
from upcast.streams._tally import Failed, Tally, judge
from upcast.streams.errors import RequestRefused

__all__ = ["CheckedKind", "Failed", "StreamCheck", "check_stream"]

Span: TypeAlias = tuple[int, int]
"""Two numbers of entry ids, and all that lies between them."""

_RUN = 10
"""How many entries are read at most where a window of a sample begins."""


@attrs.frozen
class CheckedKind:
    """What a check found out about events of one type and version.

    Attributes:
        event_type: The type as stored, or None where it could not be read.
        schema_version: The version as stored, or None where there is none or it could not be read.
        seen: How many were read.
        passed: How many of them the codec reads.
        failures: Why it does not read the others, the most frequent first.
    """

    event_type: str | None
    schema_version: int | None
    seen: int
    passed: int
    failures: tuple[Failed, ...]


@attrs.frozen
class StreamCheck:
    """How much of a stream the codec at hand reads.

    Attributes:
        stream: The key of the stream.
        length: How many entries it had; 0 for an empty one and for none.
        sampled: How many of them were read.
        whole: Whether that was every one.
        kinds: What was found out by event type and version.
    """

    stream: str
    length: int
    sampled: int
    whole: bool
    kinds: tuple[CheckedKind, ...]

    @property
    def passed(self) -> int:
        """How many the codec reads."""
        return sum(kind.passed for kind in self.kinds)

    @property
    def failed(self) -> int:
        """How many it does not read."""
        return self.sampled - self.passed

    def __str__(self) -> str:
        if not self.length:
            return f"{self.stream}: no entries"
        read = "all" if self.whole else f"a sample of {self.sampled} of"
        lines = [f"{self.stream}: {read} {self.length} entries read, {self.passed} pass, {self.failed} fail"]
        names = [_name(kind) for kind in self.kinds]
        width = max(map(len, names))
        for name, kind in zip(names, self.kinds, strict=True):
            lines.append(f"  {name:<{width}}  {kind.passed} of {kind.seen} pass")
            lines += [f"    {failed}" for failed in kind.failures]
        return "\n".join(lines)


def _name(kind: CheckedKind) -> str:
    version = "" if kind.schema_version is None else f" v{kind.schema_version}"
    return f"{kind.event_type or '(no type)'}{version}"


async def check_stream(
    client: valkey.asyncio.Valkey,
    codec: Codec[Any],
    stream: str,
    *,
    sample: int = 10_000,
    progress: Callable[[int, int], None] | None = None,
) -> StreamCheck:
    """Find out what today's code makes of what is in a stream; it is only read.

    A stream of at most *sample* entries is read from end to end, as far as it went when the check began. Of a longer
    one a systematic sample is read, spread over time: the span from its first to its last entry is cut into windows of
    equal length, and of each the first few entries are read. Where windows hold less than their share, the rest is
    spread over what is still unread, so that a stream that was filled in bursts is sampled as densely as any. No
    chance is involved: the same stream gives the same sample. What is rare can be missed; only `whole` says that
    nothing was.

    Args:
        client: A client of the stream's server.
        codec: Today's; its envelope does not matter, unless it is `Flat`.
        stream: The key of the stream. One that does not exist has no entries.
        sample: How many entries are read at most.
        progress: Called with how many entries are done and how many there are to do, now and then.

    Raises:
        RequestRefused: *sample* is less than 1.
        RegistryError: The codec is one for `Flat` events.
        ClientRefused: The client decodes what it reads.
        ServerRefused: The key holds no stream, or the right to read it is missing.
        ServerUnavailable: The server is not there, or went away. Nothing is tried again: a person waits.
    """
    if sample < 1:
        raise RequestRefused(f"a sample has 1 entry at least, not {sample!r}")
    server, key, plan = Server(client), stream_key(stream), reader(codec)
    length, first, last = await ask(
        server, [("XLEN", key), ("XRANGE", key, "-", "+", "COUNT", 1), ("XREVRANGE", key, "+", "-", "COUNT", 1)]
    )
    if not (first and last):
        return StreamCheck(stream, 0, 0, True, ())
    begin, end = first[0][0], last[0][0]
    whole, goal = length <= sample, min(length, sample)
    kinds: dict[tuple[str | None, int | None], Tally] = {}
    done = 0
    source = pages(server, key, begin.decode(), end.decode()) if whole else _sample(server, key, begin, end, sample)
    async for entries in source:
        for entry_id, values in entries:
            failure = judge(plan, values)
            kind = _kind(values) if failure is None else (failure.event_type, failure.schema_version)
            kinds.setdefault(kind, Tally()).add(failure, entry_id.decode())
        done += len(entries)
        if progress is not None:
            progress(done, goal)
        await asyncio.sleep(0)
    found = sorted(kinds.items(), key=lambda item: (item[0][0] or "", item[0][1] or 0))
    checked = tuple(CheckedKind(*kind, tally.total, tally.passed, tally.failures) for kind, tally in found)
    return StreamCheck(stream, length, done, whole, checked)


def _kind(values: list[bytes]) -> tuple[str | None, int | None]:
    """Type and version of an entry that the codec has read."""
    fields = fields_of(values)
    version = fields.get(b"schema_version")
    return fields[b"type"].decode(), None if version is None else int(version)


async def _sample(
    server: Server, key: bytes, first: bytes, last: bytes, sample: int
) -> AsyncGenerator[list[Entry], None]:
    # Few windows with one entry each would beat in time with what comes in turns.
    run = min(_RUN, math.isqrt(sample))
    unread = [(_number(first), _number(last))]
    while unread and sample:
        wanted = max(1, sample // run)
        spans, unread = _evenly(unread, wanted)
        windows = _cut(await _shrunk(server, key, spans), wanted)
        size = min(run, sample)
        for begin in range(0, len(windows), PAGE // run):
            some = windows[begin : begin + PAGE // run]
            found = await ask(server, [range_of(key, number_id(start), number_id(end), size) for start, end in some])
            for (_, end), entries in zip(some, found, strict=True):
                # A window that gives less than was asked for holds no more.
                if len(entries) == size and (after := _number(entries[-1][0]) + 1) <= end:
                    unread.append((after, end))
            page = [(entry_id, values) for entries in found for entry_id, values in entries]
            sample -= len(page)
            if page:
                yield page


async def _shrunk(server: Server, key: bytes, spans: list[Span]) -> list[Span]:
    """Spans that end with their last entry, without those that have none: what is empty needs no windows."""
    shrunk: list[Span] = []
    for start in range(0, len(spans), PAGE):
        some = spans[start : start + PAGE]
        found = await ask(
            server, [("XREVRANGE", key, number_id(high), number_id(low), "COUNT", 1) for low, high in some]
        )
        shrunk += [(low, _number(entries[0][0])) for (low, _), entries in zip(some, found, strict=True) if entries]
    return shrunk


def _number(entry_id: bytes) -> int:
    number = entry_number(entry_id.decode())
    assert number is not None, "the server's ids are complete"
    return number


def _evenly(spans: list[Span], most: int) -> tuple[list[Span], list[Span]]:
    """As many of the spans as there may be, taken evenly, and those that are left."""
    places = {place * len(spans) // most for place in range(most)} if most < len(spans) else set(range(len(spans)))
    return (
        [span for place, span in enumerate(spans) if place in places],
        [span for place, span in enumerate(spans) if place not in places],
    )


def _cut(spans: list[Span], wanted: int) -> list[Span]:
    """Cut each span into equal windows, about as many in all as are wanted."""
    each = max(1, wanted // max(1, len(spans)))
    windows: list[Span] = []
    for low, high in spans:
        edges = sorted({low + (high - low + 1) * number // each for number in range(each + 1)})
        windows += [(start, end - 1) for start, end in itertools.pairwise(edges)]
    return windows
