"""The consumer: who is called with what, how it settles, how it ends."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
import time
from typing import TYPE_CHECKING, Any

import attrs
import msgspec
import pytest

from streams.shop import (
    BasketSaved,
    EmailChanged,
    NameChanged,
    OrderPlaced,
    UserRegistered,
    order,
    order_v1,
)
from streams.site import CODEC, QUICK, Site, consumer_of, entry, running, until
from upcast import Flat, Registry
from upcast.errors import RegistryError
from upcast.streams import Ack, Consumer, DeadLetterOffice, Delivery, Reject, Retry, RetryPolicy, Selection
from upcast.streams.errors import GroupMissing, PolicyRefused, ServerRefused, StreamError, UnhandledTypes

if TYPE_CHECKING:
    import valkey.asyncio

PROFILE = b'{"user_id": "u-1", "name": "Ada", "email": "ada@example.org"}'


@attrs.define
class Seen:
    """A handler that remembers, and answers what it is told to."""

    answer: Any = None
    events: list[Any] = attrs.field(factory=list)
    deliveries: list[Delivery] = attrs.field(factory=list)

    async def __call__(self, event: object, delivery: Delivery) -> Any:
        """Remember."""
        self.events.append(event)
        self.deliveries.append(delivery)
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


async def handle_nothing(event: object, delivery: Delivery) -> None:
    """A handler."""


def make(client: valkey.asyncio.Valkey, **settings: Any) -> Consumer:
    """A consumer without handlers."""
    return Consumer(client, CODEC, stream="orders", group="billing", name="billing-1", **settings)


# --- what is found before anything is read ----------------------------------------------------------------------------


async def test_a_known_type_without_handler_is_refused(site: Site) -> None:
    """The error names the classes, and each way out works."""
    consumer = make(site.client)
    consumer.on(OrderPlaced)(handle_nothing)
    consumer.ignore(BasketSaved, UserRegistered, NameChanged)

    with pytest.raises(
        UnhandledTypes, match=r"no handler for EmailChanged: .*consumer.ignore\(EmailChanged\)"
    ) as raised:
        await consumer.run()

    assert raised.value.classes == ("EmailChanged",)
    consumer.on_other(handle_nothing)
    consumer.stop()
    await consumer.run()


def test_mistakes_in_handlers_are_found_where_they_are_registered(client: valkey.asyncio.Valkey) -> None:
    """A signature that cannot be called, a class twice, no class at all."""
    consumer = make(client)
    consumer.on(OrderPlaced)(handle_nothing)
    consumer.on_other(handle_nothing)

    with pytest.raises(RegistryError, match="two arguments"):
        consumer.on(BasketSaved)(lambda event: None)  # type: ignore[arg-type, misc]  # that is the mistake
    with pytest.raises(RegistryError, match="OrderPlaced is handled or ignored already"):
        consumer.ignore(OrderPlaced)
    with pytest.raises(RegistryError, match="catch-all already"):
        consumer.on_other(handle_nothing)
    with pytest.raises(RegistryError, match="name the classes"):
        consumer.on()
    with pytest.raises(RegistryError, match="takes classes"):
        consumer.on(handle_nothing)  # type: ignore[arg-type]  # that is the mistake


async def test_a_handler_for_a_class_that_never_comes_is_refused(client: valkey.asyncio.Valkey) -> None:
    """Somebody thinks it is handled."""
    consumer = make(client)
    consumer.on_other(handle_nothing)
    consumer.on(int)(handle_nothing)

    with pytest.raises(RegistryError, match="knows no int"):
        await consumer.run()


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"concurrency": 0}, "concurrency"),
        ({"batch": True}, "batch"),
        ({"min_idle": float("nan")}, "min_idle"),
        ({"poll": 0}, "poll"),
        ({"grace": -1}, "grace"),
        ({"min_idle": 5.0}, "max_delay of 30 s is longer than min_idle of 5 s"),
        ({"policy": RetryPolicy(max_delay=1, newer_delay=9), "min_idle": 5.0}, "newer_delay"),
    ],
)
def test_numbers_that_mean_nothing_are_refused(
    client: valkey.asyncio.Valkey, settings: dict[str, Any], named: str
) -> None:
    """With the name of the number, and where two do not fit, with both."""
    with pytest.raises(PolicyRefused, match=named):
        make(client, **settings)


def test_names_and_codecs_that_cannot_be_used_are_refused(client: valkey.asyncio.Valkey) -> None:
    """Before the first round trip."""
    for names in ({"group": "a b"}, {"name": ""}, {"stream": ""}):
        with pytest.raises(StreamError):
            Consumer(client, CODEC, **{"stream": "orders", "group": "billing", "name": "billing-1"} | names)
    with pytest.raises(RegistryError, match=r"got a Registry: pass events\.codec\(\)"):
        Consumer(client, Registry(), stream="orders", group="billing", name="billing-1")  # type: ignore[arg-type]  # as above
    with pytest.raises(RegistryError, match="make a codec"):
        Consumer(client, Registry().codec(envelope=Flat()), stream="orders", group="billing", name="billing-1")


# --- who is called with what ------------------------------------------------------------------------------------------


async def test_a_handler_gets_todays_object_and_its_delivery(site: Site) -> None:
    """Whatever the version stored."""
    seen = Seen()
    entry_id = await site.add(entry("order.placed", 1, order_v1(7), id=b"evt-7", traceparent=b"00-1"))

    async with running(consumer_of(site.client, seen)):
        await until(site.done)

    (delivery,) = seen.deliveries
    assert seen.events == [OrderPlaced(order_id="o-7", cents=1250)]
    assert (delivery.stream, delivery.group, delivery.id) == ("orders", "billing", entry_id)
    assert (delivery.event_type, delivery.schema_version, delivery.event_id) == ("order.placed", 1, "evt-7")
    assert (delivery.attempt, delivery.index, delivery.replays) == (1, 0, 0)
    assert delivery.fields[b"traceparent"] == b"00-1"


async def test_each_class_has_its_handler_and_what_is_ignored_has_none(site: Site) -> None:
    """The catch-all gets the rest, async and sync side by side, in the order of the stream."""
    calls: list[str] = []
    consumer = consumer_of(site.client, lambda event, delivery: calls.append(f"other {type(event).__name__}"))
    consumer.ignore(NameChanged)

    @consumer.on(OrderPlaced)
    async def placed(event: OrderPlaced, delivery: Delivery) -> Ack:
        calls.append(event.order_id)
        return Ack()

    await site.orders(1)
    await site.add(entry("user.registered", 1, b'{"user_id": "u-1"}'))
    await site.add(entry("user.name-changed", 1, b'{"user_id": "u-1", "name": "Ada"}'))
    await site.orders(2)

    async with running(consumer):
        await until(site.done)

    assert calls == ["o-1", "other UserRegistered", "o-2"]
    assert consumer.stats.acked == consumer.stats.delivered == 4


async def test_parts_of_a_split_are_handled_in_order_and_settled_together(site: Site) -> None:
    """If the second fails, both come again; `index` tells them apart."""
    calls: list[tuple[int, int]] = []
    consumer = consumer_of(site.client, Seen())

    @consumer.on(NameChanged)
    def name(event: NameChanged, delivery: Delivery) -> None:
        calls.append((delivery.index, delivery.attempt))

    @consumer.on(EmailChanged)
    async def email(event: EmailChanged, delivery: Delivery) -> None:
        calls.append((delivery.index, delivery.attempt))
        if delivery.attempt == 1:
            raise ConnectionError

    await site.add(entry("user.profile-updated", 1, PROFILE))
    async with running(consumer):
        await until(site.done)

    assert calls == [(0, 1), (1, 1), (0, 2), (1, 2)]


async def test_order_is_kept_with_concurrency_1(site: Site) -> None:
    """Over several batches, with handlers that give way."""
    numbers: list[int] = []

    async def handle(event: OrderPlaced, delivery: Delivery) -> None:
        await asyncio.sleep(0)
        numbers.append(event.cents)

    await site.orders(*range(50))
    async with running(consumer_of(site.client, handle, batch=7)):
        await until(site.done)

    assert numbers == list(range(50))


@pytest.mark.parametrize("kind", ["async", "sync"])
async def test_no_more_handlers_run_at_once_than_allowed(site: Site, kind: str) -> None:
    """And as many as that do."""
    now, most = 0, 0
    lock = threading.Lock()

    def count(change: int) -> None:
        nonlocal now, most
        with lock:
            now += change
            most = max(most, now)

    async def handle(event: object, delivery: Delivery) -> None:
        count(1)
        await asyncio.sleep(0.02)
        count(-1)

    def handle_sync(event: object, delivery: Delivery) -> None:
        count(1)
        time.sleep(0.02)
        count(-1)

    await site.orders(*range(20))
    handler = handle if kind == "async" else handle_sync
    async with running(consumer_of(site.client, handler, concurrency=4)):
        await until(site.done)

    assert most == 4


async def test_a_free_worker_has_the_next_entry_at_once(site: Site) -> None:
    """Also while the others are busy for long with most of what can be in hand."""
    entered: list[str] = []
    opened = asyncio.Event()

    async def handle(event: object, delivery: Delivery) -> None:
        entered.append(delivery.id)
        await opened.wait()

    await site.orders(*range(3))
    async with running(consumer_of(site.client, handle, concurrency=4, batch=4)):
        await until(lambda: len(entered) == 3)
        await site.orders(3)
        await until(lambda: len(entered) == 4)
        opened.set()
        await until(site.done)


async def test_many_entries_come_in_few_reads(site: Site) -> None:
    """However slowly room is made for them: each handler gives way, so that there is room for one more after each."""

    async def handle(event: object, delivery: Delivery) -> None:
        await asyncio.sleep(0)

    await site.orders(*range(400))
    await site.call("CONFIG", "RESETSTAT")
    async with running(consumer_of(site.client, handle, batch=40)):
        await until(site.done)
        calls = await site.call("INFO", "commandstats")

    reads = next(line for line in calls.decode().splitlines() if line.startswith("cmdstat_xreadgroup:"))
    assert int(reads.partition("calls=")[2].partition(",")[0]) <= 40


async def test_sync_handlers_do_not_hold_up_the_loop(site: Site) -> None:
    """They run in a thread, many to a hop; an async handler in between has its turn."""
    main, threads, names = threading.current_thread(), set(), []
    consumer = consumer_of(site.client, Seen())

    @consumer.on(OrderPlaced)
    def placed(event: OrderPlaced, delivery: Delivery) -> None:
        threads.add(threading.current_thread())
        names.append(event.order_id)

    @consumer.on(UserRegistered)
    async def registered(event: UserRegistered, delivery: Delivery) -> None:
        assert threading.current_thread() is main
        names.append(event.user_id)

    await site.orders(*range(250))
    await site.add(entry("user.registered", 1, b'{"user_id": "u-1"}'))
    await site.orders(*range(250, 300))
    async with running(consumer):
        await until(site.done)

    assert main not in threads
    assert names == [f"o-{n}" for n in range(250)] + ["u-1"] + [f"o-{n}" for n in range(250, 300)]


async def test_an_event_keeps_its_identity(site: Site) -> None:
    """Over attempts and replays; the parts of a split, and events without an id of their own, differ."""
    identities: list[str] = []

    async def handle(event: object, delivery: Delivery) -> Reject:
        identities.append(delivery.identity)
        return Reject("not-yet")

    await site.add(entry("order.placed", 3, msgspec.json.encode(order(1)), id=b"evt-1"))
    (first,) = await site.orders(2)
    await site.add(entry("user.profile-updated", 1, PROFILE, id=b"evt-3"))
    consumer = consumer_of(site.client, handle)
    await consumer.run(signals=(), until_settled=True)
    once, identities[:] = list(identities), []
    await site.call("XDEL", "orders", first)  # so that it is added anew
    await DeadLetterOffice(site.client, "orders").replay(Selection(reason="not-yet"))
    await consumer.run(signals=(), until_settled=True)

    assert once == ["evt-1/0", f"{first}/0", "evt-3/0"]
    assert sorted(identities) == sorted(once)


async def test_types_of_other_services_can_be_left_to_them(site: Site) -> None:
    """Each service has a group, and knows what is its own."""
    await site.add(entry("cart.abandoned", 1, b"{}"))
    policy = attrs.evolve(QUICK, rules={"unknown-type": "ack"})
    consumer = consumer_of(site.client, Seen(), policy=policy)
    await consumer.run(signals=(), until_settled=True)

    assert (consumer.stats.acked, await site.letters()) == (1, [])


# --- what a handler may answer ----------------------------------------------------------------------------------------


async def test_a_reject_is_at_once_and_keeps_its_reason(site: Site, fence: bool) -> None:
    """One attempt, one letter with the exact fields."""
    fields = entry("order.placed", 3, msgspec.json.encode(order(1)), _key=b"\x00\xff")
    entry_id = await site.add(fields)
    seen = Seen(Reject("sold-out"))

    consumer = consumer_of(site.client, seen, fence=fence)
    async with running(consumer):
        await until(lambda: consumer.stats.rejected + consumer.stats.acked == 1)

    (letter,) = await site.letters()
    assert letter.letter.reason == "malformed"  # a header that is not UTF-8
    assert letter.fields == fields
    assert (letter.letter.id, letter.letter.group, letter.letter.attempts) == (entry_id, "billing", 1)
    assert not await site.pending()


@pytest.mark.parametrize("answer", [True, "ok", handle_nothing], ids=["bool", "text", "function"])
async def test_an_answer_that_means_nothing_is_a_failure(site: Site, answer: object) -> None:
    """Nobody knows whether it was handled, so it is not acknowledged."""
    await site.orders(1)
    consumer = consumer_of(site.client, Seen(answer))
    async with running(consumer):
        await until(lambda: consumer.stats.rejected == 1)

    (letter,) = await site.letters()
    assert letter.letter.reason == "handler-raised"
    assert "a handler returns None, Ack, Retry or Reject, and this one returned a" in letter.letter.problem
    assert letter.letter.attempts == QUICK.max_attempts


async def test_a_sync_function_that_returns_a_coroutine_is_a_failure(site: Site) -> None:
    """Its work was never done; nothing warns of a coroutine that was never awaited."""
    await site.orders(1)

    def handle(event: object, delivery: Delivery) -> Any:
        return handle_nothing(event, delivery)

    consumer = consumer_of(site.client, handle)
    async with running(consumer):
        await until(lambda: consumer.stats.rejected == 1)

    assert (await site.letters())[0].letter.exception == "TypeError"


async def test_an_uncharged_retry_costs_no_attempt(site: Site) -> None:
    """Waiting for a rate limit is nobody's failure."""
    attempts: list[int] = []

    async def handle(event: object, delivery: Delivery) -> Retry | None:
        attempts.append(delivery.attempt)
        return Retry(after=0, charged=False) if len(attempts) < 6 else None

    await site.orders(1)
    async with running(consumer_of(site.client, handle)):
        await until(site.done)

    assert attempts == [1] * 6


@pytest.mark.parametrize(
    "error",
    [ValueError("secret"), SystemExit(3), asyncio.CancelledError(), RecursionError(), StopAsyncIteration()],
    ids=repr,
)
async def test_whatever_a_handler_raises_is_the_entrys_affair(site: Site, error: BaseException) -> None:
    """The consumer lives on, the next event is handled, and the letter does not repeat what the exception said."""
    handled: list[int] = []

    async def handle(event: OrderPlaced, delivery: Delivery) -> None:
        if event.cents == 1:
            raise error
        handled.append(event.cents)

    await site.orders(1, 2)
    async with running(consumer_of(site.client, handle)):
        await until(site.done)

    (letter,) = await site.letters()
    assert handled == [2]
    assert letter.letter.exception == type(error).__name__
    assert letter.letter.handler.endswith("handle")
    assert "secret" not in str(letter.letter)


async def test_messages_are_recorded_only_where_they_are_asked_for(site: Site) -> None:
    """They may hold values of the event."""
    await site.orders(1)
    consumer = consumer_of(site.client, Seen(ValueError("secret")), record_messages=True)
    async with running(consumer):
        await until(site.done)

    assert (await site.letters())[0].letter.message == "secret"


# --- newer versions, other groups, odd entries ------------------------------------------------------------------------


async def test_a_newer_version_waits_for_the_release_that_reads_it(site: Site, fence: bool) -> None:
    """The old worker never charges it, so the new one has its first attempt."""
    old_events = Registry()
    old_events.event("order.placed", version=1)(OrderPlaced)
    await site.orders(7)
    old = consumer_of(site.client, Seen(), codec=old_events.codec(), fence=fence)
    async with running(old):
        await until(lambda: old.stats.waited >= 3)
    seen = Seen()

    async with running(consumer_of(site.client, seen, fence=fence)):
        await until(site.done)

    assert [delivery.attempt for delivery in seen.deliveries] == [1]
    assert not await site.letters()


async def test_a_replay_for_another_group_is_acknowledged_unhandled(site: Site) -> None:
    """It was added for that group alone."""
    seen = Seen()
    data = msgspec.json.encode(order(1))
    await site.add(entry("order.placed", 3, data) | {b"upcast-replay-to": b"shipping", b"upcast-replays": b"1"})
    await site.add(entry("order.placed", 3, data) | {b"upcast-replay-to": b"billing", b"upcast-replays": b"2"})

    async with running(consumer_of(site.client, seen)):
        await until(site.done)

    assert [delivery.replays for delivery in seen.deliveries] == [2]


async def test_a_field_that_stands_twice_is_malformed(site: Site, fence: bool) -> None:
    """Readers would differ about which one counts; the letter keeps both."""
    values = [b"type", b"order.placed", b"schema_version", b"3", b"data", b"{}", b"data", b'{"order_id": "x"}']
    await site.add(values)

    async with running(consumer_of(site.client, Seen(), fence=fence)):
        await until(site.done)

    (letter,) = await site.letters()
    assert (letter.letter.reason, letter.letter.detail) == ("malformed", "duplicate-key")
    assert list(letter.entry) == values


async def test_an_entry_with_thousands_of_fields_can_be_a_dead_letter(site: Site, fence: bool) -> None:
    """A script could not hand that many values on."""
    values = [part for n in range(5000) for part in (b"f%d" % n, b"v")]
    await site.add(values)

    async with running(consumer_of(site.client, Seen(), fence=fence)):
        await until(site.done)

    (letter,) = await site.letters()
    assert list(letter.entry) == values


# --- groups, and what the server keeps --------------------------------------------------------------------------------


async def test_a_group_begins_at_the_beginning(client: valkey.asyncio.Valkey) -> None:
    """Unless something else is said, nothing is skipped."""
    site = Site(client)
    await site.orders(1, 2)
    seen = Seen()
    async with running(consumer_of(client, seen)):
        await until(lambda: len(seen.events) == 2)


async def _has_group(client: valkey.asyncio.Valkey, name: str) -> bool:
    rows = await Site(client).call("XINFO", "GROUPS", "orders")
    return any(name.encode() in row for row in rows)


async def test_a_group_at_the_end_reads_only_what_comes_later(client: valkey.asyncio.Valkey) -> None:
    """Because that was said."""
    site = Site(client)
    await site.orders(1, 2)
    seen = Seen()
    async with running(consumer_of(client, seen, start="end")):
        await until(lambda: _has_group(client, "billing"))
        await site.orders(3)
        await until(lambda: len(seen.events) == 1)

    assert seen.events[0].cents == 3


async def test_a_group_that_shall_exist_and_does_not_is_named(client: valkey.asyncio.Valkey) -> None:
    """Nothing is made."""
    with pytest.raises(GroupMissing, match="no group 'billing' on 'orders'"):
        await consumer_of(client, Seen(), start=None).run()

    assert not await client.exists("orders")


@pytest.mark.parametrize("how", ["group", "stream"])
async def test_a_group_that_is_removed_stops_the_consumer(site: Site, how: str, fence: bool) -> None:
    """It is not made anew: whoever removed it may have meant it, and where it should begin nobody knows."""
    consumer = consumer_of(site.client, Seen(), fence=fence)
    run = asyncio.create_task(consumer.run(signals=()))
    await site.orders(1)
    await until(lambda: consumer.stats.acked == 1)

    await site.call(*(("XGROUP", "DESTROY", "orders", "billing") if how == "group" else ("DEL", "orders")))

    with pytest.raises(GroupMissing):
        await asyncio.wait_for(run, 10)


async def test_a_key_of_another_type_is_refused(client: valkey.asyncio.Valkey) -> None:
    """At once, and by name."""
    await Site(client).call("SET", "orders", "x")

    with pytest.raises(ServerRefused, match="WRONGTYPE"):
        await consumer_of(client, Seen()).run()


async def test_what_the_server_keeps_is_said(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    """Loudly where it may lose letters."""
    caplog.set_level(logging.INFO, "upcast.streams")
    await site.call("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
    try:
        async with running(consumer_of(site.client, Seen())):
            await until(lambda: "evict" in caplog.text)
    finally:
        await site.call("CONFIG", "SET", "maxmemory-policy", "noeviction")

    assert "orders: durability unforced: everything survives the death of the server" in caplog.text
    assert [record.levelname for record in caplog.records if "evict" in record.message] == ["WARNING"]


async def test_it_can_end_when_everything_is_settled(site: Site, fence: bool) -> None:
    """Retries included, and not before: nothing is unread, nothing pending."""
    attempts: list[tuple[int, int]] = []

    async def handle(event: OrderPlaced, delivery: Delivery) -> None:
        attempts.append((event.cents, delivery.attempt))
        if event.cents == 2:
            raise ConnectionError

    await site.orders(*range(5))
    consumer = consumer_of(site.client, handle, fence=fence, batch=2)
    await asyncio.wait_for(consumer.run(signals=(), until_settled=True), 10)

    assert await site.done()
    assert sorted(attempts) == [(0, 1), (1, 1), (2, 1), (2, 2), (2, 3), (3, 1), (4, 1)]
    assert (consumer.stats.acked, consumer.stats.rejected, consumer.stats.handed_back) == (4, 1, 0)


async def test_what_others_have_pending_is_not_settled(site: Site) -> None:
    """It waits until that is taken over."""
    seen = Seen()
    await site.orders(1)
    await site.deliver("billing-2~0123abcd")
    consumer = consumer_of(site.client, seen, min_idle=0.3)

    await asyncio.wait_for(consumer.run(signals=(), until_settled=True), 10)

    assert len(seen.events) == consumer.stats.suspects == 1


async def test_an_empty_stream_is_settled(site: Site) -> None:
    """There is nothing to wait for."""
    await asyncio.wait_for(consumer_of(site.client, Seen()).run(signals=(), until_settled=True), 10)


async def test_without_the_right_to_run_scripts_nothing_is_begun(site: Site) -> None:
    """The error names the way out, which works."""
    rights = ["on", "nopass", "~*", "+@all", "-@scripting"]
    await site.call("ACL", "SETUSER", "weak", "reset", *rights)
    await site.orders(1)
    settings = site.client.connection_pool.connection_kwargs | {"username": "weak", "password": "any"}
    try:
        async with type(site.client)(unix_socket_path=settings.pop("path"), **settings) as weak:
            seen = Seen()
            with pytest.raises(ServerRefused, match=r"a script: .*evalsha.* fence=False"):
                await consumer_of(weak, seen).run(signals=())
            assert not seen.events
            assert not await site.pending()
            await consumer_of(weak, seen, fence=False).run(signals=(), until_settled=True)
            assert len(seen.events) == 1
    finally:
        await site.call("ACL", "DELUSER", "weak")


# --- the end ----------------------------------------------------------------------------------------------------------


async def test_a_stop_finishes_what_is_in_hand_and_hands_back_the_rest(site: Site, fence: bool) -> None:
    """Uncharged: the next consumer has the first attempt, at once, whatever its min_idle."""
    entered, go_on = asyncio.Event(), asyncio.Event()
    handled: list[int] = []

    async def handle(event: OrderPlaced, delivery: Delivery) -> None:
        entered.set()
        await go_on.wait()
        handled.append(event.cents)

    await site.orders(*range(10))
    consumer = consumer_of(site.client, handle, fence=fence)
    run = asyncio.create_task(consumer.run(signals=()))
    await entered.wait()
    consumer.stop()
    await until(lambda: consumer.stats.handed_back == 9)
    go_on.set()
    await asyncio.wait_for(run, 10)

    assert handled == [0]
    assert {(row.owner, row.count) for row in await site.pending()} == {(b"billing~retry", 0)}
    seen = Seen()
    async with running(consumer_of(site.client, seen, fence=fence)):
        await until(site.done)
    assert [event.cents for event in seen.events] == list(range(1, 10))
    assert {delivery.attempt for delivery in seen.deliveries} == {1}


@pytest.mark.parametrize("how", ["second stop", "cancel", "grace"])
async def test_who_has_no_time_hands_back_what_is_in_hand(site: Site, how: str, fence: bool) -> None:
    """A handler that is cut short is not charged either."""
    entered, cut_short = asyncio.Event(), []

    async def handle(event: OrderPlaced, delivery: Delivery) -> None:
        entered.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cut_short.append(event.cents)
            raise

    await site.orders(1, 2)
    consumer = consumer_of(site.client, handle, fence=fence, grace=0.05 if how == "grace" else 60)
    run = asyncio.create_task(consumer.run(signals=()))
    await entered.wait()
    if how == "cancel":
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(run, 10)
    else:
        consumer.stop()
        if how == "second stop":
            consumer.stop()
        await asyncio.wait_for(run, 10)

    assert cut_short == [1]
    assert {(row.owner, row.count) for row in await site.pending()} == {(b"billing~retry", 0)}
    assert consumer.stats.handed_back == 2


async def test_a_consumer_runs_again_and_one_that_was_stopped_early_ends_at_once(site: Site) -> None:
    """But never twice at the same time."""
    consumer = consumer_of(site.client, Seen())
    consumer.stop()
    await asyncio.wait_for(consumer.run(), 10)
    async with running(consumer):
        await site.orders(1)
        await until(site.done)
        with pytest.raises(RegistryError, match="runs already"):
            await consumer.run()
    async with running(consumer):
        await site.orders(2)
        await until(site.done)

    assert consumer.stats.acked == 2


async def test_one_signal_stops_every_consumer_and_the_handlers_before_are_restored(site: Site) -> None:
    """Whichever of them ends first."""
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    await site.orders(1)
    first, second = consumer_of(site.client, Seen()), consumer_of(site.client, Seen(), group="shipping")
    runs = [asyncio.create_task(consumer.run()) for consumer in (first, second)]
    await until(lambda: first.stats.acked == second.stats.acked == 1)

    os.kill(os.getpid(), signal.SIGTERM)

    await asyncio.wait_for(asyncio.gather(*runs), 10)
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


async def test_the_name_of_an_ended_consumer_is_gone(site: Site) -> None:
    """Where scripts may see to it that nothing is lost with it."""
    await site.orders(1)
    async with running(consumer_of(site.client, Seen())):
        await until(site.done)

    assert not [name for name in await site.consumers() if name.startswith("billing-1")]


async def test_out_of_memory_ends_the_consumer_and_makes_a_suspect(site: Site) -> None:
    """The entry may be why: it stays with the name of the one that ended, and its neighbours are handed back."""

    async def handle(event: OrderPlaced, delivery: Delivery) -> None:
        if event.cents == 1:
            raise MemoryError

    await site.orders(*range(5))
    consumer = consumer_of(site.client, handle)
    with pytest.raises(MemoryError):
        await asyncio.wait_for(consumer.run(signals=()), 10)

    owners = await site.owners()
    assert len(owners) == 4
    assert (
        sorted(name.partition("~")[0] + "~" + name.partition("~")[2][:5] for name in owners.values())[-3:]
        == ["billing~retry"] * 3
    )
    assert sum(name.startswith("billing-1~") for name in owners.values()) == 1


async def test_what_takes_long_is_not_taken_over(site: Site, fence: bool) -> None:
    """The lease of what is in hand is renewed, also of what only waits there."""
    mine, others = Seen(), Seen()

    async def handle(event: OrderPlaced, delivery: Delivery) -> None:
        await asyncio.sleep(0.7)
        await mine(event, delivery)

    await site.orders(1, 2)
    slow = consumer_of(site.client, handle, min_idle=0.3, fence=fence)
    async with running(slow):
        await until(lambda: slow.stats.delivered == 2)
        async with running(consumer_of(site.client, others, min_idle=0.3, fence=fence)):
            await until(site.done)

    assert [event.cents for event in mine.events] == [1, 2]
    assert others.events == []
    assert slow.stats.fenced == 0


def test_a_consumer_shows_what_it_is(client: valkey.asyncio.Valkey) -> None:
    """In logs, and its policy as a table."""
    consumer = make(client)

    assert repr(consumer) == "<Consumer billing-1 of group billing on orders>"
    assert "dead letter at once" in str(consumer.policy)
