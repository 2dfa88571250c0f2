"""Every verdict of the corpus is proven by payloads, and the ones that say safe are attacked with sampled ones."""

from __future__ import annotations

import ast
import base64
import datetime as dt
import itertools
import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Any
from uuid import UUID

import attrs
import pytest
from pydantic import BaseModel, ValidationError

from schemas.corpus import ALL, Breaks, Case, Safe, _plain, enums, limits, scalars

CORPUS = Path(__file__).parent / "corpus"
TRIES = 300  # different payloads of the writer, for each direction that is said to be safe
PATIENCE = 1000  # payloads in a row that were there before: such a writer has no more of them
DRAWS = 20_000  # at most
DEPTH = 4  # of drawn objects and arrays

Json = Any

FEW_VALUES = {
    _plain.Bool,
    enums.AB,
    enums.ABC,
    enums.BA,
    enums.AllAB,
    enums.EnumAB,
    enums.EnumABRenamed,
    enums.EnumABText,
    enums.Leveled,
    enums.MaybeAB,
    enums.NullInside,
    limits.ZeroToTenByField,
    limits.ZeroToTenByFunction,
    scalars.Secret,
}


@attrs.frozen
class Direction:
    """One half of a case: who writes, who reads, and the verdict."""

    id: str
    writer: type[BaseModel]
    reader: type[BaseModel]
    verdict: Breaks | Safe


def directions(case: Case) -> Iterator[Direction]:
    """The two halves of a case."""
    yield Direction(f"{case.id}:backward", case.old, case.new, case.backward)
    yield Direction(f"{case.id}:forward", case.new, case.old, case.forward)


HALVES = [half for case in ALL for half in directions(case)]
BREAKING = [half for half in HALVES if isinstance(half.verdict, Breaks)]
SAFE = [half for half in HALVES if isinstance(half.verdict, Safe)]


def accepts(model: type[BaseModel], payload: str) -> bool:
    """Whether the class reads the payload."""
    try:
        model.model_validate_json(payload)
    except ValidationError:
        return False
    return True


def same(one: str, other: str) -> bool:
    """Whether two JSON texts say the same, where `1`, `1.0` and `true` are three things and order is none."""
    return json.dumps(json.loads(one), sort_keys=True) == json.dumps(json.loads(other), sort_keys=True)


def dumps(model: type[BaseModel], payload: str) -> tuple[str, str]:
    """What the class writes of the payload that it reads: with the members that were not set, and without them."""
    instance = model.model_validate_json(payload)
    return instance.model_dump_json(by_alias=True), instance.model_dump_json(by_alias=True, exclude_unset=True)


def canonical(model: type[BaseModel], payload: str) -> bool:
    """Whether the class would write the payload as it is."""
    return any(same(payload, dump) for dump in dumps(model, payload))


# --- A sampler of its own: values at the bounds that either class states, in the shapes that either class reads.

STRINGS = [
    "",
    "x",
    " ",
    "A",
    "B",
    "a",
    "b",
    "c",
    "0",
    "1",
    "-1",
    "0.5",
    "999.99",
    "1000000",
    "1E+400",
    "é",
    "aGk=",
    "00",
]
STRINGS += ["2024-02-29", "9999-12-31", "1999-12-31", "2024-01-01T00:00:01", "2024-01-01T00:00:00Z", "23:59:59.999999"]
STRINGS += ["00000000-0000-0000-0000-000000000000", "http://x/", "PT1H", "-P1D", "0.0.0.0", "::1", "true", "null"]
FORMATS = {
    "date": ["0001-01-01", "1999-12-31", "2000-01-01", "2024-02-29", "9999-12-31"],
    "date-time": ["0001-01-01T00:00:00", "2024-01-01T00:00:01", "2024-01-01T00:00:00Z", "9999-12-31T23:59:59.999999"],
    "time": ["00:00:00", "23:59:59.999999", "12:00:00Z"],
    "duration": ["PT0S", "-P1D", "PT0.000001S", "P2739726Y9D"],
    "uuid": ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"],
    "uri": ["http://x/", "https://x.example/?q=1#f", "https://user@x.example:8/"],
    "base64url": ["", "_w==", "aGk="],
    "ipv4": ["0.0.0.0", "255.255.255.255"],
    "ipvanyaddress": ["0.0.0.0", "::", "ffff::1"],
}
NUMBERS: list[float] = [0, 1, -1, 2, 3, 4, 5, 6, 7, -6, 12, 2**53 + 1, 10**21, -(10**21), 2**63 - 1, 2**63, 10**400]
NUMBERS += [0.5, -0.5, -0.0, 5e-324, 1e300, 86400.0]
BOUNDS = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
LENGTHS = {"minLength", "maxLength"}
SIZES = {"minItems", "maxItems", "minProperties", "maxProperties"}


def walk(schema: Json) -> Iterator[tuple[str, Json]]:
    """Every keyword of a JSON schema, with its value."""
    children = schema.items() if isinstance(schema, dict) else enumerate(schema) if isinstance(schema, list) else ()
    for key, value in children:
        yield str(key), value
        yield from walk(value)


@attrs.frozen
class Sampler:
    """Draws JSON values from the schemas of two classes; what they state of bounds and names feeds both."""

    chance: random.Random
    schemas: list[Json]
    strings: list[str]
    numbers: list[float]
    sizes: list[int]
    keys: list[str]

    @classmethod
    def of(cls, *models: type[BaseModel], seed: str) -> Sampler:
        """A sampler of what these classes read and write."""
        schemas = [model.model_json_schema(mode=mode) for model in models for mode in ("validation", "serialization")]
        strings, numbers, sizes, keys = list(STRINGS), list(NUMBERS), [0, 1, 2, 3], ["", "x", "y", "b", "1", "xyz", "X"]
        for word, value in itertools.chain.from_iterable(map(walk, schemas)):
            if word in BOUNDS:
                numbers += [value - 1, value, value + 1, value - 0.5, value * 2, -value]
            elif word in LENGTHS:
                strings += ["z" * max(value - 1, 0), "z" * value, "z" * (value + 1)]
            elif word in SIZES:
                sizes += [max(value - 1, 0), value, value + 1]
            elif word == "properties":
                keys += value
            elif word in {"const", "enum"}:
                strings += [str(one) for one in (value if isinstance(value, list) else [value])]
        return cls(random.Random(seed), schemas, strings, numbers, sizes, keys)

    def draw(self) -> Json:
        """One value of the shape of one of the schemas."""
        schema = self.chance.choice(self.schemas)
        return self.value(schema, schema.get("$defs", {}), 0)

    def value(self, schema: Json, defs: Json, depth: int) -> Json:
        """One value of the shape of a schema."""
        if ref := isinstance(schema, dict) and schema.get("$ref"):
            return self.value(defs[ref.rsplit("/", 1)[1]], defs, depth)
        if not isinstance(schema, dict) or self.chance.random() < 0.01:
            schema = {}
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self.chance.choice(schema["enum"])
        if members := schema.get("anyOf") or schema.get("oneOf"):
            return self.value(self.chance.choice(members), defs, depth)
        return self.of_type(schema, defs, depth)

    def of_type(self, schema: Json, defs: Json, depth: int) -> Json:
        """One value of the type that a schema names, of any type if it names none."""
        kinds = ["null", "boolean", "integer", "number", "string", "array", "object"]
        match schema.get("type") or self.chance.choice(kinds[: 7 if depth < DEPTH else 5]):
            case "null":
                return None
            case "boolean":
                return self.chance.random() < 0.5
            case "integer" if self.chance.random() < 0.4:
                return self.chance.randint(-1, 1) * self.chance.randrange(10 ** self.chance.randint(1, 30))
            case "integer":
                return self.chance.choice([number for number in self.numbers if isinstance(number, int)])
            case "number" if self.chance.random() < 0.4:
                return self.chance.uniform(-1, 1) * 10 ** self.chance.randint(-20, 20)
            case "number":
                return self.chance.choice(self.numbers)
            case "string":
                return self.text(schema.get("format"))
            case "array":
                return self.array(schema, defs, depth + 1)
            case _:
                return self.object(schema, defs, depth + 1)

    def text(self, kind: str | None) -> str:
        """One string, of a format more often than not."""
        pick = self.chance
        if kind is None and pick.random() < 0.2:
            return f"{pick.uniform(-1, 1) * 10 ** pick.randint(0, 9):.{pick.randint(0, 4)}f}"
        if kind not in FORMATS or pick.random() < 0.1:
            first = pick.choice(self.strings if pick.random() < 0.5 else ["A", "B", "x"])
            return first + "".join(pick.choices("aAB0. é", k=pick.choice([0, 0, 1, 4, 9])))
        if pick.random() < 0.3:
            return pick.choice(FORMATS[kind])
        moment = dt.datetime.fromordinal(pick.randrange(1, 3650000)) + dt.timedelta(seconds=pick.randrange(86400))
        made = {
            "date": f"{moment.date()}",
            "date-time": moment.isoformat() + pick.choice(["", "Z", "+14:00", ".000001"]),
            "time": f"{moment.time()}",
            "duration": f"PT{pick.randrange(10**9)}.{pick.randrange(10**6):06}S",
            "uuid": str(UUID(int=pick.getrandbits(128))),
            "uri": f"http://x{pick.randrange(10**6)}.example/",
            "base64url": base64.urlsafe_b64encode(pick.randbytes(pick.randint(0, 9))).decode(),
            "ipv4": str(IPv4Address(pick.getrandbits(32))),
            "ipvanyaddress": str(IPv6Address(pick.getrandbits(128))),
        }
        return made[kind]

    def array(self, schema: Json, defs: Json, depth: int) -> list[Json]:
        """One array of a size that somebody cares for."""
        if "prefixItems" in schema:
            return [self.value(item, defs, depth) for item in schema["prefixItems"]]
        size = self.chance.choice(self.sizes) if depth < DEPTH else 0
        return [self.value(schema.get("items", {}), defs, depth) for _ in range(size)]

    def object(self, schema: Json, defs: Json, depth: int) -> dict[str, Json]:
        """One object, some of its optional members left out and some unknown ones put in."""
        drawn: dict[str, Json] = {}
        required = schema.get("required", ())
        for name, member in schema.get("properties", {}).items():
            if name in required or self.chance.random() < (0.7 if depth < DEPTH else 0):
                drawn[name] = self.value(member, defs, depth)
        extra = schema.get("additionalProperties", {})
        names = schema.get("propertyNames", {}).get("enum", self.keys)
        for _ in range(self.chance.choice(self.sizes) if extra is not False and depth < DEPTH else 0):
            drawn.setdefault(self.chance.choice(names), self.value(extra, defs, depth))
        return drawn


def stored(half: Direction) -> Iterator[str]:
    """`TRIES` different payloads that the writer writes and itself reads, or all that it has."""
    sampler = Sampler.of(half.writer, half.reader, seed=half.id)
    seen: set[str] = set()
    in_vain = 0
    for _ in range(DRAWS):
        if len(seen) >= TRIES or in_vain >= PATIENCE:
            return
        text = json.dumps(sampler.draw())
        if not accepts(half.writer, text):
            continue
        in_vain += 1
        for dump in dumps(half.writer, text):
            if dump not in seen and accepts(half.writer, dump) and canonical(half.writer, dump):
                seen.add(dump)
                in_vain = 0
                yield dump


def shown(half: Direction) -> str | None:
    """A sampled payload of the writer that the reader refuses."""
    return next((payload for payload in stored(half) if not accepts(half.reader, payload)), None)


@pytest.mark.parametrize("half", BREAKING, ids=lambda half: half.id)
def test_a_break_is_shown_by_its_payload(half: Direction) -> None:
    """The writer accepts it and would write it, unless it is tagged lax, and the reader refuses it."""
    assert isinstance(half.verdict, Breaks)
    assert accepts(half.writer, half.verdict.payload)
    assert canonical(half.writer, half.verdict.payload) is not half.verdict.lax
    assert not accepts(half.reader, half.verdict.payload)


@pytest.mark.parametrize("half", SAFE, ids=lambda half: half.id)
def test_a_safe_direction_takes_its_payloads(half: Direction) -> None:
    """At least three payloads are written and read, and the reason is told."""
    assert isinstance(half.verdict, Safe)
    assert len(half.verdict.payloads) >= 3
    assert half.verdict.why.endswith(".")
    for payload in half.verdict.payloads:
        assert accepts(half.writer, payload), payload
        assert canonical(half.writer, payload), payload
        assert accepts(half.reader, payload), payload


@pytest.mark.parametrize("half", SAFE, ids=lambda half: half.id)
def test_a_safe_direction_withstands_sampled_payloads(half: Direction) -> None:
    """None of some hundred payloads that the writer would write is refused."""
    assert isinstance(half.verdict, Safe)
    tried = 0
    for payload in stored(half):
        tried += 1
        assert accepts(half.reader, payload), payload
    assert tried >= (2 if half.writer in FEW_VALUES else TRIES)


def test_the_sampler_would_find_a_wrong_label() -> None:
    """It finds a payload for nearly every break, without being told of it."""
    missed = [half.id for half in BREAKING if not half.verdict.lax and shown(half) is None]
    assert missed == []


def test_the_corpus_is_large_enough_and_balanced() -> None:
    """A hundred pairs at least, unique names, and a fair share of either verdict."""
    assert len(ALL) >= 100
    assert [name for name, count in Counter(case.id for case in ALL).items() if count > 1] == []
    assert 0.4 < len(SAFE) / len(HALVES) < 0.65


def test_every_family_is_there() -> None:
    """Each of the eight families of change rules has pairs that break and directions that are safe."""
    by_family = {family: [case for case in ALL if case.rule and case.rule[1] == family] for family in "12345678"}
    for family, cases in by_family.items():
        verdicts = [verdict for case in cases for verdict in (case.backward, case.forward)]
        assert len(cases) >= 5, family
        assert {type(verdict) for verdict in verdicts} == {Breaks, Safe}, family


def test_rules_are_named_as_the_catalogue_names_them() -> None:
    """A U and three digits, and a pair of which nothing is to be said is the same in both directions."""
    for case in ALL:
        assert all(
            len(rule) == 4 and rule[0] == "U" and rule[1:].isdigit() for rule in (*case.also, case.rule or "U000")
        )
        if case.rule is None:
            assert isinstance(case.backward, Safe), case.id
            assert isinstance(case.forward, Safe), case.id


def test_the_corpus_does_not_know_the_library() -> None:
    """No module of it imports `upcast`, nor does anything that it imports."""
    for path in CORPUS.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            imported = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            imported += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert not any(name.split(".")[0] == "upcast" for name in imported), path.name
    code = "import sys, schemas.corpus; print([name for name in sys.modules if name.split('.')[0] == 'upcast'])"
    environment = os.environ | {"PYTHONPATH": str(CORPUS.parent.parent)}
    seen = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    assert seen.stdout.strip() == "[]"
