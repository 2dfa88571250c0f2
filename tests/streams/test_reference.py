"""The tables of the reference are those of the code."""

from __future__ import annotations

import inspect
import re
from itertools import chain
from pathlib import Path
from typing import get_args

import attrs
import msgspec
import pytest

from upcast.streams import Consumer, DeadLetter, Letter, errors
from upcast.streams._names import (
    ORIGIN,
    REPLAY_TO,
    REPLAYS,
    audit_key,
    crash_name,
    new_name,
    office_key,
    parking_name,
    stream_key,
)
from upcast.streams._office._replay import Mode, _record
from upcast.streams.durability import Durability, Level
from upcast.streams.stats import ConsumerStats

DOCS = Path(__file__).parents[2] / "docs"


def rows(page: str, title: str, *, table: int = 0) -> list[list[str]]:
    """The cells of a table of a section, without its head; columns apart, without the quotes of code."""
    text = (DOCS / page).read_text(encoding="utf-8")
    section = text.split(f"\n## {title}\n")[1].split("\n## ")[0]
    found = re.findall(r"^\|[ -].*?\n\n", section + "\n\n", re.MULTILINE | re.DOTALL)[table]
    return [
        [cell.strip().replace("`", "") for cell in line.split("|")[1:-1]] for line in found.strip().splitlines()[2:]
    ]


def names(page: str, title: str, *, table: int = 0) -> list[str]:
    """The names in the first column."""
    return list(chain.from_iterable(row[0].split(", ") for row in rows(page, title, table=table)))


def test_names_on_the_server() -> None:
    """As the consumer and the office make them."""
    start = new_name("billing-1")
    assert names("reference/streams.md", "Names on the server") == [
        stream_key("orders").decode(),
        office_key("orders").decode(),
        audit_key("orders").decode(),
        re.sub("[0-9a-f]{8}$", "1f2e3d4c", start),
        crash_name("billing-1~1f2e3d4c", 1),
        parking_name("billing", "retry"),
        parking_name("billing", "wait"),
        parking_name("billing", "crash"),
        parking_name("billing", "retry", 2),
    ]
    assert office_key("{shop}:orders") == b"{shop}:orders:dlo"


def test_fields_of_an_entry() -> None:
    """Those of a replay among them."""
    ours = [name.decode() for name in (REPLAY_TO, REPLAYS, ORIGIN)]

    assert ["type", "schema_version", "data", "id", "time", *ours, "all others"] == names(
        "reference/streams.md", "Fields of an entry"
    )


def test_members_of_a_letter() -> None:
    """Every one, and no other."""
    assert sorted(field.name for field in msgspec.structs.fields(Letter)) == sorted(
        names("reference/streams.md", "A dead letter")
    )


def test_fields_of_an_audit_record() -> None:
    """Every one, and what may have become of a letter, except that it was gone, which leaves no record."""
    letter = DeadLetter("1-0", Letter(stream="orders", id="1-0", group="billing", reason="x", stage="handler"), ())
    fields = list(_record("discard", letter, by="ada", because="why"))[::2]

    assert {"mode", "entry", *fields} == set(names("reference/streams.md", "The audit record"))
    assert set(get_args(Mode)) - {"gone"} == set(names("reference/streams.md", "The audit record", table=1))


def test_counters() -> None:
    """In their order."""
    assert [field.name for field in attrs.fields(ConsumerStats)] == names("reference/streams.md", "Statistics")


def test_arguments_of_a_consumer() -> None:
    """With their defaults."""
    parameters = list(inspect.signature(Consumer).parameters.values())[2:]
    table = rows("reference/streams.md", "What a consumer is made with")
    assert [parameter.name for parameter in parameters] == names("reference/streams.md", "What a consumer is made with")

    said = {name: row[1] for row in table for name in row[0].split(", ")}
    for parameter in parameters:
        default = parameter.default
        if parameter.name == "policy":
            assert said["policy"] == "RetryPolicy()"
        elif default is inspect.Parameter.empty:
            assert said[parameter.name] == ""
        elif isinstance(default, str):
            assert said[parameter.name] == f'"{default}"'
        elif isinstance(default, float) and default.is_integer():
            assert said[parameter.name] == str(int(default))
        else:
            assert said[parameter.name] == str(default)


@pytest.mark.parametrize("level", [level for level in get_args(Level) if level != "unknown"])
def test_what_each_level_of_durability_keeps(level: Level) -> None:
    """In the words of the log."""
    table = {row[0]: row[2] for row in rows("how-to/run-with-fewer-rights.md", "How durable the server is")}

    assert f"durability {level}: {table[level]}" == str(Durability(level))


def test_every_error_of_streams_is_in_the_tree() -> None:
    """The page of errors has them all."""
    page = (DOCS / "reference" / "errors.md").read_text(encoding="utf-8")

    assert [] == [name for name in errors.__all__ if not re.search(rf"── {name}\b", page)]
