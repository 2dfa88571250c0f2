"""The registry of the demo, as an example of what the library promises to whoever forgets an edge."""

from __future__ import annotations

import ast
import importlib.util
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from upcast.cli.demo import shop
from upcast.cli.demo.producers import YEARS, history
from upcast.errors import Defect, RegistryDefects, UpcasterFailed

if TYPE_CHECKING:
    from types import ModuleType

SOURCE = Path(shop.__file__).read_text(encoding="utf-8")

# What a programmer fills in where an edge is missing: its work, written anew.
BODIES = {
    1: """
    payload["order_id"] = payload.pop("id")
    payload.setdefault("currency", "EUR")
""",
    2: """
    first, last = payload.pop("name").split()
    payload["customer"] = {"first": first, "last": last}
""",
    3: """
    payload["amount"] = round(payload["amount"] * 100)
    payload["address"] = {"city": payload.pop("city"), "zip": payload.pop("zip")}
    payload["status"] = {"N": "new", "P": "paid", "S": "shipped"}[payload["status"]]
""",
    4: """
    pass
""",
}


def edges(tree: ast.Module) -> tuple[ast.FunctionDef, dict[int, ast.stmt]]:
    """The function that declares the registry, and its statements by the version that their edge starts from."""
    (declare,) = (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "declare")
    found: dict[int, ast.stmt] = {}
    for statement in declare.body:
        for node in ast.walk(statement):
            if isinstance(node, ast.keyword) and node.arg == "from_version":
                found[int(ast.literal_eval(node.value))] = statement
    return declare, found


def without_edges(*starts: int) -> str:
    """The module's source after someone has deleted edges."""
    tree = ast.parse(SOURCE)
    declare, found = edges(tree)
    for start in starts:
        declare.body.remove(found[start])
    return ast.unparse(tree)


def load(folder: Path, source: str) -> ModuleType:
    """Import a source as a module of its own."""
    path = folder / "edited_shop.py"
    path.write_text(source, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("edited_shop", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["edited_shop"] = module  # where pydantic looks for the classes that annotations name
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.modules["edited_shop"]
    return module


def stored(count: int = 200) -> list[tuple[int, bytes]]:
    """Version and payload of the readable events of five years."""
    found = history(count)
    return [(written.version, written.fields[b"data"]) for written in found if written.fault is None]


def decoded(codec: Any, version: int, data: bytes) -> dict[str, Any]:
    """What an event becomes, comparable between two loads of its class."""
    event = codec.decode_payload("order.placed", version, data)
    assert "OrderPlaced" == type(event).__name__
    return event.model_dump()  # type: ignore[no-any-return]  # pydantic's


def test_the_edges_are_of_every_kind() -> None:
    """The example shows a function, declarative steps and an edge that changes nothing."""
    assert [1, 2, 3, 4] == list(edges(ast.parse(SOURCE))[1])
    for name in ("events.upcaster(", "rename(", "add(", "convert(", "inverse=", "move(", "map_values(", ".unchanged("):
        assert name in SOURCE


@pytest.mark.parametrize("start", BODIES)
def test_deleted_edge_is_named_with_its_stub(tmp_path: Path, start: int) -> None:
    """Without any one edge there is no codec: type, versions and a stub are named; pasted and filled, it works."""
    source = without_edges(start)

    with pytest.raises(RegistryDefects) as caught:
        load(tmp_path, source).events.codec()

    (defect,) = caught.value.exceptions
    assert isinstance(defect, Defect)
    assert ("missing-edge", "order.placed", start) == (defect.reason, defect.event_type, defect.from_version)
    assert tuple(range(1, start + 1)) == defect.cut_off
    assert f'@events.upcaster("order.placed", from_version={start})\n' in defect.stub

    filled, replaced = re.subn(
        r"\n    raise NotImplementedError\(.*\)\n", BODIES[start].replace("\\", r"\\"), defect.stub
    )
    mended = load(tmp_path, f"{source}\n\n{filled}\n").events.codec()

    assert 1 == replaced
    complete = shop.events.codec()
    for version, data in stored():
        assert decoded(complete, version, data) == decoded(mended, version, data)


@pytest.mark.parametrize("start", BODIES)
def test_pasted_stub_fails_until_it_is_filled(tmp_path: Path, start: int) -> None:
    """A stub that nobody fills builds a codec, and refuses the old events by name instead of passing them on."""
    source = without_edges(start)
    with pytest.raises(RegistryDefects) as caught:
        load(tmp_path, source).events.codec()
    defect = caught.value.exceptions[0]
    assert isinstance(defect, Defect)

    codec = load(tmp_path, f"{source}\n\n{defect.stub}\n").events.codec()
    version, data = next((version, data) for version, data in stored() if version <= start)

    with pytest.raises(UpcasterFailed, match="NotImplementedError"):
        codec.decode_payload("order.placed", version, data)


def test_all_edges_deleted_are_one_group(tmp_path: Path) -> None:
    """Every missing edge is reported at once."""
    with pytest.raises(RegistryDefects) as caught:
        load(tmp_path, without_edges(1, 2, 3, 4)).events.codec()

    assert [1, 2, 3, 4] == [defect.from_version for defect in caught.value.exceptions if isinstance(defect, Defect)]


def test_mistake_and_correction_differ_in_one_edge() -> None:
    """Names of one word are all that the two registries disagree about, and the corrected one loses no word."""
    today, mended = shop.events.codec(), shop.fixed.codec()

    for written in history(200):
        version, data = written.version, written.fields[b"data"]
        if written.fault is None:
            assert decoded(today, version, data) == decoded(mended, version, data)
        elif written.fault == "upcaster-failed":
            with pytest.raises(UpcasterFailed, match="split_name"):
                today.decode_payload("order.placed", version, data)
            assert {"first": json.loads(data)["name"], "last": ""} == decoded(mended, version, data)["customer"]


def test_money_is_exact() -> None:
    """No amount in euros, as a float, loses or gains a cent on its way to cents and back."""
    for cents in range(0, 3_000_000, 101):
        assert cents == shop.to_cents(json.loads(json.dumps(cents / 100)))
        assert cents == shop.to_cents(shop.to_euros(cents))


def test_fraction_of_a_cent_is_refused() -> None:
    """What is no amount of money is not rounded to one."""
    with pytest.raises(ValueError, match="fraction of a cent"):
        shop.to_cents(19.999)


@pytest.mark.parametrize("count", [10, 11, 57, 200])
def test_history_holds_every_kind(count: int) -> None:
    """From ten events on, each version and each fault occurs, and there are as many as were asked for."""
    written = list(history(count))

    assert count == len(written)
    assert set(YEARS) == {one.version for one in written}
    assert {1, 2, 3, 4, 5} == {one.version for one in written if one.fault is None}
    assert {None, "malformed", "unknown-type", "newer-version", "upcaster-failed", "class-refused"} == {
        one.fault for one in written
    }


def test_history_is_deterministic() -> None:
    """The same seed makes the same bytes; another one makes others."""
    assert list(history(100)) == list(history(100))
    assert list(history(100)) != list(history(100, seed=6))


def test_each_year_has_its_own_shape() -> None:
    """The payloads of five years differ in their members, which is what the registry is for."""
    shapes = {version: frozenset(json.loads(data)) - {"coupon"} for version, data in stored()}

    assert [1, 2, 3, 4, 5] == sorted(shapes)
    assert 4 == len(set(shapes.values()))
    assert shapes[4] == shapes[5]
