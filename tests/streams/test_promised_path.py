"""The path that retries and dead letters promise, where it commonly breaks: eight ways, none of which happens here.

Failed, retried with backoff, given up after as many attempts as were said, kept byte for byte, replayed to the one
group that needs it, and read as what was published.
"""

from __future__ import annotations

import time
from itertools import pairwise
from typing import Any

import attrs
import msgspec
import pytest

from streams.shop import Address, BasketSaved, Item, UserRegistered, make_codec, order_v1
from streams.site import CODEC, QUICK, Site, consumer_of, entry, running, until, values_of
from upcast.streams import DeadLetterOffice, Delivery, Publisher, RetryPolicy

NESTED = BasketSaved(
    basket_id="b-1",
    items=[Item(sku="s-1", count=2, tags=["a", "b"]), Item(sku="s-2", count=1)],
    address=Address(street="Main St", geo={"lat": 1.5, "lon": -0.25}),
    meta={"nothing": None, "list": [[], {}, [1, "1", True]], "deep": {"er": {"est": None}}},
)


async def test_failed_message_is_tried_again_in_the_same_process(site: Site, fence: bool) -> None:
    """A message that failed comes again while its worker runs.

    Commonly a loop reads new messages only, and what failed waits until the worker is started again.
    """
    (entry_id,) = await site.orders(1)
    seen: list[tuple[str, int]] = []

    def handle(event: object, delivery: Delivery) -> None:
        seen.append((delivery.id, delivery.attempt))
        if delivery.attempt < 3:
            raise ConnectionError

    consumer = consumer_of(site.client, handle, fence=fence)
    async with running(consumer):
        await until(site.done)

    assert [(entry_id, 1), (entry_id, 2), (entry_id, 3)] == seen
    assert (1, 2, 0) == (consumer.stats.acked, consumer.stats.retried, consumer.stats.rejected)


async def test_nested_payload_reaches_the_dead_letter_office(site: Site, fence: bool) -> None:
    """An event with objects in lists in objects is there after its last attempt, byte for byte.

    Commonly the failed event is written field by field, the client refuses what is not text or a number, the error is
    swallowed, and the office stays empty.
    """
    publisher = Publisher(site.client, CODEC, stream="orders")
    entry_id = await publisher.publish(NESTED, headers={"traceparent": "00-01"})
    ((_, published),) = await site.call("XRANGE", "orders", "-", "+")

    def handle(event: object, delivery: Delivery) -> None:
        raise RuntimeError

    async with running(consumer_of(site.client, handle, fence=fence)):
        await until(site.done)

    (letter,) = await site.letters()
    assert tuple(published) == letter.entry
    assert ("handler-raised", entry_id, 3) == (letter.letter.reason, letter.letter.id, letter.letter.attempts)
    assert NESTED == BasketSaved.model_validate_json(letter.data or b"")


async def test_types_are_not_guessed(site: Site) -> None:
    """Text that looks like a number, a truth value or JSON arrives as the text it was.

    Commonly each field is parsed on its own when it is read: "123" becomes 123, "1e5" becomes 100000.0, and the event
    fails its own schema.
    """
    texts = ["123", "1e5", "true", "null", '{"a": 1}', "[1]", '"quoted"', "", " ", "-0", "NaN", "00123"]
    published = [UserRegistered(user_id=text, code=text, flag=text) for text in texts]
    await Publisher(site.client, CODEC, stream="orders").publish_many(published)
    received: list[object] = []

    def handle(event: object, delivery: Delivery) -> None:
        received.append(event)

    async with running(consumer_of(site.client, handle)):
        await until(site.done)

    assert published == received


async def test_success_of_a_later_message_skips_no_earlier_one(site: Site, fence: bool) -> None:
    """A message that failed before a later one succeeded is handled after a restart.

    Commonly the highest id that was handled is kept, everything up to it counts as done, and the failed message is
    acknowledged without having been handled.
    """
    first, _ = await site.orders(1, 2)
    policy = RetryPolicy(max_attempts=3, first_delay=20, jitter=0)

    def failing(event: Any, delivery: Delivery) -> None:
        if delivery.id == first:
            raise ConnectionError

    consumer = consumer_of(site.client, failing, policy=policy, fence=fence)
    async with running(consumer):
        await until(lambda: (consumer.stats.acked, consumer.stats.retried) == (1, 1))
    assert [first] == list(await site.owners())
    await site.claim("billing~retry", first)  # as time would have it
    seen: list[tuple[str, int]] = []

    def handle(event: object, delivery: Delivery) -> None:
        seen.append((delivery.id, delivery.attempt))

    async with running(consumer_of(site.client, handle, policy=policy, fence=fence)):
        await until(site.done)

    assert [(first, 2)] == seen
    assert [] == await site.letters()


async def test_backoff_is_waited_for(site: Site, fence: bool) -> None:
    """Between two attempts at least the delay of the policy passes.

    Commonly the delay is computed and logged, and the next attempt comes at once or never.
    """
    await site.orders(1)
    policy = RetryPolicy(max_attempts=3, first_delay=0.2, factor=2, jitter=0)
    times: list[float] = []

    def handle(event: object, delivery: Delivery) -> None:
        times.append(time.monotonic())
        raise ConnectionError

    async with running(consumer_of(site.client, handle, policy=policy, fence=fence)):
        await until(site.done)

    first, second = (after - before for before, after in pairwise(times))
    # The server counts whole milliseconds.
    assert first >= 0.198
    assert second >= 0.398


@pytest.mark.parametrize("attempts", [1, 3])
async def test_as_many_attempts_as_were_said(site: Site, fence: bool, attempts: int) -> None:
    """`max_attempts=3` means three calls of the handler, the first included.

    Commonly the count is compared after the fact, and three means four.
    """
    await site.orders(1)
    calls: list[int] = []

    def handle(event: object, delivery: Delivery) -> None:
        calls.append(delivery.attempt)
        raise ConnectionError

    policy = attrs.evolve(QUICK, max_attempts=attempts)
    async with running(consumer_of(site.client, handle, policy=policy, fence=fence)):
        await until(site.done)

    (letter,) = await site.letters()
    assert list(range(1, attempts + 1)) == calls
    assert attempts == letter.letter.attempts


@pytest.mark.parametrize("original_is_there", [True, False])
async def test_replay_reaches_its_group_only(site: Site, fence: bool, original_is_there: bool) -> None:
    """A letter of one group is replayed to that group; the other, which had handled the event, is not troubled.

    Commonly the replayed message is a new one, and every group gets it a second time.
    """
    shipping = attrs.evolve(site, group="shipping")
    await shipping.create_group()
    entry_id = await site.add(entry("order.placed", 1, order_v1(1, "12,50")))
    seen: dict[str, list[tuple[object, str]]] = {"billing": [], "shipping": []}

    def note(event: object, delivery: Delivery) -> None:
        seen[delivery.group].append((event, delivery.id))

    def both(billing: bool) -> Any:
        codecs = {"billing": make_codec(mended=billing), "shipping": make_codec(mended=True)}
        return running(
            *(
                consumer_of(site.client, note, codec=codec, group=group, name=group, fence=fence)
                for group, codec in codecs.items()
            )
        )

    async with both(billing=False):
        await until(site.done)
        await until(shipping.done)
    if not original_is_there:
        await site.call("XDEL", "orders", entry_id)
    mended = make_codec(mended=True)
    report = await DeadLetterOffice(site.client, stream="orders", fence=fence).replay(only_passing=mended)
    assert (1, 1 - original_is_there) == (report.returned + report.added, report.added)
    async with both(billing=True):
        await until(site.done)
        await until(shipping.done)

    ((event, billed),) = seen["billing"]
    assert 1250 == getattr(event, "cents", None)
    assert [(event, entry_id)] == seen["shipping"]
    assert original_is_there == (billed == entry_id)
    assert [] == await site.letters()


@pytest.mark.parametrize("original_is_there", [True, False])
async def test_replay_keeps_every_field(site: Site, fence: bool, original_is_there: bool) -> None:
    """What is replayed has every field it had, whatever the field is called, and the payload byte for byte.

    Commonly fields that begin with an underscore are taken for the office's own, and stripped.
    """
    data = msgspec.json.encode(
        {"_id": 1, "basket_id": "b-1", "items": [], "address": {"street": "", "_zip": 1}, "_error": {"_": [None]}}
    ).replace(b",", b" , ")
    fields = entry("basket.saved", 1, data, _error=b"mine", _original_stream=b"mine too", letter=b"{}", __=b"")
    entry_id = await site.add(fields)
    delivered: list[Delivery] = []

    def handle(event: object, delivery: Delivery) -> None:
        delivered.append(delivery)
        if len(delivered) <= QUICK.max_attempts:
            raise ConnectionError

    async with running(consumer_of(site.client, handle, fence=fence)):
        await until(site.done)
        (letter,) = await site.letters()
        assert values_of(fields) == letter.entry
        if not original_is_there:
            await site.call("XDEL", "orders", entry_id)
        await DeadLetterOffice(site.client, stream="orders", fence=fence).replay()
        await until(lambda: len(delivered) > QUICK.max_attempts)
        await until(site.done)

    last = delivered[-1]
    # A new entry has three headers more, which say where it came from.
    assert fields == {name: value for name, value in last.fields.items() if name in fields}
    assert original_is_there == (last.fields == fields) == (last.id == entry_id)
    assert (1, 1) == (last.attempt, last.replays)
