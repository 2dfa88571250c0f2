"""What handlers, upcasters, operators and other programs do that nobody would do, and what it may cost: themselves."""

from __future__ import annotations

import asyncio
import functools
import threading
import time
from typing import TYPE_CHECKING, Any, Self

import msgspec
import pytest
from pydantic import BaseModel, ModelWrapValidatorHandler, model_validator

from streams.proxy import Proxy
from streams.shop import OrderPlaced, order
from streams.site import CODEC, QUICK, Site, consumer_of, entry, running, until, values_of
from upcast import Payload, Registry
from upcast.streams import Delivery, Publisher, Reject, Retry
from upcast.streams._consumer._fenced import Fenced
from upcast.streams._consumer._lease import Claim, Lease, Row
from upcast.streams._consumer._settling import Place
from upcast.streams._reading import LAST_ID, pages
from upcast.streams._scripts import CLAIM
from upcast.streams._server import Server
from upcast.streams.errors import ClientRefused, PublishFailed, StreamError

if TYPE_CHECKING:
    import valkey.asyncio

    from upcast.streams import EmbeddedValkey

OFFICE = "{orders}:dlo"


# --- the stream is trimmed while its entries are in hand --------------------------------------------------------------


@pytest.mark.parametrize("then", ["stops", "fails", "renews and fails"])
async def test_what_is_trimmed_while_it_is_in_hand_is_a_letter_with_its_bytes(
    site: Site, fence: bool, then: str
) -> None:
    """To claim an entry that is gone would remove the only trace of it."""
    entered, go_on = asyncio.Event(), asyncio.Event()

    async def handle(event: object, delivery: Delivery) -> None:
        entered.set()
        await go_on.wait()
        raise ConnectionError

    ids = await site.orders(1, 2)
    consumer = consumer_of(site.client, handle, fence=fence, min_idle=0.3, grace=0)
    run = asyncio.create_task(consumer.run(signals=()))
    await entered.wait()
    await site.call("XTRIM", "orders", "MAXLEN", 0)
    if then == "renews and fails":
        await asyncio.sleep(0.25)  # two renewals
    if then == "stops":
        consumer.stop()
    go_on.set()
    await until(lambda: consumer.stats.vanished == 2)
    consumer.stop()
    await asyncio.wait_for(run, 10)

    letters = await site.letters()
    assert {letter.letter.id: letter.letter.reason for letter in letters} == dict.fromkeys(ids, "vanished")
    assert {letter.data for letter in letters} == {msgspec.json.encode(order(1)), msgspec.json.encode(order(2))}
    assert not await site.pending()


async def test_what_vanished_while_the_office_takes_no_letter_is_told_later(site: Site, fence: bool) -> None:
    """It cannot be parked, so it stays in mind."""
    await site.call("SET", OFFICE, "not a stream")
    (entry_id,) = await site.orders(1)
    await site.deliver("billing-2~0123abcd")
    await site.claim("billing~retry", entry_id)
    await site.call("XDEL", "orders", entry_id)
    consumer = consumer_of(site.client, lambda event, delivery: None, fence=fence)

    async with running(consumer):
        await until(lambda: consumer.stats.undelivered >= 2)
        await site.call("DEL", OFFICE)
        await until(lambda: consumer.stats.rejected == 1)

    assert [letter.letter.reason for letter in await site.letters()] == ["vanished"]


# --- handlers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["and waits", "and returns"])
async def test_a_handler_that_cancels_its_own_task_stops_nobody(site: Site, how: str) -> None:
    """Where it notices that is its failure; what it leaves behind is forgotten."""
    handled: list[int] = []

    async def handle(event: OrderPlaced, delivery: Delivery) -> None:
        handled.append(event.cents)
        if event.cents == 0:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
            if how == "and waits":
                await asyncio.sleep(1)

    await site.orders(0, 1, 2)
    await asyncio.wait_for(consumer_of(site.client, handle).run(signals=(), until_settled=True), 10)

    failed = how == "and waits"
    assert sorted(handled) == [0] * (QUICK.max_attempts if failed else 1) + [1, 2]
    assert [letter.letter.exception for letter in await site.letters()] == ["CancelledError"] * failed


async def test_a_task_of_the_library_that_is_cancelled_ends_the_run_with_an_error(site: Site) -> None:
    """A consumer that reads no more must not look as if it did."""

    async def handle(event: object, delivery: Delivery) -> None:
        for task in asyncio.all_tasks() - {asyncio.current_task(), test, run}:
            task.cancel()

    test = asyncio.current_task()
    await site.orders(1)
    run = asyncio.create_task(consumer_of(site.client, handle).run(signals=()))

    with pytest.raises(StreamError, match="cancelled from outside"):
        await asyncio.wait_for(run, 20)


async def test_whatever_an_upcaster_raises_is_the_entrys_affair(site: Site) -> None:
    """Also what is no `Exception`."""

    class Strange(BaseException):
        pass

    events = Registry()
    events.event("order.placed", version=2)(OrderPlaced)

    @events.upcaster("order.placed", from_version=1)
    def to_2(payload: Payload) -> Payload:
        raise Strange

    handled: list[Any] = []
    await site.add(entry("order.placed", 1, b"{}"))
    await site.add(entry("order.placed", 2, b'{"order_id": "o-1", "cents": 1}'))
    consumer = consumer_of(site.client, lambda event, delivery: handled.append(event), codec=events.codec())
    await asyncio.wait_for(consumer.run(signals=(), until_settled=True), 10)

    assert [event.cents for event in handled] == [1]
    (letter,) = await site.letters()
    assert letter.letter.exception.endswith("Strange")


async def test_an_object_of_a_subclass_goes_to_the_handler_of_its_class(site: Site) -> None:
    """A validator may return one."""

    class Order(BaseModel):
        n: int

        @model_validator(mode="wrap")
        @classmethod
        def specialise(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
            made = handler(data)
            return BigOrder.model_construct(n=made.n) if cls is Order and made.n > 5 else made  # type: ignore[return-value]

    class BigOrder(Order):
        pass

    events = Registry()
    events.event("order", version=1)(Order)
    handled: list[str] = []
    consumer = consumer_of(site.client, lambda event, delivery: None, codec=events.codec())
    consumer.on(Order)(lambda event, delivery: handled.append(type(event).__name__))
    await site.add(entry("order", 1, b'{"n": 1}'))
    await site.add(entry("order", 1, b'{"n": 9}'))
    await asyncio.wait_for(consumer.run(signals=(), until_settled=True), 10)

    assert handled == ["Order", "BigOrder"]


@pytest.mark.parametrize("answer", [Retry(after=1e306), Exception("\ud800")], ids=["endless delay", "half a character"])
async def test_an_answer_that_cannot_be_written_down_stops_nobody(site: Site, answer: Any) -> None:
    """A delay is cut to the longest, a message is spelt out."""

    async def handle(event: object, delivery: Delivery) -> Retry | None:
        if isinstance(answer, Exception):
            raise answer
        return answer if delivery.attempt == 1 else None

    await site.orders(1)
    consumer = consumer_of(site.client, handle, record_messages=True, min_idle=0.1)
    await asyncio.wait_for(consumer.run(signals=(), until_settled=True), 10)

    assert [letter.letter.message for letter in await site.letters()] == ["\\ud800"] * isinstance(answer, Exception)


@pytest.mark.parametrize("reason", ["newer-version", "class-refused", "handler-raised"])
async def test_a_reject_is_final_whatever_it_is_called(site: Site, reason: str) -> None:
    """A handler may use a word of ours."""
    calls: list[int] = []

    async def handle(event: object, delivery: Delivery) -> Reject:
        calls.append(delivery.attempt)
        return Reject(reason)

    await site.orders(1)
    await asyncio.wait_for(consumer_of(site.client, handle).run(signals=(), until_settled=True), 10)

    assert calls == [1]


async def test_handlers_that_never_wait_leave_the_others_their_turn(site: Site) -> None:
    """What is done is acknowledged meanwhile, and a call to stop is heard."""
    handled: list[int] = []

    async def handle(event: OrderPlaced, delivery: Delivery) -> None:
        handled.append(event.cents)
        time.sleep(0.02)  # noqa: ASYNC251  # that is the point

    await site.orders(*range(60))
    consumer = consumer_of(site.client, handle)
    asyncio.get_running_loop().call_later(0.2, consumer.stop)
    await asyncio.wait_for(consumer.run(signals=()), 10)

    assert len(handled) < 40
    assert consumer.stats.acked == len(handled)


async def test_a_sync_wrapper_of_something_async_is_sync(site: Site) -> None:
    """What it wraps does not matter."""
    calls: list[threading.Thread] = []

    async def inner(event: object, delivery: Delivery) -> None:
        """What is wrapped."""

    @functools.wraps(inner)
    def wrapper(event: object, delivery: Delivery) -> None:
        calls.append(threading.current_thread())

    await site.orders(1)
    await asyncio.wait_for(consumer_of(site.client, wrapper).run(signals=(), until_settled=True), 10)

    assert len(calls) == 1
    assert calls[0] is not threading.current_thread()


async def test_a_sync_handler_may_stop_its_consumer(site: Site) -> None:
    """From its thread, where the loop would not notice a call of its own."""
    consumer = consumer_of(site.client, lambda event, delivery: consumer.stop(), poll=30)
    await site.orders(1)
    asyncio.get_running_loop().set_debug(True)

    await asyncio.wait_for(consumer.run(signals=()), 10)


# --- waiting for each other -------------------------------------------------------------------------------------------


async def test_a_suspect_waits_and_the_others_go_on(site: Site) -> None:
    """While one handler takes long, a suspect is not handled, and everything else is."""
    go_on = asyncio.Event()
    handled: list[int] = []

    async def handle(event: OrderPlaced, delivery: Delivery) -> None:
        if event.cents == 0:
            await go_on.wait()
        handled.append(event.cents)

    (suspect,) = await site.orders(99)
    await site.deliver("billing-2~0123abcd")
    await site.claim("billing-2~0123abcd", suspect, idle=0)
    await site.orders(0)
    consumer = consumer_of(site.client, handle, concurrency=4, min_idle=0.3)
    async with running(consumer):
        await until(lambda: consumer.stats.delivered == 1)
        await asyncio.sleep(0.3)
        await site.orders(1, 2, 3)
        await until(lambda: len(handled) == 3)
        assert 99 not in handled
        go_on.set()
        await until(site.done)

    assert sorted(handled) == [0, 1, 2, 3, 99]


async def test_a_long_poll_does_not_hold_up_the_end(site: Site) -> None:
    """A read waits for a second at most."""
    consumer = consumer_of(site.client, lambda event, delivery: None, poll=60)
    run = asyncio.create_task(consumer.run(signals=()))
    await until(lambda: consumer._run is not None and consumer._run._feed._next_walk > 0)
    consumer.stop()

    await asyncio.wait_for(run, 5)


async def test_a_run_that_is_cancelled_while_it_ends_still_hands_back(site: Site, fence: bool) -> None:
    """A program with a time limit for its end may do that."""
    entered = asyncio.Event()

    async def handle(event: object, delivery: Delivery) -> None:
        entered.set()
        await asyncio.sleep(60)

    await site.orders(1, 2, 3)
    consumer = consumer_of(site.client, handle, fence=fence)
    run = asyncio.create_task(consumer.run(signals=()))
    await entered.wait()
    consumer.stop()
    await asyncio.sleep(0.01)
    run.cancel()
    await asyncio.wait([run], timeout=10)

    assert run.cancelled()
    assert {(row.owner, row.count) for row in await site.pending()} == {(b"billing~retry", 0)}


# --- others on the same server ----------------------------------------------------------------------------------------


async def test_a_claim_takes_an_entry_only_as_it_was_seen(site: Site) -> None:
    """Whoever looked before others had an attempt would undo the count of it."""
    (entry_id,) = await site.orders(1)
    await site.deliver("billing-2~0123abcd")
    await site.claim("billing~retry", entry_id, count=2)
    fenced = Fenced(Place(Server(site.client), b"orders", OFFICE.encode(), "billing"))
    raw_id, lease = entry_id.encode(), Lease(entry_id.encode(), (), b"me~0123abcd", 2)

    def claim(owner: bytes, count: int, least_idle: int = 0) -> Claim:
        return Claim(Row(raw_id, owner, 0, count), lease, least_idle)

    assert await fenced.claim([claim(b"billing~retry", 1)]) == ["fenced"]
    assert await fenced.claim([claim(b"billing~wait", 2)]) == ["fenced"]
    assert await fenced.claim([claim(b"billing~retry", 2, 10**12)]) == ["fenced"]
    found = await fenced.claim([claim(b"billing~retry", 2)])
    assert found == [list(values_of(entry("order.placed", 3, msgspec.json.encode(order(1)))))]
    assert await site.owners() == {entry_id: "me~0123abcd"}


async def test_the_greatest_id_is_an_end(client: valkey.asyncio.Valkey) -> None:
    """There is none after it to go on from, in a stream and in a list of pending entries."""
    site = Site(client)
    for number in range(1, 200):
        await site.call("XADD", "orders", f"{number}-1", "n", number)
    await site.call("XADD", "orders", LAST_ID, "n", 200)
    await site.create_group()
    await site.deliver("billing-2~0123abcd", 200)
    await site.claim("billing~retry", *(row.id.decode() for row in await site.pending()))

    read = [entry_id async for page in pages(Server(client), b"orders", "-", "+") for entry_id, _ in page]
    consumer = consumer_of(client, lambda event, delivery: None, batch=500)
    await asyncio.wait_for(consumer.run(signals=(), until_settled=True), 20)

    assert len(read) == 200
    assert consumer.stats.rejected == 200


async def test_a_client_with_a_cache_is_refused(client: valkey.asyncio.Valkey) -> None:
    """A stream read from a cache is not the stream."""
    cached = type(client)(host="127.0.0.1", cache_enabled=True)

    with pytest.raises(ClientRefused, match="cache"):
        Server(cached)


async def test_a_refusal_repeats_no_argument(client: valkey.asyncio.Valkey) -> None:
    """Some servers and proxies print those of a command they do not know."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10_000)
        writer.write(b"-ERR unknown command 'XADD', with args beginning with: 'orders' '*' 'o-1'\r\n")
        await writer.drain()
        writer.close()

    listener = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    async with listener, type(client)(host="127.0.0.1", port=port, lib_name=None, lib_version=None) as strange:
        with pytest.raises(PublishFailed) as raised:
            await Publisher(strange, CODEC, stream="orders").publish(order(1))

    assert "o-1" not in str(raised.value)
    assert raised.value.__cause__ is None


# --- the second look --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("busy", [True, False], ids=["busy", "idle"])
async def test_a_program_that_just_ends_hands_back(site: Site, server: EmbeddedValkey, fence: bool, busy: bool) -> None:
    """It cancels every task at once; the entry in hand is as it was, and none becomes a suspect."""

    async def program() -> None:
        async with server.async_client() as client:
            entered = asyncio.Event()

            async def handle(event: object, delivery: Delivery) -> None:
                entered.set()
                await asyncio.sleep(60)

            consumer = consumer_of(client, handle, fence=fence)
            running = asyncio.create_task(consumer.run(signals=()))
            await (entered.wait() if busy else until(lambda: consumer._run is not None))
            assert not running.done()

    if busy:
        await site.orders(1, 2)
    await asyncio.to_thread(asyncio.run, program())

    assert {(row.owner, row.count) for row in await site.pending()} == ({(b"billing~retry", 0)} if busy else set())
    assert not await site.letters()


async def test_a_backlog_does_not_starve_a_suspect(site: Site, fence: bool) -> None:
    """What nobody has begun is handed back for it."""
    handled: list[int] = []

    async def handle(event: OrderPlaced, delivery: Delivery) -> None:
        await asyncio.sleep(0.005)
        handled.append(event.cents)

    (suspect,) = await site.orders(9999)
    await site.deliver("billing-2~0123abcd")
    await site.claim("billing-2~0123abcd", suspect, idle=0)
    await site.orders(*range(600))
    async with running(consumer_of(site.client, handle, min_idle=0.6, fence=fence)):
        await until(lambda: 9999 in handled)

    assert len(handled) < 400


async def test_letters_that_are_put_off_take_no_room(site: Site, fence: bool) -> None:
    """However many there are, what comes is handled, and the end is not held up."""
    await site.call("SET", OFFICE, "not a stream")
    ids = await site.orders(*range(30))
    await site.deliver("billing-2~0123abcd")
    await site.claim("billing~retry", *ids)
    await site.call("XTRIM", "orders", "MAXLEN", 0)
    handled: list[int] = []
    consumer = consumer_of(site.client, lambda event, delivery: handled.append(event.cents), batch=5, fence=fence)

    async with running(consumer):
        await until(lambda: consumer.stats.undelivered >= 30)
        await site.orders(*range(100, 110))
        await until(lambda: len(handled) == 10)
        consumer.stop()
        began = time.monotonic()
    assert time.monotonic() - began < 4


async def test_a_suspect_whose_claim_was_lost_is_one_still(site: Site, server: EmbeddedValkey, fence: bool) -> None:
    """Its deaths are counted on, and no handler gets it."""
    (killer,) = await site.orders(13)
    await site.deliver("billing-2~0123abcd~crash1")
    await site.claim("billing-2~0123abcd~crash1", killer)
    await site.call("SCRIPT", "LOAD", CLAIM.text)
    handled: list[int] = []
    async with Proxy(server.socket_path) as proxy, proxy.client() as client:
        proxy.expect(CLAIM.sha if fence else "XCLAIM", action="drop the reply", filled=True)
        consumer = consumer_of(client, lambda event, delivery: handled.append(event.cents), fence=fence)
        await asyncio.wait_for(consumer.run(signals=(), until_settled=True), 10)

    assert handled == []
    assert [letter.letter.reason for letter in await site.letters()] == ["process-killer"]
