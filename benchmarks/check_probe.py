"""What the gate costs, in a process of its own: `python -m benchmarks.check_probe struct 1000`."""

from __future__ import annotations

import importlib
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import msgspec

__all__ = ["Checked"]

_TYPES_A_MODULE: Final = 20

_HEAD: Final = {
    "struct": """
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta, Struct as Base

from upcast import Registry, add, remove, rename

Natural = Annotated[int, Meta(ge=0)]
""",
    "pydantic": """
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel as Base, Field

from upcast import Registry, add, remove, rename

Natural = Annotated[int, Field(ge=0)]
""",
}

_SHARED: Final = """
events = Registry()


class Line(Base):
    sku: str
    quantity: Natural
    price: Decimal


class Address(Base):
    street: str
    city: str
    zip: str | None = None
"""

_EVENT: Final = """

class First{n}(Base):
    id: str
    customer: str
    amount: Natural
    status: Literal["new", "paid"]
    lines: list[Line] = []
    address: Address | None = None
    note: str = ""


class Second{n}(Base):
    order_id: str
    customer: str
    amount: Natural
    status: Literal["new", "paid"]
    currency: str
    lines: list[Line] = []
    address: Address | None = None


@events.event("bench.event.{n}", version=3)
class Third{n}(Base):
    order_id: str
    customer_id: str
    amount: Natural
    status: Literal["new", "paid", "gone"]
    currency: str
    lines: list[Line] = []
    address: Address | None = None
    at: datetime | None = None


events.steps("bench.event.{n}", rename("id", to="order_id"), add("currency", "EUR"), remove("note"), from_version=1)


@events.upcaster("bench.event.{n}", from_version=2)
def known{n}(payload):
    payload["customer_id"] = payload.pop("customer")
    return payload
"""


class Checked(msgspec.Struct, frozen=True):
    """What the probe prints, in seconds.

    Attributes:
        everything: A check of all types, of which nothing is known.
        again: The same, where nothing has changed since.
        one: A check of one type of a registry that has no other.
        payloads: How many payloads the first of them ran.
    """

    everything: float
    again: float
    one: float
    payloads: int


def probe_check(family: str, types: int) -> Checked:
    """Check so many event types with three versions each; half of their edges are functions."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sys.path.insert(0, name)
        _write(folder, "bench_shop", family, types)
        _write(folder, "bench_corner", family, 1)
        shop, corner = (importlib.import_module(module) for module in ("bench_shop", "bench_corner"))
        _freeze(shop, folder / "shop", types)
        _freeze(corner, folder / "corner", 1)
        from upcast.schemas.check import check

        def timed(module: Any, schemas: str) -> tuple[float, int]:
            started = perf_counter()
            target, cache = f"{module.__name__}:events", folder / "cache" / schemas
            report = check(module.events, folder / schemas, target=target, cache=cache)
            assert report.ok, report.findings[:3]
            assert not report.notes, report.notes
            return perf_counter() - started, report.payloads

        one, _ = timed(corner, "corner")
        everything, payloads = timed(shop, "shop")
        again, _ = timed(shop, "shop")
    return Checked(everything, again, one, payloads)


def _write(folder: Path, name: str, family: str, types: int) -> None:
    """Write a registry as modules of a sensible size."""
    parts = []
    for start in range(0, types, _TYPES_A_MODULE):
        part = f"{name}_{start}"
        head = _HEAD[family] + (_SHARED if start == 0 else f"from {name}_0 import Address, Line, events\n")
        numbers = range(start, min(types, start + _TYPES_A_MODULE))
        (folder / f"{part}.py").write_text(head + "".join(_EVENT.replace("{n}", str(n)) for n in numbers))
        parts.append(f"from {part} import *\n")
    (folder / f"{name}.py").write_text(f"{''.join(parts)}from {name}_0 import events\n")


def _freeze(module: Any, schemas: Path, types: int) -> None:
    from upcast.schemas._capture import capture
    from upcast.schemas.store import SchemaStore

    store = SchemaStore.at(schemas)
    for number in range(types):
        for version, kind in enumerate(("First", "Second", "Third"), 1):
            cls = getattr(module, f"{kind}{number}")
            store.freeze(capture(cls, event_type=f"bench.event.{number}", version=version))


def _main(arguments: Sequence[str], write: Callable[[bytes], object]) -> None:
    family, types = arguments
    write(msgspec.json.encode(probe_check(family, int(types))))


if __name__ == "__main__":
    _main(sys.argv[1:], sys.stdout.buffer.write)
