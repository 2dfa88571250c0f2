"""Traps of Valkey Streams, one by one, on a real server: each test arranges the trap and walks past it.

Where it makes a difference how entries are settled, a test runs both ways, fenced and unfenced.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest
import valkey.asyncio

from streams.proxy import Action, Proxy
from streams.shop import order
from streams.site import CODEC, Site, consumer_of, entry, reached, running, until, values_of
from upcast.streams import Consumer, Delivery, Publisher, Reject, RetryPolicy
from upcast.streams._consumer._fenced import Fenced
from upcast.streams._consumer._lease import Lease
from upcast.streams._consumer._settling import Acked, Place
from upcast.streams._consumer._unfenced import Unfenced
from upcast.streams._scripts import ACK, CLAIM, REJECT
from upcast.streams._server import Server
from upcast.streams.errors import ClientRefused, PublishUncertain

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from upcast.streams import EmbeddedValkey

OTHER = "billing-2~0123abcd"
BROKEN = entry("order.placed", 3, b'{"order_id": "o-1", "cents":')


ONE_ATTEMPT = RetryPolicy(max_attempts=1, max_delay=0, newer_delay=0.01)


class Collected:
    """A handler that notes what it is given."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.attempts: dict[str, int] = {}

    def __call__(self, _event: object, delivery: Delivery) -> None:
        self.ids.append(delivery.id)
        self.attempts[delivery.id] = delivery.attempt


class Gate:
    """An async handler that stops at the gate until it is opened."""

    def __init__(self, answer: Reject | None = None) -> None:
        self.entered: list[str] = []
        self.opened = asyncio.Event()
        self._answer = answer

    async def __call__(self, _event: object, delivery: Delivery) -> Reject | None:
        self.entered.append(delivery.id)
        await self.opened.wait()
        return self._answer


async def load_scripts(site: Site) -> None:
    """See to it that the server knows the scripts, so that each is run by one command."""
    for script in (ACK, CLAIM, REJECT):
        await site.call("SCRIPT", "LOAD", script.text)


@pytest.fixture
async def proxy(server: EmbeddedValkey) -> AsyncIterator[Proxy]:
    """A proxy before the server."""
    async with Proxy(server.socket_path) as proxy:
        yield proxy


# --- 2: whoever looks for abandoned entries from the beginning each time never gets past those in hand


async def test_trap_2_due_entries_behind_many_in_hand(site: Site, fence: bool) -> None:
    """Entries that are due are found behind 600 that another consumer has just read, and those are left alone."""
    await site.orders(*range(700))
    ids = await site.deliver(OTHER)
    fresh, due = ids[:600], ids[600:]
    await site.claim("billing~retry", *due, count=1)
    handle = Collected()

    async with running(consumer_of(site.client, handle, fence=fence)):
        await until(lambda: len(handle.ids) >= len(due))

    assert due == sorted(handle.ids, key=ids.index)
    assert {2} == set(handle.attempts.values())
    assert dict.fromkeys(fresh, OTHER) == await site.owners()
    assert {1} == {row.count for row in await site.pending()}


async def test_trap_2_new_entries_come_during_the_walk(site: Site, fence: bool) -> None:
    """Many entries in the hands of others keep neither new entries nor due ones waiting."""
    await site.orders(*range(700))
    ids = await site.deliver(OTHER)
    handle = Collected()

    async with running(consumer_of(site.client, handle, fence=fence)):
        for number in range(5):
            (new,) = await site.orders(number)
            await until(lambda new=new: new in handle.ids)
        await site.claim("billing~retry", ids[-1], count=1)
        await until(lambda: ids[-1] in handle.ids)

    assert 6 == len(handle.ids)


# --- 3: the delivery counter is not a count of attempts, and a crash is counted for all that were in the batch


async def test_trap_3_a_crash_is_not_an_attempt(site: Site, fence: bool) -> None:
    """Ten entries of a consumer that died are handled one at a time, each as its first attempt, none given up."""
    await site.orders(*range(10))
    ids = await site.deliver(OTHER)
    await site.claim(OTHER, *ids)
    in_hand: list[int] = []
    attempts: list[int] = []

    async def handle(event: object, delivery: Delivery) -> None:
        in_hand.append(sum(row.owner.startswith(b"billing-1~") for row in await site.pending()))
        attempts.append(delivery.attempt)

    async with running(consumer_of(site.client, handle, concurrency=5, fence=fence)):
        await until(site.done)

    assert [1] * 10 == in_hand
    assert [1] * 10 == attempts
    assert [] == await site.letters()


async def test_trap_3_nothing_else_is_in_hand_with_a_suspect(site: Site, fence: bool) -> None:
    """A suspect waits until what is in hand is done, and what is new waits for the suspect: nothing dies with it."""
    first, suspect = await site.orders(1, 2)
    await site.deliver(OTHER)
    await site.claim("billing~retry", first, count=0)
    began: list[str] = []
    busy: set[str] = set()
    together: list[set[str]] = []

    async def handle(event: object, delivery: Delivery) -> None:
        began.append(delivery.id)
        busy.add(delivery.id)
        together.append(set(busy))
        if delivery.id == first:
            await site.claim(OTHER, suspect)
        if delivery.id == suspect:
            await site.orders(3)
        # Long enough for another to begin, if another could.
        await reached(lambda: len(busy) > 1, seconds=0.2)
        busy.remove(delivery.id)

    async with running(consumer_of(site.client, handle, concurrency=3, fence=fence)):
        await until(lambda: len(began) == 3)
        await until(site.done)

    assert [first, suspect] == began[:2]
    assert [{entry_id} for entry_id in began] == together


async def test_trap_3_the_counter_of_the_server_does_not_give_up(site: Site, fence: bool) -> None:
    """An entry that was delivered to a dozen consumers, each of them stopped in order, has had no attempt yet."""
    (entry_id,) = await site.orders(1)
    for _ in range(12):
        gate = Gate()
        consumer = consumer_of(site.client, gate, fence=fence, grace=0.0)
        async with running(consumer):
            await until(lambda gate=gate: gate.entered)
    handle = Collected()

    async with running(consumer_of(site.client, handle, fence=fence)):
        await until(site.done)

    assert {entry_id: 1} == handle.attempts
    assert [] == await site.letters()


async def test_trap_3_a_hand_back_keeps_what_is_counted(site: Site, fence: bool) -> None:
    """What is handed back unbegun has as many attempts behind it, and has waited for a release as often, as before."""
    first, tried, waiting = [*await site.orders(1, 2), await site.add(entry("order.placed", 9, b"{}"))]
    await site.deliver(OTHER)
    await site.claim("billing~retry", first, count=0)
    await site.claim("billing~retry~r1", tried, count=2)
    await site.claim("billing~wait", waiting, count=7)
    gate = Gate()

    async with running(consumer_of(site.client, gate, fence=fence, grace=0.0)):
        await until(lambda: gate.entered)

    assert [
        (first.encode(), b"billing~retry", 0),
        (tried.encode(), b"billing~retry~r1", 2),
        (waiting.encode(), b"billing~wait", 7),
    ] == [(row.id, row.owner, row.count) for row in await site.pending()]


async def test_trap_3_failures_before_and_after_a_crash_add_up(site: Site, fence: bool) -> None:
    """Attempts that failed are remembered across the death of a consumer, which is not one of them."""
    (entry_id,) = await site.orders(1)
    await site.deliver(OTHER)
    await site.claim(OTHER, entry_id, count=2)
    attempts = []

    def handle(event: object, delivery: Delivery) -> None:
        attempts.append(delivery.attempt)
        raise RuntimeError

    async with running(consumer_of(site.client, handle, fence=fence)):
        await until(site.done)

    (letter,) = await site.letters()
    assert [2, 3] == attempts
    assert ("handler-raised", 3) == (letter.letter.reason, letter.letter.attempts)


# --- 8: to remove a consumer's name drops what is pending for it


async def test_trap_8_names_that_hold_entries_stay(site: Site, fence: bool) -> None:
    """Names of consumers that ended long ago go when they hold nothing; one that holds entries stays with them."""
    await site.orders(1, 2, 3)
    held = await site.deliver("billing-9~00000001", 2)
    empty = {"billing-9~00000002", "billing-9~00000003~crash1"}
    for name in (*empty, "somebody-else"):
        await site.call("XGROUP", "CREATECONSUMER", "orders", "billing", name)
    consumer = consumer_of(site.client, Collected(), fence=fence, min_idle=0.01, policy=ONE_ATTEMPT)
    # The server counts how long a name was idle, and cannot be told otherwise: ten times min_idle is long ago.
    await until(lambda: site.idle_at_least(100))
    consumer.stop()  # it ends before it reads
    await consumer.run(signals=())

    assert dict.fromkeys(held, "billing-9~00000001") == await site.owners()
    left = set(await site.consumers())
    assert {"billing-9~00000001", "somebody-else"} | (set() if fence else empty) == left


async def test_trap_9_own_names_go_with_the_consumer(site: Site) -> None:
    """A consumer leaves no name of its own behind, not even one for what it handled alone."""
    ids = await site.orders(1, 2)
    await site.deliver(OTHER, 1)
    await site.claim(OTHER, ids[0])

    async with running(consumer_of(site.client, Collected())):
        await until(site.done)

    assert not [name for name in await site.consumers() if name.startswith("billing-1~")]


# --- 10: what is trimmed while it is pending looks like an empty message, or like nothing


async def test_trap_10_entries_that_were_trimmed_are_told(site: Site, fence: bool) -> None:
    """An entry that is pending and gone becomes a letter that tells its id; its neighbours are handled."""
    ids = await site.orders(*range(5))
    await site.deliver(OTHER)
    await site.claim("billing~retry", *ids[:3], count=1)
    await site.claim(OTHER, *ids[3:])
    await site.call("XDEL", "orders", ids[0], ids[1], ids[3])
    handle = Collected()

    consumer = consumer_of(site.client, handle, fence=fence)
    async with running(consumer):
        await until(site.done)

    letters = await site.letters()
    assert [ids[2], ids[4]] == sorted(handle.ids)
    assert [("vanished", ids[0]), ("vanished", ids[1]), ("vanished", ids[3])] == sorted(
        (letter.letter.reason, letter.letter.id) for letter in letters
    )
    assert {()} == {letter.entry for letter in letters}
    assert 3 == consumer.stats.vanished


async def test_trap_10_own_entries_that_were_trimmed_are_told(proxy: Proxy, site: Site, fence: bool) -> None:
    """So does one that vanished while its delivery was lost on the way."""
    ids = await site.orders(1, 2)
    lost = proxy.expect("XREADGROUP", action="drop the reply", filled=True)
    waiting = proxy.expect("XPENDING", lambda words: len(words) == 7, action="hold the command", nth=2)
    handle = Collected()

    async with proxy.client() as client, running(consumer_of(client, handle, fence=fence)):
        await lost.happens()
        await waiting.happens()
        await site.call("XDEL", "orders", ids[0])
        waiting.release()
        await until(site.done)

    (letter,) = await site.letters()
    assert [ids[1]] == handle.ids
    assert ("vanished", ids[0]) == (letter.letter.reason, letter.letter.id)


# --- 19: a client that waits less long than the server blocks loses its connection at every read


async def test_trap_19_reads_outlast_the_time_out_of_the_client(
    proxy: Proxy, site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """A consumer whose reads wait longer than the client's time-out keeps its connections, and gets what comes."""
    handle = Collected()
    async with proxy.client(socket_timeout=0.1) as client, running(consumer_of(client, handle, poll=0.4)):
        await until(lambda: proxy.count("XREADGROUP") >= 3)
        (entry_id,) = await site.orders(1)
        await until(lambda: entry_id in handle.ids)

    blocks = {command[command.index(b"BLOCK") + 1] for command in proxy.commands if b"BLOCK" in command}
    assert {b"400"} == blocks
    assert [] == [record for record in caplog.records if "waiting for the server" in record.message]


@pytest.mark.parametrize(("action", "filled"), [("fall silent", False), ("hold the reply", True)])
async def test_trap_19_a_silent_server_is_noticed(
    proxy: Proxy, site: Site, monkeypatch: pytest.MonkeyPatch, action: Action, filled: bool
) -> None:
    """A connection that says nothing at all is given up in bounded time, and what was lost with it is found."""
    monkeypatch.setattr("upcast.streams.consumer._REPLY", 0.2)
    (entry_id,) = await site.orders(1)
    silence = proxy.expect("XREADGROUP", action=action, filled=filled)
    handle = Collected()

    async with proxy.client() as client, running(consumer_of(client, handle)):
        await silence.happens()
        await until(lambda: entry_id in handle.ids)


# --- 20: what a cancelled or interrupted read was about to bring is pending, and never shown again


async def test_trap_20_delivery_whose_reply_was_lost(proxy: Proxy, site: Site, fence: bool) -> None:
    """Entries whose delivery was cut off are handled after the reconnect, long before they count as abandoned."""
    ids = await site.orders(*range(10))
    lost = proxy.expect("XREADGROUP", action="drop the reply", filled=True)
    handle = Collected()

    async with proxy.client() as client:
        consumer = consumer_of(client, handle, fence=fence)
        async with running(consumer):
            await lost.happens()
            await until(site.done)

    assert ids == sorted(handle.ids)
    assert dict.fromkeys(ids, 1) == handle.attempts
    assert 10 == consumer.stats.strays


@pytest.mark.parametrize("owner", ["billing~retry", OTHER])
async def test_trap_20_claim_whose_reply_was_lost(proxy: Proxy, site: Site, fence: bool, owner: str) -> None:
    """An entry that was claimed, due or as a suspect, in a reply that was lost is handled soon all the same."""
    ids = await site.orders(1)
    await site.deliver(OTHER)
    await site.claim(owner, *ids, count=1)
    await load_scripts(site)
    lost = proxy.expect(CLAIM.sha if fence else "XCLAIM", action="drop the reply", filled=True)
    handle = Collected()

    async with proxy.client() as client, running(consumer_of(client, handle, fence=fence)):
        await lost.happens()
        await until(site.done)

    assert {ids[0]: 2 if owner == "billing~retry" else 1} == handle.attempts


@pytest.mark.parametrize("end", ["stop", "stop twice", "cancel"])
async def test_trap_20_end_during_a_read(proxy: Proxy, site: Site, fence: bool, end: str) -> None:
    """What a read brings while the consumer ends is handled or given back at once, uncharged, and not stranded."""
    ids = await site.orders(1, 2, 3)
    held = proxy.expect("XREADGROUP", action="hold the reply", filled=True)
    handle = Collected()

    async with proxy.client() as client:
        consumer = consumer_of(client, handle, fence=fence)
        run = asyncio.create_task(consumer.run(signals=()))
        await held.happens()
        if end == "cancel":
            run.cancel()
        for _ in end.split():
            consumer.stop()
        await asyncio.sleep(0)
        held.release()
        await asyncio.wait([run])
        assert (end == "cancel") == run.cancelled()

    left = await site.pending()
    assert ids == sorted([*handle.ids, *(row.id.decode() for row in left)])
    assert {(b"billing~retry", 0)} >= {(row.owner, row.count) for row in left}
    assert all(row.idle >= 60_000 for row in left)


async def test_trap_20_reads_are_not_cancelled(proxy: Proxy, site: Site) -> None:
    """A consumer that ends while it waits for entries finishes that read on its connection, and begins no other."""
    held = proxy.expect("XREADGROUP", action="hold the reply", nth=3)
    async with proxy.client() as client:
        consumer = consumer_of(client, Collected())
        run = asyncio.create_task(consumer.run(signals=()))
        await held.happens()
        consumer.stop()
        await asyncio.sleep(0.05)
        assert not run.done()
        held.release()
        await run

    assert 3 == proxy.count("XREADGROUP")


# --- 21: whoever was replaced can still acknowledge


async def test_trap_21_late_verdict_about_an_entry_of_another(site: Site, fence: bool) -> None:
    """A consumer whose entry was taken over meanwhile neither acknowledges it nor takes it back."""
    (entry_id,) = await site.orders(1)
    gate = Gate()
    consumer = consumer_of(site.client, gate, fence=fence)

    async with running(consumer):
        await until(lambda: gate.entered)
        await site.claim(OTHER, entry_id, idle=0)
        gate.opened.set()
        await until(lambda: consumer.stats.fenced)

    assert {entry_id: OTHER} == await site.owners()
    assert (0, 0) == (consumer.stats.acked, consumer.stats.handed_back)


async def test_trap_21_late_rejection_of_an_entry_of_another(site: Site, fence: bool) -> None:
    """Nor does it write a letter about it."""
    (entry_id,) = await site.orders(1)
    gate = Gate(Reject("too-late"))
    consumer = consumer_of(site.client, gate, fence=fence)

    async with running(consumer):
        await until(lambda: gate.entered)
        await site.claim(OTHER, entry_id, idle=0)
        gate.opened.set()
        await until(lambda: consumer.stats.fenced)

    assert {entry_id: OTHER} == await site.owners()
    assert [] == await site.letters()


async def test_trap_21_hand_back_of_an_entry_of_another(site: Site, fence: bool) -> None:
    """Nor does it hand it back when it ends."""
    (entry_id,) = await site.orders(1)
    gate = Gate()

    async with running(consumer_of(site.client, gate, fence=fence, grace=0.0)):
        await until(lambda: gate.entered)
        await site.claim(OTHER, entry_id, idle=0)

    assert {entry_id: OTHER} == await site.owners()


async def test_trap_21_verdicts_about_many_in_any_order(site: Site, fence: bool) -> None:
    """What is acknowledged together needs not stand together: each entry that is still ours is, and no other."""
    ids = [entry_id.encode() for entry_id in await site.orders(*range(6))]
    await site.deliver("billing-1~00000001")
    await site.claim(OTHER, ids[2].decode(), idle=0)
    place = Place(Server(site.client), b"orders", b"{orders}:dlo", "billing")
    settler = Fenced(place) if fence else Unfenced(place)
    operations = [Acked(Lease(ids[number], (), b"billing-1~00000001")) for number in (5, 2, 3, 0)]

    assert ["done", "fenced", "done", "done"] == await settler.settle(operations, again=False)

    ours = dict.fromkeys((ids[1].decode(), ids[4].decode()), "billing-1~00000001")
    assert {ids[2].decode(): OTHER, **ours} == await site.owners()


# --- 22: to renew what another has taken over takes it back


async def test_trap_22_renewal_does_not_take_back(site: Site, fence: bool) -> None:
    """Renewing keeps what is still ours, without counting it as a delivery, and leaves what is another's."""
    kept, lost = await site.orders(1, 2)
    await site.deliver("billing-1~00000001")
    await site.claim("billing-1~00000001", kept, idle=50_000)
    await site.claim(OTHER, lost, idle=50_000)
    place = Place(Server(site.client), b"orders", b"{orders}:dlo", "billing")
    settler = Fenced(place) if fence else Unfenced(place)
    leases = [Lease(entry_id.encode(), (), b"billing-1~00000001") for entry_id in (kept, lost)]

    await settler.renew(leases)

    first, second = await site.pending()
    assert (b"billing-1~00000001", 1) == (first.owner, first.count)
    assert first.idle < 50_000
    assert (OTHER.encode(), 1) == (second.owner, second.count)
    assert second.idle >= 50_000


async def test_trap_22_what_takes_long_is_not_taken_over(site: Site, fence: bool) -> None:
    """An entry that is handled for longer than `min_idle` stays with its consumer while that lives."""
    await site.orders(1)
    gates = [Gate(), Gate()]
    consumers = [consumer_of(site.client, gate, fence=fence, min_idle=0.9) for gate in gates]
    async with running(*consumers):
        await until(lambda: gates[0].entered or gates[1].entered)
        began = time.monotonic()
        await until(lambda: time.monotonic() - began > 1.4)
        assert 1 == len(gates[0].entered + gates[1].entered)
        for gate in gates:
            gate.opened.set()
        await until(site.done)

    assert 0 == sum(consumer.stats.suspects + consumer.stats.fenced for consumer in consumers)


# --- 23: a dead letter that is written and acknowledged in two steps is lost or written twice


@pytest.mark.parametrize("action", ["refuse the command", "drop the reply"])
async def test_trap_23_one_letter_however_its_writing_was_cut_off(
    proxy: Proxy, site: Site, fence: bool, action: Action
) -> None:
    """A connection that is cut before or after a letter was written leaves one letter, and nothing pending."""
    await site.add(BROKEN)
    await load_scripts(site)
    words = (REJECT.sha,) if fence else ("XADD", "{orders}:dlo")
    cut = proxy.expect(*words, action=action)

    async with proxy.client() as client, running(consumer_of(client, Collected(), fence=fence)):
        await cut.happens()
        await until(site.done)

    (letter,) = await site.letters()
    assert values_of(BROKEN) == letter.entry


@pytest.mark.parametrize("action", ["refuse the command", "drop the reply"])
async def test_trap_23_handled_once_however_its_acknowledgement_was_cut_off(
    proxy: Proxy, site: Site, fence: bool, action: Action
) -> None:
    """A connection that is cut before or after an acknowledgement: handled once, acknowledged, no letter."""
    ids = await site.orders(1, 2, 3)
    await load_scripts(site)
    cut = proxy.expect(ACK.sha if fence else "XACK", action=action)
    handle = Collected()

    async with proxy.client() as client, running(consumer_of(client, handle, fence=fence)):
        await cut.happens()
        await until(site.done)

    assert ids == handle.ids
    assert [] == await site.letters()


async def test_trap_23_letter_is_there_before_the_acknowledgement(proxy: Proxy, site: Site) -> None:
    """Without scripts, the letter is written and confirmed before its entry is acknowledged."""
    await site.add(BROKEN)
    held = proxy.expect("XADD", "{orders}:dlo", action="hold the reply")

    async with proxy.client() as client, running(consumer_of(client, Collected(), fence=False)):
        await held.happens()
        assert 1 == len(await site.letters())
        assert 1 == len(await site.pending())
        assert 0 == proxy.count("XACK")
        held.release()
        await until(site.done)

    assert 1 == len(await site.letters())


async def test_trap_23_no_transaction(proxy: Proxy, site: Site, fence: bool) -> None:
    """Nothing is left to a transaction, which acknowledges even when its letter was refused."""
    await site.add(BROKEN)
    await site.orders(1)

    async with proxy.client() as client, running(consumer_of(client, Collected(), fence=fence)):
        await until(site.done)

    assert 0 == proxy.count("MULTI")
    assert 1 == len(await site.letters())


async def test_no_event_is_published_twice(proxy: Proxy, site: Site) -> None:
    """An event whose confirmation was lost is not sent again, and the error says that nobody knows about it."""
    lost = proxy.expect("XADD", action="drop the reply")
    async with proxy.client() as client:
        publisher = Publisher(client, CODEC, stream="orders")
        with pytest.raises(PublishUncertain) as caught:
            await publisher.publish(order(1), id="e-1")
        await lost.happens()
        await publisher.publish(order(2))

    assert ("e-1",) == caught.value.event_ids
    assert 2 == await site.call("XLEN", "orders") == proxy.count("XADD")


# --- 24: a full server refuses letters and takes acknowledgements


async def test_trap_24_full_server(site: Site, fence: bool) -> None:
    """While the server takes no letter, poison stays pending and handled entries are acknowledged."""
    good = await site.orders(1)
    poison = await site.add(BROKEN)
    good += await site.orders(2, 3)
    gate = Gate()
    consumer = consumer_of(site.client, gate, fence=fence)
    try:
        async with running(consumer):
            await until(lambda: gate.entered)
            await site.call("CONFIG", "SET", "maxmemory", "1")
            gate.opened.set()
            await until(lambda: consumer.stats.undelivered >= 2 and consumer.stats.acked == 3)
            assert [poison] == [row.id.decode() for row in await site.pending()]
            assert [] == await site.letters()
            await site.call("CONFIG", "SET", "maxmemory", "0")
            await until(site.done)
    finally:
        await site.call("CONFIG", "SET", "maxmemory", "0")

    (letter,) = await site.letters()
    assert good == gate.entered
    assert values_of(BROKEN) == letter.entry


# --- 38: a client that decodes what it reads stops at the first byte that is no text


async def test_trap_38_decoding_client_is_refused(server: EmbeddedValkey, fence: bool) -> None:
    """A client with `decode_responses=True` is refused when the consumer is made, with the remedy."""
    async with valkey.asyncio.Valkey(unix_socket_path=str(server.socket_path), decode_responses=True) as client:
        with pytest.raises(ClientRefused, match="decode_responses=False"):
            Consumer(client, CODEC, stream="orders", group="billing", name="billing-1", fence=fence)


async def test_trap_38_bytes_that_are_no_text(site: Site, fence: bool) -> None:
    """An entry with bytes that are no text, in fields or names, is one dead letter, and no neighbour is held up."""
    wrong = [
        entry("order.placed", 3, b'{"order_id": "\xff\xfe", "cents": 1}'),
        entry("order.placed", 3, b'{"order_id": "o-1", "cents": 1}', note=b"\x80\x00\xc3"),
        {**entry("order.placed", 3, b'{"order_id": "o-1", "cents": 1}'), b"\xf0\x28\x8c\x28": b""},
    ]
    good = []
    for fields in wrong:
        await site.add(fields)
        good += await site.orders(1)
    handle = Collected()

    async with running(consumer_of(site.client, handle, fence=fence)):
        await until(site.done)

    assert good == handle.ids
    assert [values_of(fields) for fields in wrong] == [letter.entry for letter in await site.letters()]
