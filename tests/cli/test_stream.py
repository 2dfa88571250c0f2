"""`upcast stream check` on a real server: what today's code makes of a stream, by type and version."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from cli.office import Shop

OLD = b'{"order_id": "A-1", "name": "Wilhelmine Z"}'
NO_NAME = b'{"order_id": "A-1", "name": "Wilhelmine"}'
GOOD = b'{"order_id": "A-1", "first": "Wilhelmine", "last": "b"}'


@pytest.fixture
def mixed(shop: Shop) -> Shop:
    """A stream of which some entries fail."""
    for data, version in ((OLD, 1), (NO_NAME, 1), (OLD, 1), (GOOD, 2), (GOOD, 3)):
        shop.add(data, version=version)
    shop.add(b"{}", event_type="order.\x1b[2J")
    return shop


def test_check_tells_by_type_and_version(mixed: Shop) -> None:
    """What passes and what fails stands by type and version, where it fails beneath; the exit code says no."""
    ran = mixed.run("stream", "check", "orders")
    lines = ran.out.splitlines()

    assert 1 == ran.code
    assert "orders: all 6 entries read, 3 pass, 3 fail" == lines[0]
    assert ["type", "version", "read", "pass", "fail"] == lines[2].split()
    assert ["order.placed", "v1", "3", "2", "1"] in [line.split() for line in lines]
    assert any(re.match(r"    1 upcaster-failed at v1 to v2, split_name, such as \d+-\d+$", line) for line in lines)
    assert any(line.startswith("    1 newer-version") for line in lines)
    assert "\x1b" not in ran.out
    assert "Wilhelmine" not in ran.out


def test_check_says_yes(shop: Shop) -> None:
    """When all that was read passes, the exit code says yes."""
    shop.add(OLD)

    ran = shop.run("stream", "check", "orders", "--registry", "shop.events:codec")

    assert 0 == ran.code
    assert ran.out.startswith("orders: all 1 entry read, 1 pass, 0 fail\n")


def test_check_as_json(mixed: Shop) -> None:
    """A program gets the same, member by member."""
    ran = mixed.run("stream", "check", "orders", "--json")
    told = json.loads(ran.out)

    assert 1 == ran.code
    assert {"stream", "length", "sampled", "whole", "passed", "failed", "kinds"} == set(told)
    assert (6, 6, True, 3, 3) == tuple(told[name] for name in ("length", "sampled", "whole", "passed", "failed"))
    assert {"event_type", "schema_version", "seen", "passed", "failures"} == set(told["kinds"][0])
    assert {"reason", "place", "problem", "count", "example"} == {
        name for kind in told["kinds"] for failure in kind["failures"] for name in failure
    }


def test_sample_of_a_long_stream(shop: Shop) -> None:
    """Of a long stream a sample is read, and that is said."""
    for _ in range(50):
        shop.add(OLD)

    ran = shop.run("stream", "check", "orders", "--sample", "10")

    assert (0, "orders: 10 of 50 entries read, 10 pass, 0 fail") == (ran.code, ran.out.splitlines()[0])


def test_empty_stream_is_no_pass(shop: Shop) -> None:
    """A gate does not open because of a slip in a name, unless it is told to."""
    ran = shop.run("stream", "check", "ordres")
    told = shop.run("stream", "check", "ordres", "--allow-empty")

    assert (2, "", "ordres has no entries: correct its name, or add --allow-empty") == (ran.code, ran.out, ran.err)
    assert (0, "there is nothing in ordres: it is empty, or does not exist\n") == (told.code, told.out)


def test_long_sample_has_a_bar(shop: Shop, on_terminal: Callable[..., tuple[int, str]]) -> None:
    """A terminal shows how far a long check is."""
    with shop.server.pipeline(transaction=False) as pipeline:
        for _ in range(600):
            pipeline.xadd("orders", {"type": "order.placed", "schema_version": "1", "data": OLD})
        pipeline.execute()

    code, shown = on_terminal("stream", "check", "orders")

    assert 0 == code
    assert "checking" in shown
    assert "600" in shown


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (("--sample", "0"), "x>=1"),
        (("--registry", ""), "is no import string"),
        (("--registry", "shop.events:flat"), "for a stream name the registry instead"),
        (("--url", "valkey://ann:hunter2@127.0.0.1:1"), "cannot use valkey://127.0.0.1:1: "),
    ],
)
def test_what_cannot_be_checked(shop: Shop, wrong: tuple[str, str], says: str) -> None:
    """What cannot be done is said in one line, and is no answer about the stream."""
    ran = shop.run("stream", "check", "orders", *wrong)

    assert (2, "") == (ran.code, ran.out)
    assert says in ran.err
    assert "hunter2" not in ran.err


@pytest.mark.parametrize("arguments", [("stream",), ("stream", "check")])
def test_help_shows_examples(shop: Shop, arguments: tuple[str, ...]) -> None:
    """Every help has examples that can be copied."""
    assert "Examples:\n    upcast stream check orders" in shop.run(*arguments, "--help").out


def test_installed_command(mixed: Shop) -> None:
    """The installed command does the same, and its exit code tells the answer."""
    with mixed.start("stream", "check", "orders") as process:
        out, err = process.communicate(timeout=60)

    assert (1, "") == (process.returncode, err)
    assert out.startswith("orders: all 6 entries read, 3 pass, 3 fail\n")
