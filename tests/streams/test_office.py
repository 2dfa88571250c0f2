"""The dead letter office on a real server: looking moves nothing, a replay gives back each letter once."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
import time
from typing import TYPE_CHECKING, Any

import attrs
import msgspec
import pytest
import valkey
import valkey.asyncio

from streams.shop import OrderPlaced, make_codec, order, order_v1
from streams.site import CODEC, Site, consumer_of, entry, running, until, values_of
from upcast import Flat, Registry
from upcast.errors import RegistryError
from upcast.streams import DeadLetter, DeadLetterOffice, Delivery, EmbeddedValkey, Letter, Reject, Selection
from upcast.streams._office._replay import Desk, Mode
from upcast.streams._reading import ask
from upcast.streams._scripts import MAX_ARGUMENTS
from upcast.streams._server import Server
from upcast.streams._tally import _unlogged
from upcast.streams.errors import (
    ClientRefused,
    GroupMissing,
    NoSuchLetter,
    RequestRefused,
    ServerRefused,
    ServerUnavailable,
)
from upcast.streams.letters import letter_values

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

MENDED = make_codec(mended=True)
GOOD = values_of(entry("order.placed", 3, msgspec.json.encode(order(1))))
COMMA = values_of(entry("order.placed", 1, order_v1(1, "12,50")))
OFFICE, AUDIT = "{orders}:dlo", "{orders}:audit"


async def dead(site: Site, source: str, values: Sequence[bytes] = GOOD, *, at: str = "*", **about: Any) -> str:
    """Write a letter by hand; its id."""
    known = {"reason": "upcaster-failed", "stage": "upcast", "fingerprint": "0123456789ab", **about}
    letter = Letter(stream=site.stream, id=source, **{"group": site.group, **known})
    reply = await site.call("XADD", OFFICE, at, *letter_values(letter, values))
    return reply.decode()


async def handled(site: Site, values: Sequence[bytes] = GOOD, **about: Any) -> tuple[str, str]:
    """An entry that its group has read and acknowledged, and its letter; the ids of both."""
    source = await site.add(values)
    await site.deliver("billing-1~01234567")
    await site.call("XACK", site.stream, site.group, source)
    return source, await dead(site, source, values, **about)


async def vanished(site: Site, count: int) -> list[str]:
    """Letters of which the stream has no entry any more; their ids."""
    return [await dead(site, f"1-{number + 1}", GOOD) for number in range(count)]


async def audited(site: Site) -> list[dict[str, str]]:
    """The records of what was done."""
    rows = await site.call("XRANGE", AUDIT, "-", "+")
    return [{a.decode(): b.decode() for a, b in zip(row[::2], row[1::2], strict=True)} for _, row in rows]


async def state(site: Site) -> dict[bytes, bytes]:
    """Everything on the server, byte for byte."""
    return {key: await site.call("DUMP", key) for key in await site.call("KEYS", "*")}


async def entries(site: Site) -> list[tuple[bytes, ...]]:
    """The fields of every entry of the stream."""
    return [tuple(values) for _, values in await site.call("XRANGE", site.stream, "-", "+")]


@pytest.fixture
def office(client: valkey.asyncio.Valkey, fence: bool) -> DeadLetterOffice:
    """The office of the stream `orders`, both ways."""
    return DeadLetterOffice(client, "orders", fence=fence)


@pytest.fixture
def fenced(client: valkey.asyncio.Valkey) -> DeadLetterOffice:
    """The office of the stream `orders`, as it is by default."""
    return DeadLetterOffice(client, "orders")


# --- looking --------------------------------------------------------------------------------------------------------


async def test_letters_come_oldest_first_page_by_page(site: Site, fenced: DeadLetterOffice) -> None:
    """All letters come in the order in which they came to the office, however many pages they fill."""
    ids = [await dead(site, "1-1", at=f"{number}-0") for number in range(1, 251)]

    found = [letter async for letter in fenced.letters()]

    assert ids == [letter.id for letter in found]
    assert GOOD == found[0].entry
    assert 250 == await fenced.count()


async def test_letters_walk_on_while_others_write_and_delete(site: Site, fenced: DeadLetterOffice) -> None:
    """What is deleted meanwhile is left out, what comes meanwhile too, and the walk ends."""
    ids = [await dead(site, "1-1", at=f"{number}-0") for number in range(1, 151)]
    found = []

    async for letter in fenced.letters():
        found.append(letter.id)
        await dead(site, "1-1")
        if letter.id == "50-0":
            await site.call("XDEL", OFFICE, *(f"{number}-0" for number in range(40, 121)))

    assert [letter_id for letter_id in ids if not 100 < int(letter_id[:-2]) < 121] == found


async def test_an_empty_office_has_no_letters(fenced: DeadLetterOffice) -> None:
    """An office that does not exist yet is an empty one."""
    assert 0 == await fenced.count()
    assert [] == [letter async for letter in fenced.letters()]
    assert [] == await fenced.groups()
    assert 0 == (await fenced.replay()).selected


async def test_limit_ends_the_walk(site: Site, fenced: DeadLetterOffice) -> None:
    """No more letters come than were asked for."""
    ids = await vanished(site, 3)

    assert ids[:2] == [letter.id async for letter in fenced.letters(limit=2)]
    with pytest.raises(RequestRefused, match="limit"):
        await anext(fenced.letters(limit=0))


@pytest.mark.parametrize(
    "selection",
    [
        Selection(reason="handler-raised"),
        Selection(stage="handler"),
        Selection(event_type="basket.saved"),
        Selection(schema_version=2),
        Selection(fingerprint="ffff"),
        Selection(fingerprint="ffffffffffff"),
        Selection(group="shipping"),
        Selection(ids=("2000-5",)),
        Selection(since=dt.datetime.fromtimestamp(2, dt.UTC), until=dt.datetime.fromtimestamp(3, dt.UTC)),
        Selection(since=dt.datetime.fromtimestamp(1.9995, dt.UTC), until=dt.datetime.fromtimestamp(2.0005, dt.UTC)),
    ],
    ids=repr,
)
async def test_a_selection_narrows(selection: Selection, site: Site, fenced: DeadLetterOffice) -> None:
    """Each of its conditions is enough to tell one letter from its neighbours."""
    plain = {"event_type": "order.placed", "schema_version": 1}
    await dead(site, "1-1", at="1999-5", **plain)
    other = {
        "reason": "handler-raised",
        "stage": "handler",
        "event_type": "basket.saved",
        "schema_version": 2,
        "fingerprint": "ffffffffffff",
        "group": "shipping",
    }
    await dead(site, "1-1", at="2000-5", **other)
    await dead(site, "1-1", at="3000-0", **plain)

    assert ["2000-5"] == [letter.id async for letter in fenced.letters(selection)]


def test_what_is_none_or_empty_does_not_narrow() -> None:
    """An option that was not given is no condition."""
    letter = DeadLetter("1-0", Letter(stream="orders", id="1-1", group="billing", reason="x", stage="handler"), GOOD)

    assert Selection(reason="", stage="", event_type="", fingerprint="", group="", ids=()).takes(letter)
    assert Selection().takes(letter)


async def test_all_conditions_hold_at_once(site: Site, fenced: DeadLetterOffice) -> None:
    """A letter that meets one condition and not the other is not taken."""
    await dead(site, "1-1", reason="upcaster-failed", group="shipping")

    assert [] == await fenced.groups(Selection(reason="upcaster-failed", group="billing"))


@pytest.mark.parametrize("fingerprint", ["abc", "xyzw", "0123456789abc", "ABCD"])
def test_a_prefix_of_a_fingerprint_is_four_hex_digits_at_least(fingerprint: str) -> None:
    """What is no beginning of a fingerprint is refused, not searched for in vain."""
    with pytest.raises(RequestRefused, match="is no fingerprint"):
        Selection(fingerprint=fingerprint)


def test_times_of_a_selection_are_aware() -> None:
    """A naive time would be taken for that of some machine."""
    with pytest.raises(RequestRefused, match="since must be an aware time"):
        Selection(since=dt.datetime(2026, 1, 1))  # noqa: DTZ001


async def test_an_id_that_is_not_there_is_told_before_anything_is_done(site: Site, office: DeadLetterOffice) -> None:
    """One wrong id among many stops a replay before its first letter."""
    ids = await vanished(site, 120)

    with pytest.raises(NoSuchLetter, match="no letter 99999999999999-0"):
        await office.replay(Selection(ids=(*ids, "99999999999999-0")))

    assert 120 == await office.count()


@pytest.mark.parametrize("letter_id", ["", "-", "+", "1", "1-", "a-b", "01-0", "1-0\n", "99999999999999999999-0"])
async def test_what_is_no_id_is_no_letter(letter_id: str, site: Site, fenced: DeadLetterOffice) -> None:
    """Words that mean a range to the server are never handed on to it."""
    await dead(site, "1-1", at="1-0")

    with pytest.raises(NoSuchLetter, match="is no id of a letter"):
        await fenced.get(letter_id)


async def test_get_reads_one_letter(site: Site, fenced: DeadLetterOffice) -> None:
    """A letter comes with its entry, byte for byte; one that is gone has a name for it."""
    letter_id = await dead(site, "7-7", (b"type", b"\xff\x00", b"type", b""))

    letter = await fenced.get(letter_id)
    assert ("7-7", (b"type", b"\xff\x00", b"type", b"")) == (letter.letter.id, letter.entry)

    with pytest.raises(NoSuchLetter, match="may have been replayed or discarded"):
        await fenced.get("1-1")


async def test_selected_ids_come_oldest_first_and_once(site: Site, fenced: DeadLetterOffice) -> None:
    """The order in which ids are given, and giving one twice, does not matter."""
    ids = await vanished(site, 3)

    selection = Selection(ids=(ids[2], ids[0], ids[2]))

    assert [ids[0], ids[2]] == [letter.id async for letter in fenced.letters(selection)]


async def test_groups_hold_letters_of_one_cause(site: Site, fenced: DeadLetterOffice) -> None:
    """Letters with one fingerprint are one group, the largest first, with what its letters have between them."""
    about = {"event_type": "order.placed", "fingerprint": "a" * 12, "step": "_in_cents"}
    await dead(site, "1-1", at="1000-0", schema_version=2, problem="old", **about)
    await dead(site, "1-2", at="2000-0", fingerprint="b" * 12, reason="malformed", stage="decode")
    await dead(site, "1-3", at="3000-0", schema_version=1, group="shipping", problem="new", **about)
    await site.call("XADD", OFFICE, "4000-0", "any", "thing")

    large, small, foreign = await fenced.groups()

    assert ("a" * 12, "upcaster-failed", "upcast", "new") == (
        large.fingerprint,
        large.reason,
        large.stage,
        large.problem,
    )
    assert ("order.placed", (1, 2), "_in_cents") == (large.event_type, large.versions, large.step)
    assert (("billing", "shipping"), 2, "3000-0") == (large.groups, large.count, large.example)
    assert (1.0, 3.0) == (large.first.timestamp(), large.last.timestamp())
    assert ("malformed", None, ()) == (small.reason, small.event_type, small.versions)
    assert ("", "no-letter", ()) == (foreign.fingerprint, foreign.reason, foreign.groups)


async def test_looking_only_reads(site: Site, office: DeadLetterOffice) -> None:
    """Letters, groups, checks and dry runs leave every byte on the server as it was."""
    await handled(site)
    await vanished(site, 2)
    waiting = await site.orders(1)
    await dead(site, waiting[0], GOOD)
    before = await state(site)

    assert 4 == len([letter async for letter in office.letters()])
    await office.groups()
    await office.check(CODEC)
    await office.replay(dry_run=True, only_passing=CODEC)
    await office.discard(Selection(), because="to see", dry_run=True)

    assert before == await state(site)


# --- checking -------------------------------------------------------------------------------------------------------


async def test_a_check_tells_what_would_pass(site: Site, fenced: DeadLetterOffice) -> None:
    """Today's code is tried on every letter, and what fails is told by reason and place."""
    comma = await dead(site, "1-1", COMMA)
    await dead(site, "1-2", COMMA)
    await dead(site, "1-3", GOOD)
    done: list[int] = []

    report = await fenced.check(CODEC, progress=done.append)

    assert (3, 1, 3) == (report.total, report.passed, sum(done))
    (group,) = report.groups
    (failed,) = group.failures
    assert ("upcaster-failed", "v2 to v3, _in_cents", 2, comma) == (
        failed.reason,
        failed.place,
        failed.count,
        failed.example,
    )
    assert str(report).startswith("1 of 3 would pass with this code\n")
    assert "12,50" not in str(report)
    assert (3, 3) == ((mended := await fenced.check(MENDED)).total, mended.passed)


async def test_a_check_says_that_a_handler_decides(site: Site, fenced: DeadLetterOffice) -> None:
    """The codec was never what a letter of stage `handler` died of, and the report says so."""
    await dead(site, "1-1", reason="unsupported-currency", stage="handler")

    report = await fenced.check(CODEC)

    assert "decodes; the handler decides" in str(report)
    assert 1 == report.passed


async def test_a_check_does_not_promise_anything_about_crashes(site: Site, fenced: DeadLetterOffice) -> None:
    """That an entry decodes does not mean that it will not kill its consumer again."""
    await dead(site, "1-1", reason="process-killer", stage="crash")

    assert "what its consumers died of is not known" in str(await fenced.check(CODEC))


@pytest.mark.parametrize(
    ("values", "reason", "place"),
    [
        ((), "vanished", ""),
        ((*GOOD, b"type", b"basket.saved"), "malformed", "duplicate-key"),
        ((b"type", b"order.placed", b"schema_version", b"3", b"data", b"{}"), "class-refused", "order_id: missing"),
        ((b"type", b"nobody", b"schema_version", b"3", b"data", b"{}"), "unknown-type", ""),
    ],
)
async def test_a_check_names_what_fails(
    values: tuple[bytes, ...], reason: str, place: str, site: Site, fenced: DeadLetterOffice
) -> None:
    """A letter without bytes, one with a field twice, and what the codec refuses do not pass."""
    await dead(site, "1-1", values, reason="vanished" if not values else "malformed")

    report = await fenced.check(CODEC)

    (failed,) = report.groups[0].failures
    assert (0, reason) == (report.passed, failed.reason)
    assert place in failed.place


async def test_what_is_no_letter_does_not_pass(site: Site, fenced: DeadLetterOffice) -> None:
    """An entry that somebody else wrote there is told apart, even where its fields would decode."""
    await site.call("XADD", OFFICE, "*", *GOOD)

    report = await fenced.check(CODEC)

    assert (0, "no-letter") == (report.passed, report.groups[0].failures[0].reason)


async def test_a_check_logs_nothing(site: Site, fenced: DeadLetterOffice, caplog: pytest.LogCaptureFixture) -> None:
    """The codec's line about each refused event is not repeated; what is decoded elsewhere is logged as ever."""
    await dead(site, "1-1", COMMA)

    with caplog.at_level(logging.DEBUG, logger="upcast"):
        await fenced.check(CODEC)
        await fenced.replay(only_passing=CODEC, dry_run=True)
    assert [] == caplog.records

    (error,) = CODEC.decode_many([b"{"], return_errors=True)
    assert [str(error.reason) in record.message for record in caplog.records] == [True]


async def test_other_threads_log_during_a_check(caplog: pytest.LogCaptureFixture) -> None:
    """A consumer in another thread is not silenced."""
    with _unlogged():
        await asyncio.to_thread(CODEC.decode_many, [b"{"], return_errors=True)

    assert 1 == len(caplog.records)


async def test_no_memory_ends_a_check(site: Site, fenced: DeadLetterOffice) -> None:
    """Want of memory is not taken for a fault of the letter."""
    events = Registry()
    events.event("order.placed", version=2)(OrderPlaced)

    @events.upcaster("order.placed", from_version=1)
    def exhaust(payload: dict[str, Any]) -> dict[str, Any]:
        raise MemoryError

    await dead(site, "1-1", COMMA)

    with pytest.raises(MemoryError):
        await fenced.check(events.codec())


async def test_a_codec_for_flat_events_is_refused(site: Site, fenced: DeadLetterOffice) -> None:
    """It cannot read entries of a stream, and says so before anything is read."""
    codec = Registry().codec(envelope=Flat())

    with pytest.raises(RegistryError, match="cannot read"):
        await fenced.check(codec)


# --- replaying ------------------------------------------------------------------------------------------------------


async def test_what_the_stream_still_has_becomes_pending_again(site: Site, office: DeadLetterOffice) -> None:
    """It is due at once, under its own id, as never tried, for its own group only, and the letter is gone."""
    await site.call("XGROUP", "CREATE", "orders", "shipping", "0")
    source, letter = await handled(site, replays=1)

    report = await office.replay(by="ada")

    (row,) = await site.pending()
    assert (source, "billing~retry~r2", 0) == (row.id.decode(), row.owner.decode(), row.count)
    assert row.idle > 365 * 86_400_000
    assert [GOOD] == await entries(site)
    assert 0 == (await site.call("XPENDING", "orders", "shipping"))[0]
    assert (1, 1, 0, 0, {}) == (report.selected, report.returned, report.added, report.already, dict(report.skipped))
    assert 0 == await office.count()
    assert [
        {
            "mode": "returned",
            "entry": "",
            "action": "replay",
            "by": "ada",
            "letter": letter,
            "source": source,
            "group": "billing",
            "fingerprint": "0123456789ab",
            "reason": "upcaster-failed",
        }
    ] == await audited(site)


async def test_what_the_stream_has_no_more_is_added(site: Site, office: DeadLetterOffice) -> None:
    """A new entry holds the original's fields in their order, then headers in place of any older ones."""
    values = (b"upcast-replays", b"1", *GOOD, b"upcast-origin", b"0-9", b"bytes", b"\xff\x00", b"bytes", b"twice")
    await dead(site, "5-5", values, replays=1)

    report = await office.replay()

    headers = (b"upcast-replay-to", b"billing", b"upcast-replays", b"2", b"upcast-origin", b"5-5")
    assert [(*GOOD, b"bytes", b"\xff\x00", b"bytes", b"twice", *headers)] == await entries(site)
    assert (0, 1) == (report.returned, report.added)
    assert 0 == await office.count()
    (record,) = await audited(site)
    assert ("added", (await site.call("XRANGE", "orders", "-", "+"))[0][0].decode()) == (
        record["mode"],
        record["entry"],
    )


@pytest.mark.parametrize("other", [(*GOOD[:-1], b"{}"), GOOD[:-2], (*GOOD, b"more", b"")])
async def test_another_entry_under_the_same_id_is_not_the_original(
    other: tuple[bytes, ...], site: Site, office: DeadLetterOffice
) -> None:
    """Where somebody made the stream anew, the letter's bytes are added."""
    source, letter = await handled(site, other)
    await site.call("XDEL", OFFICE, letter)
    await dead(site, source, GOOD)

    assert 1 == (await office.replay(dry_run=True)).added
    report = await office.replay()

    assert 1 == report.added
    assert GOOD == (await entries(site))[1][: len(GOOD)]
    assert [] == await site.pending()


async def test_what_the_group_has_in_hand_is_left_there(site: Site, office: DeadLetterOffice) -> None:
    """An entry that is pending keeps its owner; only the letter goes."""
    source = await site.add(GOOD)
    await site.deliver("billing-1~01234567")
    await dead(site, source)

    report = await office.replay()

    assert {source: "billing-1~01234567"} == await site.owners()
    assert (1, 0) == (report.already, await office.count())
    assert "pending" == (await audited(site))[0]["mode"]


async def test_what_the_group_is_still_to_read_comes_once(site: Site, office: DeadLetterOffice) -> None:
    """An entry that was never delivered is not made pending: the group would get it twice."""
    source = await site.add(GOOD)
    await dead(site, source)

    report = await office.replay()

    assert [] == await site.pending()
    assert (1, 0) == (report.already, await office.count())
    assert [source] == await site.deliver("billing-1~01234567")


async def test_what_another_was_faster_with_is_not_done_again(site: Site, office: DeadLetterOffice) -> None:
    """A letter that is gone when its turn comes is neither replayed nor discarded, and the report says so."""
    await vanished(site, 2)
    with valkey.Valkey(unix_socket_path=site.client.connection_pool.connection_kwargs["path"]) as other:
        replayed = await office.replay(progress=lambda _: other.delete(OFFICE))
        await vanished(site, 2)
        discarded = await office.discard(Selection(), because="no use", progress=lambda _: other.delete(OFFICE))

    assert (2, 1, 1) == (replayed.selected, replayed.added, replayed.already)
    assert (2, 1, 1) == (discarded.selected, discarded.discarded, discarded.gone)
    assert (1, 2) == (len(await entries(site)), len(await audited(site)))
    assert "1 of 2 letters discarded, 1 gone before" == str(discarded)


async def test_a_letter_may_have_any_reason(site: Site, office: DeadLetterOffice) -> None:
    """A handler that rejects with a reason that means something else here does not lose its letter."""
    await dead(site, "1-1", reason="no-letter", stage="handler")

    assert 1 == (await office.replay()).added


async def test_two_replays_at_once_give_each_letter_back_once(client: valkey.asyncio.Valkey, site: Site) -> None:
    """Fenced, it does not matter how many replays run."""
    await vanished(site, 120)

    reports = await asyncio.gather(*(DeadLetterOffice(client, "orders").replay() for _ in range(3)))

    assert 120 == sum(report.added for report in reports)
    assert 120 == len(await entries(site))


async def test_a_group_that_is_missing_has_a_name(site: Site, office: DeadLetterOffice) -> None:
    """Neither a group nor a stream is made up, and the letter stays."""
    await dead(site, "1-1", group="nobody")
    for dry_run in (True, False):
        with pytest.raises(GroupMissing) as caught:
            await office.replay(dry_run=dry_run)
        assert ("orders", "nobody") == (caught.value.stream, caught.value.group)

    await site.call("DEL", "orders")
    with pytest.raises(GroupMissing):
        await office.replay()

    assert 1 == await office.count()
    assert 0 == await site.call("EXISTS", "orders", AUDIT)


@pytest.mark.parametrize("still_there", [True, False])
async def test_without_a_record_nothing_is_replayed(still_there: bool, site: Site, office: DeadLetterOffice) -> None:
    """Where the key of the record holds something else, nothing is moved, and a dry run tells."""
    await handled(site) if still_there else await vanished(site, 1)
    await site.call("SET", AUDIT, "text")
    before = await state(site)

    for dry_run in (True, False):
        with pytest.raises(ServerRefused, match="WRONGTYPE"):
            await office.replay(dry_run=dry_run)

    assert before == await state(site)


async def test_without_a_record_nothing_is_discarded(site: Site, office: DeadLetterOffice) -> None:
    """The record comes first."""
    await vanished(site, 1)
    await site.call("SET", AUDIT, "text")

    with pytest.raises(ServerRefused, match="WRONGTYPE"):
        await office.discard(Selection(), because="no use")

    assert 1 == await office.count()


@pytest.mark.parametrize("still_there", [True, False])
async def test_a_server_out_of_memory_loses_nothing(still_there: bool, site: Site, office: DeadLetterOffice) -> None:
    """The letter stays until what it needs could be written, and comes back when it can."""
    await handled(site) if still_there else await vanished(site, 1)
    await site.call("CONFIG", "SET", "maxmemory", "1")
    try:
        # A script that has written may go on, so that what was made pending again may be done with.
        with contextlib.suppress(ServerUnavailable) if still_there else pytest.raises(ServerUnavailable):
            await office.replay()
        assert await office.count() or await site.pending()
        assert int(still_there) == len(await entries(site))
    finally:
        await site.call("CONFIG", "SET", "maxmemory", "0")

    await office.replay()
    assert (1, 0) == (len(await entries(site)), await office.count())


async def test_an_entry_of_thousands_of_fields_comes_back(site: Site, office: DeadLetterOffice) -> None:
    """One with more values than a script can hand on is returned, or added, like any other."""
    large = (*GOOD, *(b"%d" % number for number in range(MAX_ARGUMENTS + 1001)))
    large += (b"",) if len(large) % 2 else ()
    source, _ = await handled(site, large)
    await dead(site, "1-1", large)

    report = await office.replay()

    assert (1, 1) == (report.returned, report.added)
    assert [source] == [row.id.decode() for row in await site.pending()]
    assert large == (await entries(site))[1][: len(large)]
    assert (0, ["returned", "added"]) == (await office.count(), [record["mode"] for record in await audited(site)])


async def test_letters_that_cannot_be_replayed_stay(site: Site, office: DeadLetterOffice) -> None:
    """A vanished one has no bytes, a foreign one no origin, and one that was replayed often enough stays too."""
    await dead(site, "1-1", (), reason="vanished", stage="stream")
    await site.call("XADD", OFFICE, "*", "any", "thing")
    await dead(site, "no id")
    await dead(site, "1-1", replays=3)
    await dead(site, "1-1", replays=2)

    report = await office.replay()

    assert {"vanished": 1, "no-letter": 2, "max-replays": 1} == dict(report.skipped)
    assert (5, 1, 4) == (report.selected, report.added, await office.count())
    assert 1 == (await office.replay(max_replays=4)).added


async def test_only_what_passes_is_replayed(site: Site, office: DeadLetterOffice) -> None:
    """What today's code does not read stays, and comes back with the release that reads it."""
    await dead(site, "1-1", COMMA)
    await dead(site, "1-2", GOOD)

    report = await office.replay(only_passing=CODEC)
    assert (2, 1, 1, 1) == (report.selected, report.added, report.failing, await office.count())

    assert 1 == (await office.replay(only_passing=MENDED)).added
    assert 0 == await office.count()


async def test_a_limit_counts_what_is_given_back(site: Site, office: DeadLetterOffice) -> None:
    """Letters that stay do not use it up."""
    await dead(site, "1-1", (), reason="vanished", stage="stream")
    await vanished(site, 3)

    report = await office.replay(limit=2)

    assert (3, 2, 2) == (report.selected, report.added, await office.count())


async def test_a_dry_run_tells_what_the_replay_does(site: Site, office: DeadLetterOffice) -> None:
    """Its report has the same numbers."""
    await handled(site)
    await vanished(site, 2)
    waiting = await site.orders(1)
    await dead(site, waiting[0], values_of(entry("order.placed", 3, msgspec.json.encode(order(1)))))
    await dead(site, "1-1", COMMA)
    await dead(site, "1-1", (), reason="vanished")

    dry = await office.replay(only_passing=CODEC, dry_run=True)
    real = await office.replay(only_passing=CODEC)

    assert (6, 1, 2, 1, 1, {"vanished": 1}) == (
        real.selected,
        real.returned,
        real.added,
        real.already,
        real.failing,
        dict(real.skipped),
    )
    assert (True, False) == (dry.dry_run, real.dry_run)
    assert str(real) == str(dry).replace("would be replayed", "replayed")
    assert "1 skipped as vanished" in str(real)


async def test_a_replay_takes_only_what_was_there(site: Site, office: DeadLetterOffice) -> None:
    """A letter that comes back while the replay runs is not replayed again at once, and for ever."""
    await vanished(site, 2)
    added: list[asyncio.Task[str]] = []

    report = await office.replay(progress=lambda _: added.append(asyncio.create_task(dead(site, "1-9"))))
    await asyncio.gather(*added)

    assert (2, 2) == (report.added, await office.count())


async def test_a_rate_paces_a_replay(site: Site, fenced: DeadLetterOffice) -> None:
    """Letters are given back no faster than was asked for, the first at once."""
    await vanished(site, 4)
    times: list[float] = []
    began = time.monotonic()

    await fenced.replay(rate=20, progress=lambda _: times.append(time.monotonic() - began))

    assert all(moment >= place * 0.05 for place, moment in enumerate(times))
    assert 4 == len(times)


@pytest.mark.parametrize("asked", [{"rate": 0}, {"rate": float("nan")}, {"max_replays": 0}, {"limit": 0}])
async def test_what_means_nothing_is_refused(asked: dict[str, Any], fenced: DeadLetterOffice) -> None:
    """A rate of nothing and a limit of none are mistakes, not wishes."""
    with pytest.raises(RequestRefused):
        await fenced.replay(**asked)


async def test_a_replay_can_be_cancelled(
    site: Site, office: DeadLetterOffice, caplog: pytest.LogCaptureFixture
) -> None:
    """Each letter is given back or still there, and the log tells how far it came."""
    await vanished(site, 5)
    done: list[int] = []

    def cancel(count: int) -> None:
        done.append(count)
        if len(done) == 3:
            task.cancel()

    with caplog.at_level(logging.INFO, logger="upcast"):
        task = asyncio.create_task(office.replay(rate=1000, progress=cancel))
        with pytest.raises(asyncio.CancelledError):
            await task

    assert (3, 2) == (len(await entries(site)), await office.count())
    assert ["dead letter office of orders: 3 of 3 letters replayed: 3 as new entries"] == caplog.messages


async def test_an_account_without_scripts_can_replay(server: EmbeddedValkey, site: Site) -> None:
    """With `fence=False` no script runs; with it, the refusal is named at once."""
    await handled(site)
    await vanished(site, 1)
    await site.call("ACL", "SETUSER", "plain", "on", ">secret", "~*", "+@all", "-@scripting")
    async with valkey.asyncio.Valkey.from_url(server.url, username="plain", password="secret") as client:
        with pytest.raises(ServerRefused, match="EVALSHA"):
            await DeadLetterOffice(client, "orders").replay()
        report = await DeadLetterOffice(client, "orders", fence=False).replay()
        await dead(site, "1-1")
        discarded = await DeadLetterOffice(client, "orders", fence=False).discard(Selection(), because="no use")

    assert (1, 1, 1) == (report.returned, report.added, discarded.discarded)


@pytest.mark.parametrize("missing", ["xadd", "xdel"])
async def test_unfenced_each_command_is_confirmed_before_the_next(
    missing: str, server: EmbeddedValkey, site: Site
) -> None:
    """Where one is refused, what comes after it is not done: a letter is given back twice at worst."""
    (letter,) = await vanished(site, 1)
    await site.call("ACL", "SETUSER", "plain", "on", ">secret", "~*", "+@all", f"-{missing}")
    async with valkey.asyncio.Valkey.from_url(server.url, username="plain", password="secret") as client:
        with pytest.raises(ServerRefused, match=f"(?i){missing}"):
            await DeadLetterOffice(client, "orders", fence=False).replay()

    assert [letter] == [kept.id for kept in await site.letters()]
    assert (1, 1) if missing == "xdel" else (0, 0) == (len(await entries(site)), len(await audited(site)))


@attrs.frozen
class Slow(Desk):
    """Looks at a letter, and is overtaken before it does anything about it."""

    meanwhile: tuple[Callable[[], Awaitable[object]], ...] = ()

    async def outlook(self, letter: DeadLetter) -> Mode:
        mode = await super().outlook(letter)
        for act in self.meanwhile:
            await act()
        return mode


async def test_unfenced_an_original_that_is_deleted_at_the_last_moment_is_added(site: Site) -> None:
    """What could not be made pending is looked at once more."""
    source, _ = await handled(site)
    desk = Slow(Server(site.client), "orders", False, (lambda: site.call("XDEL", "orders", source),))

    assert "added" == await desk.replay((await site.letters())[0], "")
    assert (1, 0) == (len(await entries(site)), len(await site.letters()))


async def test_unfenced_an_entry_that_somebody_has_by_now_is_not_taken_away(site: Site) -> None:
    """Another replay was faster, and a consumer has the entry in hand: it keeps it."""
    source, _ = await handled(site)

    async def overtake() -> None:
        if not await site.pending():
            await site.call("XCLAIM", "orders", "billing", "billing-2~01234567", 0, source, "FORCE")

    desk = Slow(Server(site.client), "orders", False, (overtake,))

    assert "pending" == await desk.replay((await site.letters())[0], "")
    assert {source: "billing-2~01234567"} == await site.owners()


async def test_a_client_of_either_protocol_will_do(server: EmbeddedValkey, site: Site, fence: bool) -> None:
    """The newer protocol answers some commands with maps."""
    await handled(site)
    async with valkey.asyncio.Valkey.from_url(server.url, protocol=3) as client:
        office = DeadLetterOffice(client, "orders", fence=fence)
        assert 1 == (await office.replay(dry_run=True)).returned
        assert 1 == (await office.replay()).returned


# --- discarding -----------------------------------------------------------------------------------------------------


async def test_a_discard_leaves_a_record(site: Site, office: DeadLetterOffice) -> None:
    """Who took what out, and why, is written down; the stream is not touched."""
    source, letter = await handled(site)
    await dead(site, "1-1", reason="malformed")

    report = await office.discard(Selection(reason="upcaster-failed"), because="test orders", by="ada")

    assert (1, 1, 0, 1) == (report.selected, report.discarded, report.gone, await office.count())
    assert [
        {
            "action": "discard",
            "by": "ada",
            "because": "test orders",
            "letter": letter,
            "source": source,
            "group": "billing",
            "fingerprint": "0123456789ab",
            "reason": "upcaster-failed",
        }
    ] == await audited(site)
    assert ([GOOD], []) == (await entries(site), await site.pending())
    assert "1 of 1 letters discarded" == str(report)


async def test_what_is_no_letter_can_be_discarded(site: Site, office: DeadLetterOffice) -> None:
    """There is a way to get rid of what somebody else wrote there."""
    await site.call("XADD", OFFICE, "*", "any", "thing")

    assert 1 == (await office.discard(Selection(reason="no-letter"), because="not ours")).discarded
    assert 0 == await office.count()


async def test_two_discards_at_once_write_one_record(client: valkey.asyncio.Valkey, site: Site) -> None:
    """Fenced, each letter is discarded by one of them."""
    await vanished(site, 50)

    reports = await asyncio.gather(
        *(DeadLetterOffice(client, "orders").discard(Selection(), because="no use") for _ in range(2))
    )

    assert (50, 50) == (sum(report.discarded for report in reports), len(await audited(site)))


async def test_a_discard_says_why(fenced: DeadLetterOffice) -> None:
    """A blank is no reason."""
    with pytest.raises(RequestRefused, match="because"):
        await fenced.discard(Selection(), because=" ")


async def test_a_dry_discard_tells_how_many(site: Site, office: DeadLetterOffice) -> None:
    """Its report says that it was dry."""
    await vanished(site, 2)

    assert "2 of 2 letters would be discarded" == str(await office.discard(Selection(), because="x", dry_run=True))


# --- troubles -------------------------------------------------------------------------------------------------------


async def test_a_key_of_another_type_is_refused(site: Site, fenced: DeadLetterOffice) -> None:
    """The server's refusal has a name, and is not taken for an empty office."""
    await site.call("SET", OFFICE, "text")

    for asking in (fenced.count(), fenced.groups(), fenced.replay()):
        with pytest.raises(ServerRefused, match="WRONGTYPE"):
            await asking


async def test_a_server_that_is_not_there_has_a_name(tmp_path: Any) -> None:
    """Nobody waits for it: the error comes at once."""
    async with valkey.asyncio.Valkey(unix_socket_path=str(tmp_path / "none")) as client:
        with pytest.raises(ServerUnavailable, match="Try again") as caught:
            await DeadLetterOffice(client, "orders").count()

    assert caught.value.__context__ is None


async def test_a_refusal_does_not_repeat_values(server: EmbeddedValkey, site: Site) -> None:
    """A server that does not know a command answers with its arguments; they are cut off."""
    with pytest.raises(ServerRefused) as caught:
        await ask(Server(site.client), [("XYZADD", "orders", "*", "data", "secret")])

    assert "secret" not in str(caught.value)
    assert caught.value.__context__ is None


async def test_a_client_that_decodes_is_refused(server: EmbeddedValkey) -> None:
    """It could not read every letter."""
    async with valkey.asyncio.Valkey.from_url(server.url, decode_responses=True) as client:
        with pytest.raises(ClientRefused):
            DeadLetterOffice(client, "orders")


# --- with consumers -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trimmed", [False, True])
async def test_a_mended_release_handles_what_comes_back(
    trimmed: bool, site: Site, client: valkey.asyncio.Valkey, fence: bool
) -> None:
    """What died of a bug is handled by the release without it, by the group it died in and by no other."""
    await site.call("XGROUP", "CREATE", "orders", "shipping", "0")
    seen: list[tuple[str, str, int]] = []

    def note(event: OrderPlaced, delivery: Delivery) -> None:
        seen.append((delivery.group, event.order_id, delivery.replays))

    def reject(event: OrderPlaced, delivery: Delivery) -> Reject:
        return Reject("unpaid")

    office = DeadLetterOffice(client, "orders", fence=fence)
    await site.add(COMMA)
    async with running(consumer_of(client, note), consumer_of(client, reject, group="shipping", codec=MENDED)):
        await until(lambda: _full(office, 2))
    if trimmed:
        await site.call("XTRIM", "orders", "MAXLEN", 0)

    report = await office.replay(Selection(group="billing"), only_passing=MENDED)
    assert (0, 1) if trimmed else (1, 0) == (report.returned, report.added)

    async with running(
        consumer_of(client, note, codec=MENDED), consumer_of(client, note, codec=MENDED, group="shipping")
    ):
        await until(site.done)
        await until(Site(client, group="shipping").done)

    assert [("billing", "o-1", 1)] == seen
    assert 1 == await office.count()


async def _full(office: DeadLetterOffice, count: int) -> bool:
    return await office.count() == count


@pytest.mark.parametrize(
    "named", [{"reason": "process-killer"}, {"stage": "crash"}, {"fingerprint": "0123456789ab"}, {"ids": True}]
)
async def test_a_process_killer_is_replayed_by_name_only(
    site: Site, office: DeadLetterOffice, named: dict[str, Any]
) -> None:
    """Whoever brings everything back does not want more consumers to die."""
    _, letter_id = await handled(site, reason="process-killer", stage="crash")

    told = await office.replay()
    by_name = Selection(ids=(letter_id,)) if "ids" in named else Selection(**named)

    assert (told.returned, told.skipped) == (0, {"process-killer": 1})
    assert (await office.replay(by_name)).returned == 1
