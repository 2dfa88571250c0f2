"""Servers that take no letter: a key of another type stands in the office's place, or there is no memory left.

Handled entries are acknowledged all the same, what cannot be handled stays pending, and everything is in its place
once the server is mended. Nothing is lost and nothing is charged.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import attrs
import pytest

from streams.shop import order, order_v1
from streams.site import CODEC, QUICK, Site, consumer_of, entry, running, until, values_of
from upcast.streams import Delivery, Publisher, Reject, RetryPolicy
from upcast.streams.errors import PublishFailed, ServerRefused

if TYPE_CHECKING:
    import valkey.asyncio

MALFORMED = entry("order.placed", 3, b'{"order_id": "o-1", "cents":', note=b"kept")
OFFICE = "{orders}:dlo"


@pytest.fixture
async def memory(site: Site) -> AsyncIterator[Memory]:
    """The server's memory, without a limit in the end."""
    yield Memory(site)
    await site.call("CONFIG", "SET", "maxmemory", "0")


class Memory:
    """How much memory the server has."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def exhaust(self) -> None:
        """Leave none, not even for scripts: the server has forgotten those it knew."""
        await self._site.call("SCRIPT", "FLUSH")
        await self._site.call("CONFIG", "SET", "maxmemory", "1")

    async def lift(self) -> None:
        """Leave as much as there is."""
        await self._site.call("CONFIG", "SET", "maxmemory", "0")


class Billing:
    """Fails for some orders, rejects others, and notes what it handled."""

    def __init__(self) -> None:
        self.handled: list[str] = []
        self.tried: dict[str, list[int]] = {}

    def __call__(self, event: object, delivery: Delivery) -> Reject | None:
        self.tried.setdefault(delivery.id, []).append(delivery.attempt)
        cents = getattr(event, "cents", 0)
        if cents == 13:
            raise ConnectionError
        if cents == 7:
            return Reject("unlucky-number")
        self.handled.append(delivery.id)
        return None


async def mixed(site: Site) -> tuple[list[str], dict[str, tuple[bytes, ...]]]:
    """Write good orders and four kinds of poison among them; the ids of the good, and the poison by id."""
    poison = [
        MALFORMED,
        entry("order.placed", 1, order_v1(1, "12,50")),
        entry("order.placed", 3, b'{"order_id":"o-13","cents":13}'),
        entry("order.placed", 3, b'{"order_id":"o-7","cents":7}'),
    ]
    good: list[str] = []
    kept = {}
    for place, fields in enumerate(poison):
        good += await site.orders(100 + place)
        kept[await site.add(fields)] = values_of(fields)
    return good + await site.orders(1, 2, 3), kept


async def check_letters(site: Site, poison: dict[str, tuple[bytes, ...]]) -> None:
    """Every poison has one letter, with its exact bytes."""
    letters = await site.letters()
    assert sorted(poison) == sorted(letter.letter.id for letter in letters)
    assert {hash_of(values) for values in poison.values()} == {hash_of(letter.entry) for letter in letters}


def hash_of(values: tuple[bytes, ...]) -> str:
    """SHA-256 of fields and values, each with its length."""
    return hashlib.sha256(b"".join(b"%d:%b" % (len(value), value) for value in values)).hexdigest()


async def test_office_of_another_type(site: Site, fence: bool) -> None:
    """Where a key of another type stands in the office's place, poison waits until it is gone."""
    await site.call("SET", OFFICE, "not a stream")
    good, poison = await mixed(site)
    handle = Billing()
    consumer = consumer_of(site.client, handle, fence=fence)

    async with running(consumer):
        await until(lambda: sorted(handle.handled) == sorted(good) and consumer.stats.undelivered >= 3 * len(poison))
        await until(lambda: consumer.stats.acked == len(good))
        assert sorted(poison) == sorted(await site.owners())
        assert b"not a stream" == await site.call("GET", OFFICE)
        await site.call("DEL", OFFICE)
        await until(site.done)

    await check_letters(site, poison)
    assert sorted(good) == sorted(handle.handled)


async def test_memory_is_exhausted_in_the_middle(site: Site, memory: Memory, fence: bool) -> None:
    """While there is no memory, what is handled is acknowledged and poison waits; afterwards it is in the office."""
    good, poison = await mixed(site)
    entered, go_on = asyncio.Event(), asyncio.Event()
    billing = Billing()

    async def handle(event: object, delivery: Delivery) -> Reject | None:
        entered.set()
        await go_on.wait()
        return billing(event, delivery)

    consumer = consumer_of(site.client, handle, fence=fence)
    async with running(consumer):
        await entered.wait()
        await memory.exhaust()
        go_on.set()
        await until(lambda: consumer.stats.acked == len(good) and consumer.stats.undelivered >= 3 * len(poison))
        assert [] == await site.letters()
        assert sorted(poison) == sorted(await site.owners())
        await memory.lift()
        await until(site.done)

    await check_letters(site, poison)
    assert sorted(good) == sorted(billing.handled)


async def test_memory_is_exhausted_at_the_start(site: Site, memory: Memory, fence: bool) -> None:
    """A consumer that starts on a full server works off what it can: that is how the server gets room again."""
    good, poison = await mixed(site)
    await memory.exhaust()
    handle = Billing()
    consumer = consumer_of(site.client, handle, fence=fence)

    async with running(consumer):
        await until(lambda: consumer.stats.acked == len(good) and consumer.stats.undelivered >= len(poison))
        await memory.lift()
        await until(site.done)

    await check_letters(site, poison)


async def test_group_that_cannot_be_made_yet(client: valkey.asyncio.Valkey, fence: bool) -> None:
    """A group that does not exist is made as soon as there is memory."""
    site = Site(client)
    (entry_id,) = await site.orders(1)
    memory = Memory(site)
    await memory.exhaust()
    handle = Billing()
    try:
        async with running(consumer_of(client, handle, fence=fence)):
            await asyncio.sleep(0.1)
            assert [] == handle.handled
            await memory.lift()
            await until(lambda: handle.handled)
    finally:
        await memory.lift()

    assert [entry_id] == handle.handled


async def test_outage_of_the_office_is_not_charged(site: Site, fence: bool) -> None:
    """However often a letter could not be written, its handler is asked as often as the policy says, and then on."""
    await site.call("SET", OFFICE, "not a stream")
    (entry_id,) = await site.orders(13)
    handle = Billing()
    consumer = consumer_of(site.client, handle, fence=fence)

    async with running(consumer):
        await until(lambda: consumer.stats.undelivered >= 3)
        await site.call("DEL", OFFICE)
        await until(site.done)

    (letter,) = await site.letters()
    attempts = handle.tried[entry_id]
    assert [1, 2, 3] == attempts[:3]
    # The last attempt is the one that is repeated until the letter is written.
    assert {3} == set(attempts[3:])
    assert QUICK.max_attempts == letter.letter.attempts


async def test_crash_suspect_is_remembered_while_the_office_is_full(site: Site, fence: bool) -> None:
    """An entry that killed two consumers is not given to a handler again because its letter could not be written."""
    await site.call("SET", OFFICE, "not a stream")
    (entry_id,) = await site.orders(1)
    await site.deliver("billing-2~0123abcd~crash1")
    await site.claim("billing-2~0123abcd~crash1", entry_id)
    handle = Billing()
    consumer = consumer_of(site.client, handle, fence=fence)

    async with running(consumer):
        await until(lambda: consumer.stats.undelivered >= 2 or handle.tried)
        assert {} == handle.tried
        await site.call("DEL", OFFICE)
        await until(site.done)

    (letter,) = await site.letters()
    assert ("process-killer", entry_id) == (letter.letter.reason, letter.letter.id)
    assert {} == handle.tried


async def test_wait_for_a_release_does_not_begin_anew(site: Site, fence: bool) -> None:
    """An event that has waited for a newer release as long as it may goes to the office once that takes letters."""
    await site.call("SET", OFFICE, "not a stream")
    newer = entry("order.placed", 9, b"{}")
    entry_id = await site.add(newer)
    await site.deliver("billing-2~0123abcd")
    await site.claim("billing~wait", entry_id, count=30_000)  # times 0.05 s
    policy = attrs.evolve(QUICK, newer_wait=1000)
    consumer = consumer_of(site.client, Billing(), fence=fence, policy=policy)

    async with running(consumer):
        await until(lambda: consumer.stats.undelivered >= 2 or consumer.stats.waited)
        assert 0 == consumer.stats.waited
        await site.call("DEL", OFFICE)
        await until(site.done)

    (letter,) = await site.letters()
    assert ("newer-version", values_of(newer)) == (letter.letter.reason, letter.entry)


async def test_end_while_the_office_is_full(site: Site, memory: Memory, fence: bool) -> None:
    """A consumer can be stopped while the server takes no letter; the next one finds everything."""
    good, poison = await mixed(site)
    handle = Billing()
    await memory.exhaust()
    consumer = consumer_of(site.client, handle, fence=fence)
    async with running(consumer):
        await until(lambda: consumer.stats.undelivered >= 1)
    await memory.lift()

    async with running(consumer_of(site.client, handle, fence=fence)):
        await until(site.done)

    await check_letters(site, poison)
    assert set(good) == set(handle.handled)


async def test_no_right_to_write_letters(site: Site, fence: bool) -> None:
    """A user who may not write to the office is like one whose office is full: nothing is acknowledged or lost."""
    rights = ["on", "nopass", "~orders", "%R~{orders}:dlo", "+@all"]
    await site.call("ACL", "SETUSER", "weak", "reset", *rights)
    good, poison = await mixed(site)
    handle = Billing()
    path = site.client.connection_pool.connection_kwargs["path"]
    try:
        import valkey.asyncio

        async with valkey.asyncio.Valkey(unix_socket_path=path, username="weak", password="any") as weak:
            consumer = consumer_of(weak, handle, fence=fence)
            async with running(consumer):
                await until(lambda: consumer.stats.acked == len(good) and consumer.stats.undelivered >= len(poison))
                assert [] == await site.letters()
                await site.call("ACL", "SETUSER", "weak", "~*")
                await until(site.done)
    finally:
        await site.call("ACL", "DELUSER", "weak")

    await check_letters(site, poison)


async def test_publisher_on_a_full_server(site: Site, memory: Memory) -> None:
    """What a full server did not take is named, and nothing of it is in the stream."""
    publisher = Publisher(site.client, CODEC, stream="orders")
    await memory.exhaust()
    with pytest.raises(PublishFailed) as caught:
        await publisher.publish(order(1), id="e-1")
    await memory.lift()

    assert ("e-1",) == caught.value.event_ids
    assert 0 == await site.call("XLEN", "orders")


async def test_stream_of_another_type(client: valkey.asyncio.Valkey, fence: bool) -> None:
    """Where the stream's own key holds something else, the consumer says so and ends."""
    await Site(client).call("SET", "orders", "not a stream")

    with pytest.raises(ServerRefused, match="WRONGTYPE"):
        await consumer_of(client, Billing(), fence=fence, policy=RetryPolicy()).run(signals=())
