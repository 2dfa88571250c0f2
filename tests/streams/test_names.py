"""Names on the server: companions in the same slot, and owners that say what their entries wait for."""

from __future__ import annotations

import binascii

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upcast.streams._names import (
    Owner,
    audit_key,
    crash_name,
    new_name,
    office_key,
    parking_name,
    read_owner,
    stream_key,
)
from upcast.streams.errors import StreamError

NAMES = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=30)


def slot(key: bytes) -> int:
    """The hash slot of a key, as the cluster specification has it."""
    start = key.find(b"{")
    end = key.find(b"}", start + 1)
    if start >= 0 and end > start + 1:
        key = key[start + 1 : end]
    return binascii.crc_hqx(key, 0) % 16384


@given(st.text(min_size=1, max_size=20).filter(lambda name: not any("\ud800" <= c <= "\udfff" for c in name)))
def test_companions_are_in_the_streams_slot(stream: str) -> None:
    """For every key that is accepted, and the key itself is untouched."""
    try:
        key = stream_key(stream)
    except StreamError:
        assert set("{}") & set(stream)
        return
    assert key == stream.encode()
    assert slot(key) == slot(office_key(stream)) == slot(audit_key(stream))


def test_a_key_with_a_hash_tag_keeps_it() -> None:
    """No second pair of braces."""
    assert office_key("orders") == b"{orders}:dlo"
    assert audit_key("shop:{eu}:orders") == b"shop:{eu}:orders:audit"


@pytest.mark.parametrize("stream", ["", "a{b", "a}b", "{}a"])
def test_a_key_without_a_slot_for_its_companions_is_refused(stream: str) -> None:
    """Before anything is written under it."""
    with pytest.raises(StreamError):
        stream_key(stream)


@given(label=NAMES, group=NAMES, number=st.integers(1, 99))
def test_an_owner_is_read_as_it_was_named(label: str, group: str, number: int) -> None:
    """Whatever the label and the group are called."""
    name = new_name(label)
    assert read_owner(name.encode(), group) == Owner("worker")
    assert read_owner(crash_name(name, number).encode(), group) == Owner("worker", crashes=number)
    assert read_owner(parking_name(group, "retry").encode(), group) == Owner("retry")
    assert read_owner(parking_name(group, "wait", number).encode(), group) == Owner("wait", replays=number)


@pytest.mark.parametrize(
    "name", [b"somebody", b"", b"\xff\xfe", b"other~retry", b"billing~retry~rx", b"billing~retryy"]
)
def test_a_stranger_is_some_consumer(name: bytes) -> None:
    """Its entries are suspects like any other's."""
    assert read_owner(name, "billing") == Owner("worker")


def test_each_start_has_a_name_of_its_own() -> None:
    """A zombie and its replacement differ."""
    assert len({new_name("a") for _ in range(100)}) == 100
