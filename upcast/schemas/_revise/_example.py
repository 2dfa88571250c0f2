"""The recorded payload of the older version, and the test that it is read as what it means."""

from __future__ import annotations

import os
import re
from pathlib import Path

import attrs
import msgspec

from upcast.schemas._check._subject import MADE_UP
from upcast.schemas._revise._files import Change
from upcast.schemas._revise._literals import literal
from upcast.schemas._revise._propose import Revision
from upcast.schemas._revise._prove import carried
from upcast.schemas.store import SchemaStore

__all__ = ["Example", "example_of", "test_change"]


@attrs.frozen
class Example:
    """A payload and what becomes of it.

    Attributes:
        path: Its file.
        payload: It.
        made: What the steps make of it.
        is_new: Whether it is not recorded yet.
    """

    path: Path
    payload: bytes
    made: bytes
    is_new: bool


def example_of(revision: Revision, store: SchemaStore, folder: Path) -> Example | None:
    """A recorded payload of the older version, or one that was made up; None where there is none of either."""
    old = revision.old
    carry = carried(revision.steps, old.version)
    for fixture in store.fixtures(old.type, old.version):
        return Example(folder / fixture.path, fixture.payload, carry(fixture.payload), is_new=False)
    # The one with most in it shows most.
    for payload in sorted(revision.samples, key=len, reverse=True)[:1]:
        path = folder / store.path_of(old.type, old.version, fixture=MADE_UP)
        return Example(path, payload, carry(payload), is_new=True)
    return None


def test_change(revision: Revision, example: Example, target: str, tests: Path) -> Change:
    """A test file, under a name that no file has."""
    slug = revision.prefix.removesuffix(f"_v{revision.old.version}")
    stem = f"test_{slug}_v{revision.new.version}"
    path, number = tests / f"{stem}.py", 1
    while path.exists():
        number += 1
        path = tests / f"{stem}_{number}.py"
    module, _, attribute = target.partition(":")
    names = {
        "event": revision.new.type,
        "slug": slug,
        "old": revision.old.version,
        "new": revision.new.version,
        "module": module,
        "name": attribute.partition(".")[0],
        "registry": attribute,
        "old_type": literal(revision.old.type),
        "new_type": literal(revision.new.type),
        "fixture": literal(Path(os.path.relpath(example.path.resolve(), tests.resolve())).as_posix()),
        "meant": _text_source(example.made),
    }
    return Change(path, None, _TEMPLATE.format(**names).encode())


test_change.__test__ = False  # type: ignore[attr-defined]  # pytest would take it for a test where it is imported

_TEMPLATE = '''\
"""{event}: what was stored as version {old} is read as what version {new} means."""

from __future__ import annotations

from pathlib import Path

from {module} import {name}

STORED = Path(__file__).parent / {fixture}
MEANT = {meant}


def test_{slug}_v{old_n}_becomes_v{new_n}() -> None:
    """A recorded payload of version {old} is the event that it should be."""
    codec = {registry}.codec()
    event = codec.decode_payload({old_type}, {old}, STORED.read_bytes())
    assert event == codec.decode_payload({new_type}, {new}, MEANT)
'''.replace("{old_n}", "{old}").replace("{new_n}", "{new}")


def _text_source(payload: bytes) -> str:
    """JSON text as a Python expression that one can read."""
    text = msgspec.json.format(payload, indent=4).decode()
    if re.search(r'\\|"""', text) or (not text.isprintable() and not text.replace("\n", "").isprintable()):
        return literal(payload.decode())
    return f'"""\\\n{text}\n"""'
