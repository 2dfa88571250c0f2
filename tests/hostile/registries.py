"""The registries that the hostile corpus is decoded by: every family of class, every lane, and code that misbehaves.

Each family's event has one shape, three versions and so three lanes: version 1 passes an upcaster function and a
declarative step, version 2 the declarative step alone, version 3 is read by the class as it is stored.
"""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import enum
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Annotated, Any, Literal

import attrs
import msgspec
import pydantic

from upcast import (
    Codec,
    Envelope,
    Flat,
    JsonEnvelope,
    Payload,
    Registry,
    StreamEntry,
    convert,
    map_values,
    move,
    rename,
)

CURRENT = 3
VERSIONS = {"function": 1, "steps": 2, "current": CURRENT}
"""The stored version that takes each lane."""


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


# --- pydantic --------------------------------------------------------------------------------------------------------


class ModelNode(pydantic.BaseModel):
    child: ModelNode | None = None
    children: list[ModelNode] = []


class ModelCircle(pydantic.BaseModel):
    kind: Literal["circle"]
    radius: float


class ModelSquare(pydantic.BaseModel):
    kind: Literal["square"]
    side: float


class Model(pydantic.BaseModel):
    order_id: str
    amount: int = 0
    rate: float = 0.0
    price: Decimal = Decimal(0)
    placed: dt.datetime | None = None
    tags: list[str] = []
    counts: dict[str, int] = {}
    tree: ModelNode | None = None
    colour: Colour = Colour.RED
    size: Literal["small", "large"] = "small"
    shape: Annotated[ModelCircle | ModelSquare, pydantic.Field(discriminator="kind")] | None = None
    code: Annotated[str, pydantic.Field(max_length=30, pattern="^[A-Za-z0-9-]*$")] = ""


class OpenModel(Model, extra="allow"):
    anything: Any = None


class ClosedModel(Model, extra="forbid"):
    secret: pydantic.SecretStr = pydantic.Field(default=pydantic.SecretStr(""), max_length=30)


# --- msgspec, attrs, dataclass ---------------------------------------------------------------------------------------


class Node(msgspec.Struct):
    child: Node | None = None
    children: list[Node] = []


class Circle(msgspec.Struct, tag_field="kind", tag="circle"):
    radius: float


class Square(msgspec.Struct, tag_field="kind", tag="square"):
    side: float


Code = Annotated[str, msgspec.Meta(max_length=30, pattern="^[A-Za-z0-9-]*$")]


class Struct(msgspec.Struct):
    order_id: str
    amount: int = 0
    rate: float = 0.0
    price: Decimal = Decimal(0)
    placed: dt.datetime | None = None
    tags: list[str] = []
    counts: dict[str, int] = {}
    tree: Node | None = None
    colour: Colour = Colour.RED
    size: Literal["small", "large"] = "small"
    shape: Circle | Square | None = None
    code: Code = ""


class OpenStruct(Struct):
    anything: Any = None
    raw: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class ClosedStruct(Struct, forbid_unknown_fields=True):
    pass


@attrs.define
class AttrsNode:
    child: AttrsNode | None = None
    children: list[AttrsNode] = attrs.field(factory=list)


@attrs.define
class Attrs:
    order_id: str
    amount: int = 0
    rate: float = 0.0
    price: Decimal = Decimal(0)
    placed: dt.datetime | None = None
    tags: list[str] = attrs.field(factory=list)
    counts: dict[str, int] = attrs.field(factory=dict)
    tree: AttrsNode | None = None
    colour: Colour = Colour.RED
    size: Literal["small", "large"] = "small"
    shape: Circle | Square | None = None
    code: Code = ""


@dataclasses.dataclass
class DataNode:
    child: DataNode | None = None
    children: list[DataNode] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Data:
    order_id: str
    amount: int = 0
    rate: float = 0.0
    price: Decimal = Decimal(0)
    placed: dt.datetime | None = None
    tags: list[str] = dataclasses.field(default_factory=list)
    counts: dict[str, int] = dataclasses.field(default_factory=dict)
    tree: DataNode | None = None
    colour: Colour = Colour.RED
    size: Literal["small", "large"] = "small"
    shape: Circle | Square | None = None
    code: Code = ""


FAMILIES: dict[str, type] = {
    "pydantic": Model,
    "pydantic-open": OpenModel,
    "pydantic-closed": ClosedModel,
    "struct": Struct,
    "struct-open": OpenStruct,
    "struct-closed": ClosedStruct,
    "attrs": Attrs,
    "dataclass": Data,
}
"""The event classes by family; *open* keeps what it does not know, *closed* refuses it, the others ignore it."""

# Flat events need a class that ignores the header among its members.
FLAT_FAMILIES = [name for name in FAMILIES if not name.endswith("-closed") and name != "pydantic-open"]


def _touch(payload: Payload) -> Payload:
    payload["count"] = payload.pop("count", None)
    del payload["count"]
    return payload


def _declare_families(events: Registry, names: Iterable[str]) -> None:
    for name in names:
        events.event(name, version=CURRENT)(FAMILIES[name])
        events.upcaster(name, from_version=1)(_touch)
        events.steps(name, rename("nr", to="order_id"), from_version=2)


def family_codec(form: JsonEnvelope | Flat | StreamEntry) -> Codec[Any]:
    """The codec of all families that can read the format."""
    events = Registry()
    _declare_families(events, FLAT_FAMILIES if isinstance(form, Flat) else FAMILIES)
    return events.codec(envelope=form)


# --- code that misbehaves (B26 to B28) -------------------------------------------------------------------------------


class MuteError(Exception):
    """An exception that cannot be printed."""

    def __str__(self) -> str:
        raise RuntimeError("no text")

    __repr__ = __str__


class Chatty(Exception):
    """An exception that carries what it was given in every way there is."""

    def __init__(self, value: object) -> None:
        super().__init__(value)
        self.value = value
        self.add_note(str(value))


def _raising(make: Callable[[Payload], BaseException]) -> Callable[[Payload], Payload]:
    def upcaster(payload: Payload) -> Payload:
        raise make(payload)

    return upcaster


def _recurse(payload: Payload) -> Payload:
    return _recurse(payload)


def _chained(payload: Payload) -> Payload:
    try:
        payload[payload["order_id"] + "?"]
    except KeyError as error:
        raise ValueError(payload["order_id"]) from error


def _with(value: Callable[[Payload], object]) -> Callable[[Payload], Payload]:
    def upcaster(payload: Payload) -> Payload:
        payload["extra"] = value(payload)
        return payload

    return upcaster


def _cycle(payload: Payload) -> Payload:
    payload["extra"] = {"again": payload}
    return payload


def _list_cycle(payload: Payload) -> Payload:
    ring: list[Any] = []
    ring.append(ring)
    payload["extra"] = ring
    return payload


def _deep(levels: int) -> Callable[[Payload], Payload]:
    def upcaster(payload: Payload) -> Payload:
        value: Any = None
        for _ in range(levels):
            value = [value]
        payload["extra"] = value
        return payload

    return upcaster


async def _coroutine(payload: Payload) -> Payload:
    return payload


def _drain(payload: Payload) -> Payload:
    payload.clear()
    return {}


_shared: Payload = {"order_id": "constant", "extra": {"n": 1}}


def _constant(_: Payload) -> Payload:
    return _shared


class _HostileDict(dict[str, Any]):
    """A payload that fails when anyone looks into it."""

    def keys(self) -> Any:
        raise Chatty(self.get("order_id"))

    def __iter__(self) -> Any:
        raise Chatty(self.get("order_id"))


class _HostileFloat(float):
    def __float__(self) -> float:
        raise Chatty("float")


def _lone_surrogate(payload: Payload) -> object:
    return payload["order_id"] + chr(0xD800)


UPCASTERS: dict[str, Callable[[Payload], Any]] = {
    # B26: what is mutated is this attempt's alone.
    "mutates": lambda payload: payload | {"order_id": payload["order_id"] + "x"},
    "empties": _drain,
    "constant": _constant,
    # B27
    "raises-value-error": _raising(lambda p: ValueError(p["order_id"])),
    "raises-key-error": lambda payload: payload[payload["order_id"]],
    "raises-unicode-error": lambda payload: payload["order_id"].encode("ascii").decode("utf-16"),
    "raises-chatty": _raising(lambda p: Chatty(p["order_id"])),
    "raises-mute": _raising(lambda p: MuteError(p["order_id"])),
    "raises-chained": _chained,
    "raises-group": _raising(lambda p: ExceptionGroup(p["order_id"], [ValueError(p["order_id"])])),
    "raises-stop-iteration": _raising(lambda p: StopIteration(p["order_id"])),
    "raises-stop-async-iteration": _raising(lambda p: StopAsyncIteration(p["order_id"])),
    "raises-recursion-error": _raising(lambda p: RecursionError(p["order_id"])),
    "raises-timeout": _raising(lambda p: TimeoutError(p["order_id"])),
    "raises-assertion": _raising(lambda p: AssertionError(p["order_id"])),
    "raises-system-exit": _raising(lambda p: SystemExit(p["order_id"])),
    "recurses": _recurse,
    "raises-memory-error": _raising(lambda p: MemoryError()),
    "raises-keyboard-interrupt": _raising(lambda p: KeyboardInterrupt()),
    "raises-cancelled": _raising(lambda p: asyncio.CancelledError()),
    "raises-generator-exit": _raising(lambda p: GeneratorExit()),
    # B28
    "returns-none": lambda payload: None,
    "returns-list": lambda payload: [payload],
    "returns-text": lambda payload: payload["order_id"],
    "returns-generator": lambda payload: (item for item in payload),
    "returns-coroutine-function": lambda payload: _coroutine,
    "returns-pairs": lambda payload: list(payload.items()),
    "returns-hostile-dict": _HostileDict,
    "makes-nan": _with(lambda p: float("nan")),
    "makes-infinity": _with(lambda p: [1, {"deep": float("-inf")}]),
    "makes-decimal-nan": _with(lambda p: Decimal("NaN")),
    "makes-nan-key": _with(lambda p: {float("nan"): 1}),
    "makes-object": _with(lambda p: object()),
    "makes-class": _with(lambda p: Chatty),
    "makes-function": _with(lambda p: _touch),
    "makes-hostile-float": _with(lambda p: _HostileFloat(1)),
    "makes-lone-surrogate": _with(_lone_surrogate),
    "makes-cycle": _cycle,
    "makes-list-cycle": _list_cycle,
    "makes-deep": _deep(5_000),  # deeper, and CPython 3.13.0 itself dies when it frees it on a small stack
    "makes-long-integer": _with(lambda p: 10**5000),
    "makes-big-integer": _with(lambda p: 10**400),
    "makes-huge": _with(lambda p: "x" * 2_000_000),
    "makes-tuple-key": _with(lambda p: {(1, 2): p["order_id"]}),
    "makes-mixed-keys": _with(lambda p: {1: p["order_id"], "1": p["order_id"]}),
    "makes-bytes": _with(lambda p: b"\xff"),
    "makes-set": _with(lambda p: {p["order_id"]}),
}


def _other(payload: Payload) -> Payload:
    return payload | {"order_id": "x"}


def _no_pairs(payload: Payload) -> Any:
    return [payload]


def _endless_names(payload: Payload) -> Iterator[tuple[str, Payload]]:
    yield "part", payload
    raise Chatty(payload["order_id"])


SPLITS: dict[str, Callable[[Payload], Any]] = {
    "splits-well": lambda payload: [("part", payload), ("part", _other(payload))],
    "splits-none": lambda payload: None,
    "splits-no-pairs": _no_pairs,
    "splits-undeclared": lambda payload: [(payload["order_id"], payload)],
    "splits-unhashable": lambda payload: [([payload["order_id"]], payload)],
    "splits-nan": lambda payload: [("part", payload | {"extra": float("nan")})],
    "splits-object": lambda payload: [("part", payload | {"extra": object()})],
    "splits-and-raises": _endless_names,
    "splits-into-text": lambda payload: payload["order_id"],
    "splits-and-exits": _raising(lambda p: SystemExit(p["order_id"])),
    "splits-out-of-memory": _raising(lambda p: MemoryError()),
}


def _leave(value: Any) -> Any:
    raise SystemExit(value)


STEPS: dict[str, Any] = {
    "convert-raises": convert("order_id", int),
    "convert-overflows": convert("order_id", lambda value: float(10**400)),
    "convert-huge-power": convert("order_id", lambda value: int(Decimal("1e400"))),
    "convert-exits": convert("order_id", _leave),
    "convert-makes-nan": convert("order_id", lambda value: float("nan")),
    "map-unmapped": map_values("order_id", {"known": "value"}),
    "move-blocked": move("nr", to="order_id.inner"),
}


def _validator(raising: Callable[[Any], BaseException]) -> type[pydantic.BaseModel]:
    class Validated(pydantic.BaseModel):
        order_id: str

        @pydantic.field_validator("order_id")
        @classmethod
        def check(cls, value: str) -> str:
            raise raising(value)

    return Validated


def _hook(raising: Callable[[Any], BaseException]) -> type[msgspec.Struct]:
    class Hooked(msgspec.Struct):
        order_id: str

        def __post_init__(self) -> None:
            raise raising(self.order_id)

    return Hooked


def _deep_recursion(value: Any) -> BaseException:
    return _deep_recursion(value)


VALIDATORS: dict[str, Callable[[Any], BaseException]] = {
    "raises-value-error": ValueError,
    "raises-assertion": AssertionError,
    "raises-type-error": TypeError,
    "raises-key-error": KeyError,
    "raises-chatty": Chatty,
    "raises-mute": MuteError,
    "raises-unicode-error": lambda value: UnicodeDecodeError("utf-8", value.encode(), 0, 1, value),
    "raises-group": lambda value: ExceptionGroup(value, [ValueError(value)]),
    "raises-stop-iteration": StopIteration,
    "recurses": _deep_recursion,
    "raises-memory-error": lambda value: MemoryError(),
    "raises-keyboard-interrupt": lambda value: KeyboardInterrupt(),
}


def code_codec() -> Codec[bytes]:
    """The codec whose upcasters, splits, steps and validators misbehave, each under its own type name."""
    events = Registry()
    for name, function in UPCASTERS.items():
        for family, cls in (
            ("struct", msgspec.defstruct("Late", [("order_id", str), ("extra", Any, None)])),
            ("pydantic", pydantic.create_model("Late", order_id=(str, ...), extra=(Any, None))),
        ):
            events.event(f"upcaster.{name}.{family}", version=3)(cls)
            events.upcaster(f"upcaster.{name}.{family}", from_version=1)(function)
            events.unchanged(f"upcaster.{name}.{family}", from_version=2)
    events.event("part", version=1)(msgspec.defstruct("Part", [("order_id", str), ("extra", Any, None)]))
    for name, splitter in SPLITS.items():
        events.split(f"split.{name}", from_version=1, into={"part": 1})(splitter)
    for name, step in STEPS.items():
        events.event(f"step.{name}", version=2)(msgspec.defstruct("Stepped", [("order_id", str)]))
        events.steps(f"step.{name}", *([step] if not isinstance(step, list) else step), from_version=1)
    for name, raising in VALIDATORS.items():
        for family, cls in (("struct", _hook(raising)), ("pydantic", _validator(raising))):
            events.event(f"validator.{name}.{family}", version=2)(cls)
            events.unchanged(f"validator.{name}.{family}", from_version=1)
    return events.codec()


# --- what an absent version means, and steps that ask for the envelope -----------------------------------------------


def _raise_header(envelope: Envelope) -> int:
    raise Chatty(envelope.headers)


UNVERSIONED: dict[str, Any] = {
    "one": 1,
    "raises": _raise_header,
    "exits": _raising(lambda envelope: SystemExit(str(envelope))),
    "true": lambda envelope: True,
    "float": lambda envelope: 1.0,
    "text": lambda envelope: str(envelope.headers),
    "none": lambda envelope: None,
    "zero": lambda envelope: 0,
    "huge": lambda envelope: 10**5000,
    "list": lambda envelope: [envelope],
    "memory-error": _raising(lambda envelope: MemoryError()),
    "keyboard-interrupt": _raising(lambda envelope: KeyboardInterrupt()),
}


def unversioned_codec(name: str, form: JsonEnvelope | StreamEntry) -> Codec[Any]:
    """A codec for which an absent version means what *name* says, and whose steps ask for the envelope."""
    events = Registry(unversioned=UNVERSIONED[name])
    events.event("order", version=2)(msgspec.defstruct("Order", [("order_id", str)]))
    events.event("other", version=2)(msgspec.defstruct("Other", [("order_id", str)]))

    @events.upcaster("order", from_version=1, envelope=True)
    def keep(payload: Payload, *, envelope: Envelope) -> Payload:
        return payload

    events.unchanged("other", from_version=1)

    @events.split("cut", from_version=1, into={"other": 2}, envelope=True)
    def cut(payload: Payload, *, envelope: Envelope) -> list[tuple[str, Payload]]:
        return [("other", payload)]

    return events.codec(envelope=form)
