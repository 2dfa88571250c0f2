"""Which reader serves a class, why there is none, and that what it reads is what the plain lane reads."""

from __future__ import annotations

import gc
import logging
import threading
import tracemalloc
from decimal import Decimal
from typing import Any

import msgspec
import pydantic
import pytest

from readers import world
from readers.lanes import codec_of, entry, exact, outcome, plain
from upcast import (
    Codec,
    Flat,
    Registry,
    RegistryError,
    StreamEntry,
    add,
    convert,
    each,
    map_values,
    move,
    remove,
    rename,
)
from upcast._reader import _schema

TWIN = "one typed decode into a twin of the class"
WIDE = f"{TWIN}, of which an object is made"
SCHEMA = "one validation by the class's core schema with the old names"
RELABEL = "members taken under today's names, unparsed, to the class's own decoder"
AS_IS = "today's decoder reads it as it is"
SEES_ALL = "code of the class may look at members that it does not declare"

FIVE = (world.Struct, world.Attrs, world.Dataclass, world.Model, world.PydanticDataclass)
ONE = rename("one", to="first")
USUAL = (
    *(b'{"one":1}', b'{"one":1,"second":"y"}', b'{"one":1,"first":2}', b'{"first":2,"one":1}', b'{"first":2}', b"{}"),
    *(b'{"one":null}', b'{"one":"a"}', b'{"one":-1}', b'{"one":1.0}', b'{"\\u006fne":1}', b'{"one":1,"more":[{}]}'),
    *(b'{"one":"a","one":1}', b'{"one":1,"one":"a"}', b'{"one":1}x', b'{"one":1', b"[]", b"1", b"", b'{"one":NaN}'),
    *(b'{"one":1,"more":1e999}', b'{"one":1e999}', b'{"one":1,"second":"\\ud800"}', b'{"one":1,"second":"\xff"}'),
)
# Within the bounds until something moves into something.
DEEP = b'{"second":"1","deep":' + b"[" * 199 + b"]" * 199 + b',"inner":{"wide":[' + b"[]," * 400 + b"[]]}}"
BESIDE = DEEP.replace(b'"inner":{', b'"beside":{')

# Class, steps, lane, why, and payloads beside the usual ones.
CASES: dict[str, tuple[Any, tuple[Any, ...], str, str, tuple[bytes, ...]]] = {
    # The reasons for the plain lane.
    "JSON text in a Struct": (world.Holder, (ONE,), "plain", "holds JSON text", ()),
    "JSON text in a dataclass": (world.HoldingText, (ONE,), "plain", "holds JSON text", ()),
    "a name of odd characters": (
        *(world.Struct, (rename('o"ne', to="first"),), "plain", "msgspec takes no such class"),
        (b'{"o\\"ne":1}',),
    ),
    "an __init__ of the class": (world.Initialized, (ONE,), "plain", f"has an __init__ of its own; {SEES_ALL}", ()),
    "a validator before the fields": (world.Looking, (ONE,), "plain", "a validator stands before the fields", ()),
    "unknown fields kept": (world.Keeping, (ONE,), "plain", "would keep old names; the class keeps unknown fields", ()),
    "a worked value and unknown fields kept": (
        *(world.Keeping, (convert("first", world.add_one),), "plain", "steps must see values; the class keeps unknown"),
        (),
    ),
    "a class that forbids what a step makes": (
        *(world.Strict, (move("one", to="box.one"),), "plain", "forbids unknown fields, and a step"),
        (b'{"first":1,"one":2}',),
    ),
    # Where one kind of reader cannot be, the next serves.
    "a tag": (world.Tagged, (rename("what", to="kind"), ONE), "compiled", RELABEL, (b'{"what":"t","one":1}',)),
    "names that are no identifiers": (world.Spelt, (ONE,), "compiled", RELABEL, ()),
    "two levels of memory": (world.Derived, (ONE,), "compiled", RELABEL, ()),
    "a strict Struct and a removal": (
        *(world.Strict, (ONE, remove("gone")), "compiled", RELABEL),
        (b'{"one":1,"gone":2}', b'{"one":1,"else":2}'),
    ),
    "a strict model and a removal": (
        *(world.Forbidding, (ONE, remove("gone")), "compiled", RELABEL),
        (b'{"one":1,"gone":2}', b'{"one":1,"else":2}'),
    ),
    "validation by name only": (world.ByName, (ONE,), "compiled", RELABEL, ()),
    "a path into what steps put together": (
        *(world.Pathed, (rename("old", to="box"),), "compiled", RELABEL),
        (b'{"old":[1]}', b'{"box":[2]}', b'{"old":[],"box":[2]}', b'{"old":1}'),
    ),
    "members that move into what is no Struct": (
        *(world.Loose, (move("zip", to="inner.zip"), move("city", to="inner.city")), "compiled", RELABEL),
        (b'{"zip":1}', b'{"zip":1,"inner":{"zip":2}}', b'{"city":1,"inner":{ }}', b'{"city":1,"inner":[]}'),
    ),
    # The kinds of readers.
    "a twin": (world.Struct, (ONE, add("second", "c")), "compiled", TWIN, ()),
    "a frozen twin": (world.Frozen, (ONE, add("second", "c")), "compiled", TWIN, ()),
    "a twin with names of its own": (world.Quoted, (rename("one", to="1st"),), "compiled", TWIN, ()),
    "a strict twin": (world.Strict, (ONE,), "compiled", TWIN, (b'{"one":1,"else":2}',)),
    "a twin that looks at itself": (world.PostInit, (ONE,), "compiled", TWIN, ()),
    "a twin of decimals": (
        *(world.Precise, (ONE,), "compiled", TWIN),
        (b'{"one":1.10}', b'{"one":"NaN"}', b'{"one":1e9999}', b'{"one":12345678901234567.89}'),
    ),
    "a wide twin": (
        *(world.Around, (move("zip", to="inner.zip"), move("city", to="inner.city")), "compiled", WIDE),
        (b'{"zip":"1","city":"a"}', b'{"city":"a"}', b'{"zip":"1","city":"a","inner":{"zip":"2"}}', b'{"inner":null}'),
    ),
    "a wide twin that looks at itself": (
        *(world.PostInit, (ONE, each("things", remove("a")), rename("things", to="second")), "compiled", WIDE),
        (b'{"one":1,"things":null}', b'{"one":1,"things":[{"a":1}]}', b'{"one":-1}', b'{"one":1,"things":[1]}'),
    ),
    "a schema of a model that looks at itself": (world.Checked, (ONE,), "compiled", SCHEMA, ()),
    "a schema of a model with aliases and names": (
        *(world.Either, (rename("old", to="one"),), "compiled", SCHEMA),
        (b'{"old":1}', b'{"old":1,"first":2}', b'{"first":2}', b'{"one":3,"first":2}'),
    ),
    "a name beside an alias": (
        *(world.Either, (rename("old", to="one"), remove("first")), "compiled", RELABEL),
        (b'{"old":1}', b'{"old":1,"first":2}', b'{"first":2}', b'{"one":3,"first":2}'),
    ),
    "a schema of a strict model": (world.Forbidding, (ONE,), "compiled", SCHEMA, (b'{"one":1,"else":2}',)),
    "a schema of a model that keeps unknown fields": (
        *(world.Keeping, (add("second", "c"),), "compiled", SCHEMA),
        (b'{"first":1,"else":2}', b'{"first":1,"second":"d"}', b'{"first":1,"second":"d","second":1}'),
    ),
    "a constant under an old name": (
        *(world.Model, (remove("second"), add("second", "c"), ONE), "compiled", SCHEMA),
        (b'{"one":1,"second":"y"}', b'{"one":1,"second":[]}'),
    ),
    # What a reader must notice.
    "two constants": (world.Struct, (ONE, add("second", "c"), add("second", "d")), "compiled", TWIN, ()),
    "a constant and a class of attrs": (world.Attrs, (ONE, add("second", "c")), "compiled", RELABEL, ()),
    "two names of a field with a default": (
        *(world.Struct, (ONE, rename("2", to="second")), "compiled", TWIN),
        (
            *(b'{"one":1,"2":"y"}', b'{"one":1,"\\u0073econd":"y"}', b'{"first":1,"second":"y","2":"z"}'),
            *(b'{"one":1,"%s":"y","tags":["%s"]}' % (name, b"a" * 900) for name in (b"2", b"second", b"\\u0073econd")),
        ),
    ),
    "two names of a field of a model": (
        *(world.Model, (ONE, rename("2", to="second")), "compiled", SCHEMA),
        (b'{"one":1,"2":"y"}', b'{"one":1,"\\u0073econd":"y"}', b'{"first":1,"second":"y","2":"z"}'),
    ),
    "attributes in order": (
        *(world.Loose, (ONE, rename("2", to="second")), "compiled", RELABEL),
        (b'{"one":1,"2":"y"}', b'{"second":"y","one":1}', b'{"2":"y","inner":{"a":1},"one":2}'),
    ),
    "depth that only a step makes": (
        world.Loose,
        (move("deep", to="inner.deep"), convert("second", world.in_words)),
        "compiled",
        RELABEL,
        (DEEP, DEEP.replace(b"[" * 199 + b"]" * 199, b"[" * 190 + b"]" * 190)),
    ),
    "an infinite number": (world.Rich, (convert("share", world.infinite),), "compiled", TWIN, (b'{"share":1}', b"{}")),
    "NaN in a list": (world.Rich, (convert("items", world.not_numbers),), "compiled", TWIN, (b'{"items":[]}',)),
    "truth for an integer": (world.Rich, (convert("number", world.truth),), "compiled", TWIN, (b'{"number":2}',)),
    "null and a conversion": (
        *(world.Rich, (convert("name", world.in_words),), "compiled", TWIN),
        (b'{"name":null}', b'{"name":1}'),
    ),
    "null and a conversion of nulls": (
        *(world.Rich, (convert("name", world.in_words, nulls=True),), "compiled", TWIN),
        (b'{"name":null}', b'{"name":1}'),
    ),
    "a result that nobody reads": (
        *(world.Rich, (convert("aside", world.without_form),), "compiled", WIDE),
        (b'{"aside":1}',),
    ),
    "an object that nobody reads": (
        *(world.Struct, (ONE, move("zip", to="box.zip")), "compiled", WIDE),
        (b'{"one":1,"zip":2}', b'{"one":1,"zip":2,"box":{}}', b'{"one":1,"zip":2,"box":3}', b'{"one":1,"box":3}'),
    ),
    "a step on what is removed": (
        *(world.Struct, (ONE, map_values("gone", {"a": "b"}), remove("gone")), "compiled", WIDE),
        (b'{"one":1,"gone":"a"}', b'{"one":1,"gone":"z"}', b'{"one":1,"gone":null}'),
    ),
    "numbers that no float holds": (
        world.Rich,
        (ONE, map_values("second", {1: 2}, default=3), rename("second", to="number")),
        "compiled",
        WIDE,
        (b'{"one":1e999}', b'{"second":1e999}', b'{"one":1,"more":-1e999}', b'{"one":1' + b"0" * 400 + b".5}"),
    ),
}  # fmt: skip


@pytest.fixture(autouse=True)
def silence(caplog: pytest.LogCaptureFixture) -> None:
    """Refusals are logged, and here most are wanted."""
    caplog.set_level(logging.CRITICAL, logger="upcast")


def agree(codec: Codec[Any], data: bytes, version: int = 1) -> Any:
    """Every way to read an event gives what the plain lane gives; returns that."""
    slow, raw = plain(codec), entry(data, version)
    expected = outcome(lambda: slow.decode(raw))
    assert outcome(lambda: codec.decode(raw)) == expected
    assert outcome(lambda: codec.decode_many([raw])[0]) == expected
    # Of bytes that are no text an envelope tells nothing; a caller who has type and version apart is told them.
    wanted = outcome(lambda: slow.decode_payload("e", version, data))
    assert outcome(lambda: codec.decode_payload("e", version, data)) == wanted
    return expected


@pytest.mark.parametrize("title", CASES)
def test_a_reader_reads_what_the_plain_lane_reads(title: str) -> None:
    """Each reason and each kind of reader is told, and every payload, odd ones too, is read alike twice."""
    cls, steps, lane, why, payloads = CASES[title]
    codec = codec_of(cls, steps)
    told = codec.explain_plan("e", 1)

    assert (told.lane, why in told.why) == (lane, True), told.why
    for data in (*USUAL, *payloads):
        assert agree(codec, data) == agree(codec, data)


def test_depth_that_a_step_makes_beside_brackets_that_nobody_reads() -> None:
    """Whether the depth is counted is decided by the brackets of the whole payload, read or not."""
    cls, steps, *_ = CASES["depth that only a step makes"]

    agree(codec_of(cls, steps), BESIDE)


@pytest.mark.parametrize("cls", FIVE)
def test_every_family_has_every_lane(cls: type) -> None:
    """Today's version is read as it is, an unchanged one too, renames are compiled, and functions are plain."""
    codec = codec_of(cls, world.count, (), (ONE,), (rename("first", to="1"), rename("1", to="first")), ())
    lanes = [codec.explain_plan("e", version).lane for version in range(1, 7)]

    assert lanes == ["plain", "compiled", "compiled", "compiled", "compiled", "current"]
    assert codec.explain_plan("e", 5).why == AS_IS
    for version in range(1, 7):
        for data in USUAL:
            agree(codec, data, version)


@pytest.mark.parametrize("cls", FIVE)
def test_mutable_constants_are_made_anew(cls: type) -> None:
    """The same bytes twice make equal events, and what is written into one is not seen in the next."""
    codec = codec_of(cls, (ONE, add("tags", [{"a": 1}])))
    assert codec.explain_plan("e", 1).lane == "compiled"

    one: Any = codec.decode(entry(b'{"one":1}'))
    one.tags.append(2)
    one.tags[0]["b"] = 3

    other: Any = codec.decode(entry(b'{"one":1}'))
    assert other.tags == [{"a": 1}]


def test_what_a_function_of_a_step_holds_is_not_written_into() -> None:
    """Of two functions on one member the second gets a copy of what the first hands out."""
    codec = codec_of(world.Rich, (convert("items", world.share), convert("items", world.count_items)))
    assert codec.explain_plan("e", 1).lane == "compiled"

    for _ in range(3):
        agree(codec, b'{"items":[]}')
    assert world.SHARED == []


def test_what_an_upcaster_holds_is_not_written_into() -> None:
    """A payload that a function hands out of its module stays as it is, whatever steps come after."""
    codec = codec_of(world.Struct, world.from_template, (ONE,))

    for _ in range(3):
        assert agree(codec, b"{}") == exact(world.Struct(1))
    assert world.TEMPLATE == {"one": 1}


def test_numbers_keep_their_digits_through_functions() -> None:
    """A number that no function touches reaches a class that can tell as it was written."""
    codec = codec_of(world.Precise, world.unchanged, (ONE,))

    assert agree(codec, b'{"one":1.10}') == exact(world.Precise(msgspec.json.decode(b"1.10", type=Decimal)))
    agree(codec, b'{"one":12345678901234567.89}')


@pytest.mark.parametrize("cls", [world.StampedStruct, world.StampedModel, world.StampedAttrs])
def test_a_flat_event_meets_todays_type_and_version(cls: type) -> None:
    """What a flat payload says of itself is replaced on the compiled lane as on the plain one."""
    codec = codec_of(cls, (ONE,), envelope=Flat())
    slow = plain(codec)
    raw = b'{"type":"e","schema_version":1,"one":1}'

    assert codec.explain_plan("e", 1).lane == "compiled"
    assert outcome(lambda: codec.decode(raw)) == outcome(lambda: slow.decode(raw))
    event: Any = codec.decode(raw)
    assert (event.type, event.schema_version, event.first) == ("e", 2, 1)


def test_a_split_is_plain() -> None:
    """What becomes several events has no reader."""
    events = Registry()
    events.event("e", version=1)(world.Struct)

    @events.split("old", from_version=1, into={"e": 1})
    def halves(payload: Any) -> list[tuple[str, Any]]:
        return [("e", payload), ("e", payload)]

    told = events.codec().explain_plan("old", 1)

    assert (told.lane, told.why) == ("plain", "it ends in a split or drop")


# --- what is printed ------------------------------------------------------------------------------------------------


def test_a_plan_is_printed_with_its_source() -> None:
    """Lane, reason, where every member comes from, and the generated Python."""
    told = codec_of(world.Struct, (ONE, add("second", "c"))).explain_plan("e", 1)

    assert str(told).splitlines() == [
        "e v1: compiled lane",
        f"  {TWIN}",
        "    # 'first': 'one', else 'first'",
        "    # 'second': 'second', else constant \"c\"",
        "    # 'tags': 'tags'",
        *("    " + line for line in told.source.splitlines()[3:]),
    ]
    assert told.source.splitlines()[3] == "def read(data):"


def test_a_plan_without_a_reader_is_printed_without_source() -> None:
    """There is nothing but lane and reason."""
    codec = codec_of(world.Struct, world.count)

    assert str(codec.explain_plan("e", 2)) == "e v2: current lane\n  today's class decodes it as it is"
    assert str(codec.explain_plan("e", 1)) == "e v1: plain lane\n  upcasters are functions: count (v1 → v2)"


@pytest.mark.parametrize(("name", "version"), [("f", 1), ("e", 0), ("e", 3), ("e", None), ("", 1), (b"e", 1)])
def test_a_plan_that_is_not_there_is_an_error(name: Any, version: Any) -> None:
    """The error names what was asked for."""
    with pytest.raises(RegistryError) as caught:
        codec_of(world.Struct, (ONE,)).explain_plan(name, version)

    assert f"{name!r} of version {version!r}" in str(caught.value)


def test_a_former_name_has_plans_of_its_own() -> None:
    """A plan is found by the name under which events are stored, and says that name."""
    events = Registry()
    events.event("e", version=2, formerly=["f"])(world.Struct)
    events.steps("e", ONE, from_version=1)

    assert str(events.codec().explain_plan("f", 1)).startswith("f v1: compiled lane")


# --- nobody notices -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cls", FIVE)
def test_nothing_of_the_users_class_is_touched(cls: type) -> None:
    """No subclass is made, and nothing is written to the class."""
    before, inside = type.__subclasses__(cls), {name: id(value) for name, value in vars(cls).items()}

    codec = codec_of(cls, (ONE, add("tags", [])))
    codec.decode(entry(b'{"one":1}'))

    assert type.__subclasses__(cls) == before
    assert {name: id(vars(cls)[name]) for name in inside} == inside


def test_no_hook_of_a_subclass_runs() -> None:
    """`__init_subclass__` is for the user's own subclasses."""
    heard: list[type] = []

    class Hearing(msgspec.Struct):
        first: int

        def __init_subclass__(cls, **options: Any) -> None:
            heard.append(cls)

    class HearingModel(pydantic.BaseModel):
        first: int

        @classmethod
        def __pydantic_init_subclass__(cls, **options: Any) -> None:
            heard.append(cls)

    for cls in (Hearing, HearingModel):
        assert type(codec_of(cls, (ONE,)).decode(entry(b'{"one":1}'))) is cls
    assert not heard


@pytest.mark.parametrize("cls", FIVE)
@pytest.mark.parametrize("steps", [(ONE,), (ONE, convert("first", world.add_one))])
def test_decoding_leaves_nothing_behind(cls: type, steps: tuple[Any, ...]) -> None:
    """Ten thousand old events, some of them refused, leave neither objects nor memory."""
    codec = codec_of(cls, steps)
    usual, odd, wrong = map(entry, (b'{"one":1,"tags":[[1]]}', b'{"one":1,"more":1e999}', b'{"one":"a"}'))
    batch = [usual, usual, odd, usual, usual, wrong] * 20

    def read(times: int) -> tuple[int, int]:
        for _ in range(times):
            codec.decode_many(batch, return_errors=True)
        gc.collect()
        return tracemalloc.get_traced_memory()[0], len(gc.get_objects())

    tracemalloc.start()
    try:
        memory, objects = read(42)  # what is kept for good is kept by now
        later_memory, later_objects = read(42)
    finally:
        tracemalloc.stop()

    assert later_memory - memory < 20_000
    assert later_objects - objects < 50


# --- pydantic changes -----------------------------------------------------------------------------------------------


def test_where_no_schema_can_be_edited_another_reader_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    """A release of pydantic that the probe does not like is read by the texts, with the same results."""
    cases = [case for case in CASES.values() if case[3] == SCHEMA]
    native = [[agree(codec_of(cls, steps), data) for data in (*USUAL, *more)] for cls, steps, _, _, more in cases]
    monkeypatch.setattr(_schema, "_can_be_edited", lambda: False)

    for (cls, steps, _, _, more), expected in zip(cases, native, strict=True):
        codec = codec_of(cls, steps)
        told = codec.explain_plan("e", 1)
        assert told.why == RELABEL or "this release of pydantic does not take an edited core schema" in told.why
        assert [agree(codec, data) for data in (*USUAL, *more)] == expected


def test_the_probe_likes_this_release() -> None:
    """Otherwise all models would be read more slowly, in silence."""
    assert _schema._can_be_edited()


# --- many threads ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cls", FIVE)
def test_eight_threads_read_the_same(cls: type) -> None:
    """Old versions of a compiled reader of each kind and of a function, read at once, are what one thread reads."""
    codec = codec_of(cls, world.count, (rename("first", to="one"), convert("one", world.add_one)), (ONE,), ())
    batch = [entry(data, version) for version in range(1, 5) for data in (b'{"one":1,"second":"y"}', b'{"one":"a"}')]
    expected = [exact(event) if isinstance(event, cls) else str(event) for event in read_all(codec, batch)]
    found: list[list[Any]] = []
    start = threading.Barrier(8)

    def work() -> None:
        start.wait()
        for _ in range(40):
            found.append([exact(e) if isinstance(e, cls) else str(e) for e in read_all(codec, batch)])

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 320
    assert all(one == expected for one in found)


def read_all(codec: Codec[Any], batch: list[Any]) -> list[Any]:
    """Events, and refusals in their places."""
    return codec.decode_many(batch, return_errors=True)


def test_one_codec_has_the_same_readers_behind_every_envelope() -> None:
    """Another envelope is another codec of the same plans."""
    codec = codec_of(world.Struct, (ONE,), envelope=StreamEntry())

    assert codec.with_envelope(StreamEntry())._plans is codec._plans
