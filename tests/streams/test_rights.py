"""The rights that the documentation names are enough, and none of them is too many."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pytest
import valkey.asyncio
from valkey.exceptions import NoPermissionError

from streams.shop import make_codec, order, order_v1
from streams.site import CODEC, QUICK, Site, consumer_of, entry, until
from upcast.streams import (
    DeadLetterOffice,
    Delivery,
    Publisher,
    Retry,
    RetryPolicy,
    Selection,
    Settlement,
    check_stream,
)
from upcast.streams._consumer._lease import Lease
from upcast.streams._consumer._settling import Place, Rejected
from upcast.streams._consumer._unfenced import Unfenced
from upcast.streams._server import Server
from upcast.streams.durability import durability_of
from upcast.streams.errors import StreamError
from upcast.streams.letters import Letter, letter_values

if TYPE_CHECKING:
    from upcast.streams import EmbeddedValkey

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "run-with-fewer-rights.md"
STRICT = RetryPolicy(
    max_attempts=QUICK.max_attempts,
    first_delay=0.02,
    max_delay=0.02,
    newer_delay=0.05,
    rules={"upcaster-failed": "reject"},
)
SECONDS = 20.0
"""How long a piece of work may take, on a machine that is busy."""


def documented() -> Mapping[str, tuple[str, ...]]:
    """The grants of each user of the page's ACL file."""
    (block,) = re.findall(r'title="users.acl"\n(.*?)```', PAGE.read_text(encoding="utf-8"), re.DOTALL)
    lines = [line.split() for line in block.splitlines()]
    return {name: tuple(grants) for _, name, _, _, *grants in lines}


@attrs.frozen
class As:
    """A server seen by a user with few rights, and by one who may do everything."""

    client: valkey.asyncio.Valkey
    site: Site


async def publish(seen: As) -> None:
    """What a publisher does."""
    await Publisher(seen.client, CODEC, stream="orders").publish_many([order(1), order(2)])


async def consume(seen: As, *, fence: bool) -> None:
    """What a consumer does: make its group, acknowledge, retry, reject, clean up after itself."""
    await seen.site.call("SCRIPT", "FLUSH")
    await seen.site.orders(1, 2)
    await seen.site.add(entry("order.placed", 1, order_v1(3, "12,50")))
    answers: Iterator[Settlement | None] = iter([Retry(0.0)])

    async def handle(event: object, delivery: Delivery) -> Settlement | None:
        return next(answers, None)

    consumer = consumer_of(seen.client, handle, policy=STRICT, fence=fence, poll=0.01)
    running = asyncio.create_task(consumer.run(signals=()))
    try:
        stats = consumer.stats
        await until(lambda: running.done() or stats.undelivered or (stats.acked, stats.rejected) == (2, 1))
        assert (stats.acked, stats.rejected, stats.retried) == (2, 1, 1)
    finally:
        consumer.stop()
        await running
    assert len(await seen.site.letters()) == 1
    if fence:
        assert set(await seen.site.consumers()) == {"billing~retry"}


async def consume_plain(seen: As) -> None:
    """What a consumer does without scripts; also look for a letter after its confirmation was lost."""
    await consume(seen, fence=False)
    place = Place(Server(seen.client), b"orders", b"{orders}:dlo", "billing")
    (lost,) = await seen.site.orders(4)
    await seen.site.deliver("billing-1")
    letter = Letter(stream="orders", id=lost, group="billing", reason="class-refused", stage="validate")
    lease = Lease(lost.encode(), (), b"billing-1")
    outcomes = await Unfenced(place).settle([Rejected(lease, letter_values(letter, ()))], again=True)
    assert outcomes == ["done"]


async def operate(seen: As, *, fence: bool) -> None:
    """What an operator does: look, check, replay in both ways, discard, and check the stream."""
    await seen.site.call("SCRIPT", "FLUSH")
    await seen.site.create_group()
    source, removed, garbage = await seen.site.add_all(
        [entry("order.placed", 1, order_v1(n, "1,00")) for n in range(3)]
    )
    await seen.site.deliver("billing-1")
    for source_id in (source, removed, garbage):
        stored = (await seen.site.call("XRANGE", "orders", source_id, source_id))[0][1]
        letter = Letter(stream="orders", id=source_id, group="billing", reason="upcaster-failed", stage="upcast")
        await seen.site.call("XADD", "{orders}:dlo", "*", *letter_values(letter, stored))
        await seen.site.call("XACK", "orders", "billing", source_id)
    await seen.site.call("XDEL", "orders", removed)
    office = DeadLetterOffice(seen.client, "orders", fence=fence)
    await look(seen)
    *_, last = [letter async for letter in office.letters()]
    await office.discard(Selection(ids=(last.id,)), because="a test")
    assert (await office.replay(dry_run=True)).returned == 1
    report = await office.replay(only_passing=make_codec(mended=True))
    assert (report.returned, report.added) == (1, 1)
    assert await seen.site.call("XLEN", "{orders}:audit") == 3
    assert await seen.site.owners() == {source: "billing~retry~r1"}


async def look(seen: As) -> None:
    """What somebody does who may only look."""
    office = DeadLetterOffice(seen.client, "orders")
    await office.count()
    await office.groups()
    await office.check(CODEC)
    await check_stream(seen.client, CODEC, "orders")


WORK: Mapping[str, Callable[[As], Awaitable[None]]] = {
    "publisher": publish,
    "consumer": lambda seen: consume(seen, fence=True),
    "consumer-plain": consume_plain,
    "operator": lambda seen: operate(seen, fence=True),
    "operator-plain": lambda seen: operate(seen, fence=False),
    "looker": look,
}
GRANTS = documented()


async def work(server: EmbeddedValkey, client: valkey.asyncio.Valkey, name: str, grants: tuple[str, ...]) -> None:
    """Do a user's work with these grants and no others."""
    site = Site(client)
    await site.call("ACL", "SETUSER", name, "reset", "on", ">secret", *grants)
    settings: dict[str, Any] = {"username": name, "password": "secret"}
    try:
        async with valkey.asyncio.Valkey(unix_socket_path=str(server.socket_path), **settings) as restricted:
            async with asyncio.timeout(SECONDS):
                await WORK[name](As(restricted, site))
    finally:
        await site.call("ACL", "DELUSER", name)


def test_every_documented_user_has_its_work() -> None:
    """And none is tested that the page does not name."""
    assert WORK.keys() == GRANTS.keys()


@pytest.mark.parametrize("name", GRANTS)
async def test_documented_rights_are_enough(server: EmbeddedValkey, client: valkey.asyncio.Valkey, name: str) -> None:
    """With exactly these grants everything works."""
    await work(server, client, name, GRANTS[name])


@pytest.mark.parametrize(
    ("name", "missing"), [(name, grant) for name, grants in GRANTS.items() for grant in grants], ids=str
)
async def test_no_documented_right_is_too_many(
    server: EmbeddedValkey, client: valkey.asyncio.Valkey, name: str, missing: str
) -> None:
    """Without any one of them something fails."""
    grants = tuple(grant for grant in GRANTS[name] if grant != missing)

    with pytest.raises((StreamError, NoPermissionError, AssertionError, TimeoutError)):
        await work(server, client, name, grants)


async def test_durability_is_told_with_one_more_right(server: EmbeddedValkey, client: valkey.asyncio.Valkey) -> None:
    """Without it the consumer works, and says that it does not know."""
    site = Site(client)
    levels = []
    for more in ([], ["+config|get"]):
        await site.call("ACL", "SETUSER", "consumer", "reset", "on", ">secret", *GRANTS["consumer"], *more)
        settings: dict[str, Any] = {"username": "consumer", "password": "secret"}
        async with valkey.asyncio.Valkey(unix_socket_path=str(server.socket_path), **settings) as restricted:
            levels.append((await durability_of(Server(restricted))).level)
    await site.call("ACL", "DELUSER", "consumer")

    assert levels[0] == "unknown" != levels[1]
