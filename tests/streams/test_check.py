"""The check of a stream: what today's code makes of what is really in it, from all of it or from a fair sample."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
import valkey
import valkey.asyncio

from streams.shop import OrderPlaced, order, order_v1
from streams.site import CODEC, Site, entry, values_of
from upcast import Flat, Registry
from upcast.errors import MalformedEvent, RegistryError
from upcast.streams import StreamCheck, check_stream
from upcast.streams._entry import entry_number, fields_of, number_id
from upcast.streams._server import Server
from upcast.streams.errors import RequestRefused, ServerRefused, ServerUnavailable

if TYPE_CHECKING:
    from pathlib import Path

    from upcast.streams import EmbeddedValkey

GOOD = values_of(entry("order.placed", 3, msgspec.json.encode(order(1))))
OLD = values_of(entry("order.placed", 1, order_v1(1)))
COMMA = values_of(entry("order.placed", 1, order_v1(1, "12,50")))


class Watched:
    """Reads entries as a codec would, and notes their ids, which stand in their data."""

    def __init__(self) -> None:
        self.ids: list[int] = []
        events = Registry()
        events.event("seen", version=2)(Seen)
        events.upcaster("seen", from_version=1)(self._note)
        self.codec = events.codec()

    def _note(self, payload: dict[str, Any]) -> dict[str, Any]:
        self.ids.append(payload["id"])
        return payload


class Seen(msgspec.Struct):
    id: int


async def number(site: Site, ids: list[str]) -> None:
    """Write entries that hold their own number."""
    values = [values_of(entry("seen", 1, b'{"id":%d}' % place)) for place in range(len(ids))]
    await Server(site.client).send(
        [("XADD", "orders", entry_id, *each) for entry_id, each in zip(ids, values, strict=True)]
    )


# --- what is found --------------------------------------------------------------------------------------------------


async def test_each_kind_of_event_is_told(client: valkey.asyncio.Valkey, site: Site) -> None:
    """Counts come by stored type and version; what fails comes by reason and place, with an example."""
    await site.add_all([GOOD, OLD, GOOD])
    comma, _ = await site.add_all([COMMA, COMMA])
    broken = await site.add(values_of(entry("basket.saved", 2, b"{")))
    nothing = await site.add((b"any", b"thing"))

    check = await check_stream(client, CODEC, "orders")

    assert ("orders", 7, 7, True, 3, 4) == (
        check.stream,
        check.length,
        check.sampled,
        check.whole,
        check.passed,
        check.failed,
    )
    found = [(kind.event_type, kind.schema_version, kind.seen, kind.passed) for kind in check.kinds]
    assert [
        (None, None, 1, 0),
        ("basket.saved", 2, 1, 0),
        ("order.placed", 1, 3, 1),
        ("order.placed", 3, 2, 2),
    ] == found
    failures = [failed for kind in check.kinds for failed in kind.failures]
    assert [
        ("malformed", "missing-field", 1, nothing),
        ("malformed", "not-json", 1, broken),
        ("upcaster-failed", "v2 to v3, _in_cents", 2, comma),
    ] == [(failed.reason, failed.place, failed.count, failed.example) for failed in failures]
    assert "orders: all 7 entries read, 3 pass, 4 fail\n" in str(check)
    assert f"2 upcaster-failed at v2 to v3, _in_cents, such as {comma}" in str(check)
    assert "12,50" not in str(check)


async def test_unversioned_events_are_a_kind(client: valkey.asyncio.Valkey, site: Site) -> None:
    """History without a version is told apart from what says its version."""
    events = Registry(unversioned=1)
    events.event("order.placed", version=1)(OrderPlaced)
    await site.add((b"type", b"order.placed", b"data", msgspec.json.encode(order(1))))

    check = await check_stream(client, events.codec(), "orders")

    assert [("order.placed", None, 1)] == [(kind.event_type, kind.schema_version, kind.passed) for kind in check.kinds]


async def test_a_field_that_stands_twice_is_malformed(client: valkey.asyncio.Valkey, site: Site) -> None:
    """A check refuses what a consumer refuses, though the codec would never see it."""
    await site.add((*GOOD, *GOOD[:2]))

    check = await check_stream(client, CODEC, "orders")

    assert [("malformed", "duplicate-key")] == [(failed.reason, failed.place) for failed in check.kinds[0].failures]


async def test_a_split_and_headers_pass(client: valkey.asyncio.Valkey, site: Site) -> None:
    """What becomes several events passes, and fields of others do not matter."""
    profile = b'{"user_id":"u","name":"n","email":"e"}'
    await site.add(values_of(entry("user.profile-updated", 1, profile, tenant=b"t")))

    assert 1 == (await check_stream(client, CODEC, "orders")).passed


async def test_what_is_most_frequent_comes_first(client: valkey.asyncio.Valkey, site: Site) -> None:
    """Failures of one kind are sorted by how many there are."""
    nameless = values_of(entry("order.placed", 1, b'{"amount":"1"}'))
    await site.add_all([nameless, COMMA, COMMA])

    (kind,) = (await check_stream(client, CODEC, "orders")).kinds

    assert [2, 1] == [failed.count for failed in kind.failures]


async def test_no_stream_has_no_entries(client: valkey.asyncio.Valkey, site: Site) -> None:
    """A missing stream and an empty one are results, not errors."""
    for stream in ("nobody", "orders"):
        check = await check_stream(client, CODEC, stream)
        assert StreamCheck(stream, 0, 0, True, ()) == check
        assert f"{stream}: no entries" == str(check)


async def test_a_check_only_reads(client: valkey.asyncio.Valkey, site: Site) -> None:
    """Every byte on the server stays as it was, groups and their names included."""
    await site.add_all([GOOD, COMMA] * 20)
    await site.deliver("billing-1~01234567", 10)
    before = {key: await site.call("DUMP", key) for key in await site.call("KEYS", "*")}

    await check_stream(client, CODEC, "orders")
    await check_stream(client, CODEC, "orders", sample=10)

    assert before == {key: await site.call("DUMP", key) for key in await site.call("KEYS", "*")}


async def test_a_check_logs_nothing(
    client: valkey.asyncio.Valkey, site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """What is refused is the answer; a line for each of it in the log would be noise."""
    await site.add_all([COMMA, (b"any", b"thing")])

    with caplog.at_level(logging.DEBUG, logger="upcast"):
        await check_stream(client, CODEC, "orders")

    assert [] == caplog.records


async def test_progress_ends_with_all(client: valkey.asyncio.Valkey, site: Site) -> None:
    """It is told how many are done and how many there are to do."""
    await site.add_all([GOOD] * 150)
    told: list[tuple[int, int]] = []

    await check_stream(client, CODEC, "orders", progress=lambda *now: told.append(now))
    assert [(100, 150), (150, 150)] == told

    told.clear()
    await check_stream(client, CODEC, "orders", sample=140, progress=lambda *now: told.append(now))
    assert (140, 140) == told[-1]


async def test_a_check_ends_where_the_stream_ended(client: valkey.asyncio.Valkey, site: Site) -> None:
    """A stream that is written to faster than it is read is not read for ever."""
    await site.add_all([GOOD] * 110)
    late = blocking(client)

    def write(done: int, goal: int) -> None:
        late.execute_command("XADD", "orders", "*", *GOOD)

    check = await check_stream(client, CODEC, "orders", progress=write)
    late.close()

    assert (110, 110) == (check.length, check.sampled)


def blocking(client: valkey.asyncio.Valkey) -> valkey.Valkey:
    """A client to the same server that does not await."""
    return valkey.Valkey(unix_socket_path=client.connection_pool.connection_kwargs["path"])


# --- samples --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sample", [1, 7, 99, 100, 999])
@pytest.mark.parametrize("shape", ["even", "bursts", "one millisecond"])
async def test_a_sample_has_its_size_and_nothing_twice(
    sample: int, shape: str, client: valkey.asyncio.Valkey, site: Site
) -> None:
    """However the entries lie in time, a sample is as large as was asked for, and each of its entries counts once."""
    ids = {
        "even": [f"{1 + place * 1000}-0" for place in range(1000)],
        "bursts": [f"{1 + place // 333 * 30_000_000_000}-{place}" for place in range(1000)],
        "one millisecond": [f"5-{place}" for place in range(1000)],
    }[shape]
    await number(site, ids)
    watched = Watched()

    check = await check_stream(client, watched.codec, "orders", sample=sample)

    assert (1000, sample, False) == (check.length, check.sampled, check.whole)
    assert sample == len(watched.ids) == len(set(watched.ids))


async def test_a_sample_is_spread_over_time(client: valkey.asyncio.Valkey, site: Site) -> None:
    """Each tenth of the stream's time has its share of the sample."""
    await number(site, [f"{1 + place * 1000}-0" for place in range(1000)])
    watched = Watched()

    await check_stream(client, watched.codec, "orders", sample=100)

    assert [10] * 10 == [sum(place // 100 == tenth for place in watched.ids) for tenth in range(10)]


async def test_a_small_sample_is_spread_too(client: valkey.asyncio.Valkey, site: Site) -> None:
    """A few entries do not all come from the beginning."""
    await number(site, [f"{1 + place * 1000}-0" for place in range(1000)])
    watched = Watched()

    await check_stream(client, watched.codec, "orders", sample=9)

    assert [0, 3, 6] == sorted({place // 100 for place in watched.ids})


async def test_a_sample_does_not_beat_in_time(client: valkey.asyncio.Valkey, site: Site) -> None:
    """Kinds that come in turns are all in it, because entries are read in runs."""
    for place in range(300):
        await site.call("XADD", "orders", f"{place + 1}-0", *(OLD if place % 2 else GOOD))

    check = await check_stream(client, CODEC, "orders", sample=50)

    assert [1, 3] == [kind.schema_version for kind in check.kinds]


async def test_a_sample_as_large_as_the_stream_is_all_of_it(client: valkey.asyncio.Valkey, site: Site) -> None:
    """The last size at which the whole stream is read is that of the stream."""
    await site.add_all([GOOD] * 10)

    assert [True, False] == [(await check_stream(client, CODEC, "orders", sample=size)).whole for size in (10, 9)]


async def test_a_sample_finds_its_way_into_bursts(client: valkey.asyncio.Valkey, site: Site) -> None:
    """A load of a moment, years before the next entry, is sampled from its beginning to its end."""
    await number(site, [*(f"1000-{place}" for place in range(1000)), "90000000000-0"])
    watched = Watched()

    await check_stream(client, watched.codec, "orders", sample=200)

    assert all(any(place // 100 == tenth for place in watched.ids) for tenth in range(10))


async def test_a_sample_is_the_same_each_time(client: valkey.asyncio.Valkey, site: Site) -> None:
    """No chance is involved."""
    await number(site, [f"{1 + place**2}-0" for place in range(500)])
    first, second = Watched(), Watched()

    await check_stream(client, first.codec, "orders", sample=50)
    await check_stream(client, second.codec, "orders", sample=50)

    assert first.ids == second.ids


async def test_a_sample_never_reads_the_whole_stream(client: valkey.asyncio.Valkey, site: Site) -> None:
    """No more entries leave the server than were asked for, rounded up to a run, and a hundred at once at most."""
    await number(site, [f"{1 + place * 1000}-0" for place in range(1000)])
    asked: list[int] = []
    before = await calls(site)

    await check_stream(client, CODEC, "orders", sample=200, progress=lambda done, _: asked.append(done))

    assert all(now - then <= 100 for then, now in zip([0, *asked], asked, strict=False))
    assert (await calls(site)) - before <= 30


async def calls(site: Site) -> int:
    """How often the server was asked for a range."""
    text = (await site.call("INFO", "commandstats")).decode()
    return sum(int(line.split("calls=")[1].split(",")[0]) for line in text.splitlines() if "cmdstat_xrange:" in line)


# --- what is refused ------------------------------------------------------------------------------------------------


async def test_a_key_of_another_type_is_refused(client: valkey.asyncio.Valkey, site: Site) -> None:
    """It is not taken for an empty stream."""
    await site.call("SET", "text", "text")

    with pytest.raises(ServerRefused, match="WRONGTYPE"):
        await check_stream(client, CODEC, "text")


async def test_a_server_that_is_gone_has_a_name(
    client: valkey.asyncio.Valkey, server: EmbeddedValkey, site: Site
) -> None:
    """A check that is cut off says so at once."""
    await site.add_all([GOOD] * 150)

    with pytest.raises(ServerUnavailable):
        await check_stream(client, CODEC, "orders", progress=lambda *_: server.stop())


async def test_a_check_names_a_server_that_was_never_there(tmp_path: Path) -> None:
    """The error comes at once, and says what to do."""
    async with valkey.asyncio.Valkey(unix_socket_path=str(tmp_path / "none")) as client:
        with pytest.raises(ServerUnavailable, match="Try again when it is back"):
            await check_stream(client, CODEC, "orders")


@pytest.mark.parametrize("sample", [0, -1])
async def test_a_sample_of_nothing_is_refused(sample: int, client: valkey.asyncio.Valkey) -> None:
    """It would pass whatever the stream holds."""
    with pytest.raises(RequestRefused, match="1 entry at least"):
        await check_stream(client, CODEC, "orders", sample=sample)


async def test_a_codec_for_flat_events_is_refused(client: valkey.asyncio.Valkey) -> None:
    """It cannot read entries of a stream."""
    with pytest.raises(RegistryError, match="cannot read"):
        await check_stream(client, Registry().codec(envelope=Flat()), "orders")


async def test_no_memory_ends_a_check(client: valkey.asyncio.Valkey, site: Site) -> None:
    """Want of memory is not taken for a fault of the entry."""
    events = Registry()
    events.event("order.placed", version=2)(OrderPlaced)

    @events.upcaster("order.placed", from_version=1)
    def exhaust(payload: dict[str, Any]) -> dict[str, Any]:
        raise MemoryError

    await site.add(OLD)

    with pytest.raises(MemoryError):
        await check_stream(client, events.codec(), "orders")


# --- entries --------------------------------------------------------------------------------------------------------


def test_fields_come_in_their_order() -> None:
    """An entry's values are paired as they stand."""
    assert [(b"b", b"1"), (b"a", b"2")] == list(fields_of([b"b", b"1", b"a", b"2"]).items())


def test_a_field_that_stands_twice_has_a_name() -> None:
    """Readers would differ about which one counts."""
    with pytest.raises(MalformedEvent) as caught:
        fields_of([b"a", b"1", b"a", b"1"])

    assert "duplicate-key" == caught.value.detail


@pytest.mark.parametrize("entry_id", ["0-0", "0-1", "1767225600000-7", f"{2**64 - 1}-{2**64 - 1}"])
def test_an_entry_id_is_a_number(entry_id: str) -> None:
    """Numbers are ids in their order, and lead back to them."""
    found = entry_number(entry_id)

    assert found is not None
    assert entry_id == number_id(found)


@pytest.mark.parametrize("text", ["", "1", "-", "1-", "-1", "+", "$", "(1-0", "01-0", "1-00", f"{2**64}-0", "1-0 "])
def test_what_the_server_does_not_write_is_no_entry_id(text: str) -> None:
    """Neither halves, nor words that mean a place to the server, nor what is too large."""
    assert entry_number(text) is None
