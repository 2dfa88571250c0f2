"""The publisher: what it writes, and what it says where it cannot."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec
import pytest

from streams.proxy import Proxy
from streams.shop import OrderPlaced, order
from streams.site import CODEC, Site
from upcast.errors import EncodeError, RegistryError
from upcast.streams import Publisher
from upcast.streams.errors import ClientRefused, PublishFailed, PublishUncertain, StreamError

if TYPE_CHECKING:
    import valkey.asyncio

    from upcast.streams import EmbeddedValkey


async def entries(site: Site) -> list[dict[bytes, bytes]]:
    """What is in the stream."""
    rows = await site.call("XRANGE", site.stream, "-", "+")
    return [dict(zip(values[::2], values[1::2], strict=True)) for _, values in rows]


async def test_an_event_is_written_as_the_codec_encodes_it(site: Site) -> None:
    """Stamped with type, version, id and time, and readable by the same codec."""
    publisher = Publisher(site.client, CODEC, stream="orders")
    when = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)

    entry_id = await publisher.publish(order(7), id="evt-7", time=when, headers={"traceparent": "00-1"})

    (entry,) = await entries(site)
    assert entry == {
        b"type": b"order.placed",
        b"schema_version": b"3",
        b"id": b"evt-7",
        b"time": b"2026-01-02T03:04:05+00:00",
        b"traceparent": b"00-1",
        b"data": b'{"order_id":"o-7","cents":7,"currency":"EUR"}',
    }
    assert (await site.call("XRANGE", "orders", entry_id, entry_id))[0][0] == entry_id.encode()


async def test_an_event_has_an_identity_and_a_time_in_any_case(site: Site) -> None:
    """So that whoever reads it can drop a second one."""
    await Publisher(site.client, CODEC, stream="orders").publish(order(1))

    (entry,) = await entries(site)
    assert UUID(entry[b"id"].decode()).version == 4
    assert dt.datetime.fromisoformat(entry[b"time"].decode()).tzinfo is not None


async def test_many_are_written_in_their_order(site: Site) -> None:
    """More than one round trip takes."""
    ids = await Publisher(site.client, CODEC, stream="orders").publish_many(order(n) for n in range(450))

    found = await entries(site)
    assert [msgspec.json.decode(entry[b"data"], type=OrderPlaced).cents for entry in found] == list(range(450))
    assert len({entry[b"id"] for entry in found}) == len(set(ids)) == 450


async def test_nothing_is_sent_where_one_cannot_be_encoded(site: Site) -> None:
    """Programmer errors come before the first round trip."""
    with pytest.raises(EncodeError):
        await Publisher(site.client, CODEC, stream="orders").publish_many([order(1), object()])

    assert await entries(site) == []


async def test_a_lost_reply_is_uncertain_and_not_sent_again(site: Site, server: EmbeddedValkey) -> None:
    """A blind second XADD would store the event twice."""
    async with Proxy(server.socket_path) as proxy:
        proxy.expect("XADD", action="drop the reply")
        async with proxy.client(retry_on_timeout=True) as client:
            with pytest.raises(PublishUncertain) as raised:
                await Publisher(client, CODEC, stream="orders").publish(order(1), id="evt-1")

    assert raised.value.event_ids == ("evt-1",)
    assert len(await entries(site)) == 1


async def test_a_server_that_cannot_be_reached_is_certain(server: EmbeddedValkey) -> None:
    """Nothing was sent, and the error says so."""
    client = server.async_client()
    server.stop()
    try:
        with pytest.raises(PublishFailed) as raised:
            await Publisher(client, CODEC, stream="orders").publish(order(1), id="evt-1")
    finally:
        server.start()
        await client.aclose()

    assert type(raised.value) is PublishFailed
    assert raised.value.event_ids == ("evt-1",)


async def test_a_full_server_refuses_and_it_is_said_which_events(site: Site) -> None:
    """Those that were written before are named with their entry ids."""
    publisher = Publisher(site.client, CODEC, stream="orders")
    await site.call("CONFIG", "SET", "maxmemory", "1")
    try:
        with pytest.raises(PublishFailed) as raised:
            await publisher.publish(order(1), id="evt-1")
    finally:
        await site.call("CONFIG", "SET", "maxmemory", "0")

    assert type(raised.value) is PublishFailed
    assert (raised.value.event_ids, raised.value.published) == (("evt-1",), ())
    assert "memory" in str(raised.value)


async def test_a_key_of_another_type_is_named(site: Site) -> None:
    """Nothing is overwritten."""
    await site.call("SET", "other", "x")

    with pytest.raises(PublishFailed, match="WRONGTYPE"):
        await Publisher(site.client, CODEC, stream="other").publish(order(1))


async def test_mistakes_are_found_when_it_is_made(server: EmbeddedValkey, client: valkey.asyncio.Valkey) -> None:
    """Client, codec and key."""
    from upcast import Flat, Registry

    with server.client() as sync_client, pytest.raises(ClientRefused, match="asyncio"):
        Publisher(sync_client, CODEC, stream="orders")  # type: ignore[arg-type]  # that is the mistake
    with pytest.raises(StreamError):
        Publisher(client, CODEC, stream="")
    with pytest.raises(RegistryError):
        Publisher(client, Registry().codec(envelope=Flat()), stream="orders")


async def test_headers_that_replays_use_are_refused(site: Site) -> None:
    """Other groups would acknowledge the event unhandled."""
    with pytest.raises(EncodeError, match="upcast-"):
        await Publisher(site.client, CODEC, stream="orders").publish(order(1), headers={"upcast-replay-to": "other"})

    assert await entries(site) == []
