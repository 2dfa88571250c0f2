"""The consumer: typed events from a stream to handlers, with retries, and with a dead letter office behind them."""

from __future__ import annotations

import asyncio
import math
import signal
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar, overload

import attrs

from upcast._codec import Codec
from upcast.errors import RegistryError
from upcast.streams._consumer._fenced import Fenced
from upcast.streams._consumer._handling import Answer, HandlerFunction, Handlers, Handling
from upcast.streams._consumer._intake import Intake
from upcast.streams._consumer._preparing import Preparation
from upcast.streams._consumer._run import Run, Terms
from upcast.streams._consumer._settling import Place
from upcast.streams._consumer._signals import stop_on
from upcast.streams._consumer._trouble import Patience
from upcast.streams._consumer._unfenced import Unfenced
from upcast.streams._entry import reader
from upcast.streams._names import check_label, new_name, office_key, stream_key
from upcast.streams._server import Server
from upcast.streams.delivery import Delivery
from upcast.streams.errors import PolicyRefused
from upcast.streams.policy import RetryPolicy
from upcast.streams.stats import ConsumerStats

if TYPE_CHECKING:
    import valkey.asyncio

__all__ = ["Consumer"]

EventT = TypeVar("EventT")
OtherT = TypeVar("OtherT")
AnswerT = TypeVar("AnswerT", bound=Answer | Awaitable[Answer])
HandlerT = TypeVar("HandlerT", bound=HandlerFunction)

_HandlerOf: TypeAlias = Callable[[EventT, Delivery], AnswerT]
_Register: TypeAlias = Callable[[_HandlerOf[EventT, AnswerT]], _HandlerOf[EventT, AnswerT]]

_REPLY = 5.0
"""Seconds within which a server answers; a read adds the time it was asked to wait."""


class Consumer:
    """Reads a stream as one of its group, and calls a handler for each event.

    An entry is acknowledged after its handler has returned, or when its exact bytes are in the dead letter office;
    faults cause repeats at most. `print(consumer.policy)` shows what becomes of what.

    Args:
        client: An asyncio client of valkey-py; its settings are used, on connections of our own.
        codec: The finished codec of a registry; whatever its envelope, except `Flat`, entries are read with it.
        stream: The key of the stream.
        group: The consumer group.
        name: A label for this process, for logs and the server's list of consumers. It needs not be unique: on the
            server it is followed by eight digits of each start's own.
        policy: What becomes of a delivery that fails.
        start: Where a group begins that does not exist yet: at the `"beginning"` of the stream, or at its `"end"`, so
            that it skips what is there. None: it must exist.
        concurrency: How many handlers run at the same time. With 1, events are handled in their order, except those
            that come again.
        batch: How many entries wait for a handler or are being handled at most; as many again may wait for their
            settlement.
        min_idle: Seconds after which an entry of a consumer that does not renew it counts as abandoned, and is taken
            over. The longest delay of a retry.
        poll: Seconds between two looks at what is pending, and with it how late a retry may come; a read waits as
            long for new entries, and a second at most.
        grace: Seconds that handlers get to finish when the consumer is stopped.
        fence: Whether settling is done by scripts, so that only the owner of an entry settles it. Without the right to
            run scripts, False: then a consumer that was replaced while it hung can still settle in rare moments.
        record_messages: Whether dead letters keep what exceptions of handlers say, which may be values of the event.

    Raises:
        ClientRefused: The client is of another kind, or decodes what it reads.
        PolicyRefused: A delay of the policy is longer than `min_idle`, or a number means nothing.
        RegistryError: The codec is one for `Flat`.
        StreamError: A name cannot be used.
    """

    def __init__(
        self,
        client: valkey.asyncio.Valkey,
        codec: Codec[Any],
        *,
        stream: str,
        group: str,
        name: str,
        policy: RetryPolicy | None = None,
        start: Literal["beginning", "end"] | None = "beginning",
        concurrency: int = 1,
        batch: int = 100,
        min_idle: float = 60.0,
        poll: float = 0.25,
        grace: float = 20.0,
        fence: bool = True,
        record_messages: bool = False,
    ) -> None:
        policy = policy or RetryPolicy()
        stream_key(stream)
        self._terms = Terms(
            stream,
            check_label(group, "group"),
            check_label(name, "name"),
            policy,
            concurrency,
            batch,
            min_idle,
            poll,
            grace,
        )
        _check_numbers(self._terms)
        Server(client)
        self._client = client
        self._codec = reader(codec)
        self._start: Literal["beginning", "end"] | None = start
        self._fence = fence
        self._record_messages = record_messages
        self._handlers = Handlers()
        self._stats = ConsumerStats()
        self._run: Run | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stops = 0

    def __repr__(self) -> str:
        return f"<Consumer {self._terms.name} of group {self._terms.group} on {self._terms.stream}>"

    @property
    def policy(self) -> RetryPolicy:
        """What becomes of a delivery that fails; printable as a table."""
        return self._terms.policy

    @property
    def stats(self) -> ConsumerStats:
        """What was done so far; it goes on counting."""
        return self._stats

    @overload
    def on(self, cls: type[EventT], /) -> _Register[EventT, AnswerT]: ...
    @overload
    def on(self, cls: type[EventT], other: type[OtherT], /) -> _Register[EventT | OtherT, AnswerT]: ...
    @overload
    def on(self, *classes: type) -> Callable[[HandlerT], HandlerT]: ...

    def on(self, *classes: type) -> Callable[[HandlerT], HandlerT]:
        """Register a handler for classes: `handler(event, delivery)`, async or sync, returning a settlement or None.

        A sync handler runs in a thread, of which there are `concurrency`. A handler for several events of a split is
        called for each in turn; all are acknowledged together, and repeated together.

        Raises:
            RegistryError: It takes other arguments, or one of the classes has a handler already.
        """
        if not all(isinstance(cls, type) for cls in classes):
            raise RegistryError("@consumer.on takes classes: write @consumer.on(OrderPlaced)")
        if not classes:
            raise RegistryError("name the classes: @consumer.on(OrderPlaced), or @consumer.on_other for all others")

        def register(function: HandlerT) -> HandlerT:
            self._handlers.add(classes, function)
            return function

        return register

    def on_other(self, function: HandlerT) -> HandlerT:
        """Register a handler for every class that has none.

        Raises:
            RegistryError: It takes other arguments, or there is one already.
        """
        self._handlers.add((), function)
        return function

    def ignore(self, *classes: type) -> None:
        """Acknowledge events of these classes without handling them.

        Raises:
            RegistryError: One of them has a handler.
        """
        self._handlers.ignore(classes)

    def stop(self) -> None:
        """End the run: finish what is in hand, hand back the rest. A second time: hand back what is in hand, too.

        From any thread. Before `run`, it makes that end at once.
        """
        self._stops += 1
        if self._run is None or self._loop is None:
            return
        try:
            here = asyncio.get_running_loop() is self._loop
        except RuntimeError:
            here = False
        if here:
            self._run.stop()
        else:
            self._loop.call_soon_threadsafe(self._run.stop)

    async def run(
        self, *, signals: Iterable[signal.Signals] = (signal.SIGTERM, signal.SIGINT), until_settled: bool = False
    ) -> None:
        """Consume until stopped, by `stop` or a signal; a second signal hands back what is in hand, too.

        While the server is away it is waited for. When this is cancelled, what is in hand is handed back.

        Args:
            signals: Those that stop it; none where the program has handlers of its own, or outside the main thread.
            until_settled: Whether to end when the group has nothing unread and nothing pending: for tests, and for
                jobs that run from time to time. What waits for another attempt is waited for.

        Raises:
            UnhandledTypes: An event type of the codec is neither handled nor ignored.
            GroupMissing: The group does not exist and shall not be created, or was removed.
            ServerRefused: The server refuses for good: rights, or a key of another type.
            RegistryError: It runs already, or a handler is for a class that the codec does not know.
        """
        if self._run is not None:
            raise RegistryError(f"{self!r} runs already")
        handlers = self._handlers.resolved(self._codec.classes)
        terms = self._terms
        name = new_name(terms.name)
        self._loop = asyncio.get_running_loop()
        stream, office = stream_key(terms.stream), office_key(terms.stream)
        server = Server(self._client, timeout=_REPLY)
        reading = Server(self._client, timeout=_REPLY + terms.poll)
        place = Place(server, stream, office, terms.group)
        settler = Fenced(place) if self._fence else Unfenced(place)
        patience = Patience(terms.stream, terms.group)
        self._run = Run(
            attrs.evolve(terms, name=name),
            Preparation(place, settler, patience, self._start),
            Handling(self._codec, handlers, terms.stream, terms.group, self._record_messages),
            Intake(reading, place, settler, name=name, min_idle=round(terms.min_idle * 1000)),
            settler,
            self._stats,
        )
        try:
            with stop_on(signals, self.stop):
                for _ in range(self._stops):
                    self._run.stop()
                await self._run.go(until_settled=until_settled)
        finally:
            self._run = self._loop = None
            self._stops = 0
            await reading.close()
            await server.close()


def _check_numbers(terms: Terms) -> None:
    for name, least in (("concurrency", 1), ("batch", 1)):
        value = getattr(terms, name)
        if type(value) is not int or value < least:
            raise PolicyRefused(f"{name} must be an integer from {least}, not {value!r}")
    for name, least_seconds in (("min_idle", 0.01), ("poll", 0.001), ("grace", 0.0)):
        value = getattr(terms, name)
        if not isinstance(value, int | float) or not least_seconds <= value < math.inf:
            raise PolicyRefused(f"{name} must be a number of seconds from {least_seconds}, not {value!r}")
    for name in ("max_delay", "newer_delay"):
        delay = getattr(terms.policy, name)
        if delay > terms.min_idle:
            raise PolicyRefused(
                f"the policy's {name} of {delay:g} s is longer than min_idle of {terms.min_idle:g} s, after which an "
                f"entry counts as abandoned: shorten the one, or lengthen the other"
            )
