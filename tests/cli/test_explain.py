"""`upcast explain`: one event from a file or standard input, with the registry that is named."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from upcast.cli._explain import command

if TYPE_CHECKING:
    pass

if TYPE_CHECKING:
    from collections.abc import Iterator

UPCAST = Path(sys.executable).with_name("upcast")
SHOP = """
from pydantic import BaseModel
from upcast import Flat, Registry, StreamEntry, rename

print("imported")
events = Registry()


@events.event("order.placed", version=2)
class OrderPlaced(BaseModel, extra="ignore"):
    order_id: str


events.steps("order.placed", rename("id", to="order_id"), from_version=1)


class inner:
    registry = events


def make():
    print("called")
    return events


codec = events.codec()
of_stream = events.codec(envelope=StreamEntry())
of_flat = events.codec(envelope=Flat(type="kind"))
"""
OLD = b'{"type": "order.placed", "schema_version": 1, "id": "e-1", "data": {"id": "A-1"}}'
REFUSED = b'{"type": "order.placed", "schema_version": 1, "data": {"id": 5}}'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that holds a shop."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "events.py").write_text(SHOP, encoding="utf-8")
    return tmp_path


@pytest.fixture
def inside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CliRunner]:
    """Runs the command in this process and in that folder, which is quicker than the installed one."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", sys.path.copy())
    yield CliRunner()
    for name in ("shop", "shop.events"):
        sys.modules.pop(name, None)


def explain(folder: Path, *arguments: str, stdin: bytes = b"", **variables: str) -> subprocess.CompletedProcess[bytes]:
    """Run the installed command in a folder."""
    return subprocess.run(
        [UPCAST, "explain", *arguments],
        cwd=folder,
        env=os.environ | variables,
        input=stdin,
        capture_output=True,
        check=False,
        timeout=60,
    )


def test_event_from_standard_input(folder: Path) -> None:
    """An event that can be read is shown step by step, and the exit code says yes."""
    done = explain(folder, "shop.events:events", stdin=OLD + b"\n", PYTHONIOENCODING="utf-8")

    assert 0 == done.returncode
    assert (
        """order.placed v1 (id e-1) → v2, compiled lane
  v1 → v2
    ✓ rename('id', to='order_id')
        id: "A-1" → (absent)
        order_id: (absent) → "A-1"
  = OrderPlaced(order_id='A-1')
""".encode()
        == done.stdout
    )


def test_event_from_a_file_is_explained_alike(folder: Path) -> None:
    """A file makes no difference; `-` is standard input."""
    (folder / "event.json").write_bytes(OLD)

    from_file = explain(folder, "shop.events:events", "event.json")
    from_stdin = explain(folder, "shop.events:events", "-", stdin=OLD)

    assert 0 == from_file.returncode
    assert from_stdin.stdout == from_file.stdout


def test_what_the_module_prints_goes_to_standard_error(folder: Path) -> None:
    """Standard output holds the explanation only."""
    done = explain(folder, "shop.events:events", "--json", stdin=OLD)

    assert b"imported\n" == done.stderr
    assert b"imported" not in done.stdout


def test_json_tells_the_same(folder: Path) -> None:
    """`--json` prints one document; what is absent is null, and values are JSON texts."""
    done = explain(folder, "shop.events:events", "--json", stdin=OLD)

    assert 0 == done.returncode
    assert {
        "event_type": "order.placed",
        "schema_version": 1,
        "event_id": "e-1",
        "current_version": 2,
        "lane": "compiled",
        "refused": False,
        "steps": [
            {
                "from_version": 1,
                "step": "rename('id', to='order_id')",
                "changes": [
                    {"path": "id", "before": '"A-1"', "after": None},
                    {"path": "order_id", "before": None, "after": '"A-1"'},
                ],
                "error": None,
            }
        ],
        "events": [{"class": "OrderPlaced", "repr": "OrderPlaced(order_id='A-1')"}],
        "error": None,
    } == json.loads(done.stdout)


def test_refused_event_is_a_no(folder: Path) -> None:
    """A refused event is explained up to where it is refused, and the exit code is 1."""
    text = explain(folder, "shop.events:events", stdin=REFUSED, PYTHONIOENCODING="utf-8")
    document = json.loads(explain(folder, "shop.events:events", "--json", stdin=REFUSED).stdout)

    assert 1 == text.returncode
    assert "  ✗ class-refused: order_id: string_type\n" in text.stdout.decode()
    assert True is document["refused"]
    assert {
        "reason": "class-refused",
        "detail": "",
        "problem": "order_id: string_type",
        "paths": ["order_id"],
    } == document["error"]


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff", b"[" * 100_000, b'{"type": "cart", "data": {}}'])
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_what_is_no_event_is_refused_too(inside: CliRunner, raw: bytes, form: tuple[str, ...]) -> None:
    """Whatever the input is, it is a refused event and no failure of the command."""
    done = inside.invoke(command, ["shop.events:events", *form], input=raw, standalone_mode=False)

    assert 1 == done.return_value
    assert done.stdout


@pytest.mark.parametrize(("size", "code"), [(1024 * 1024, 0), (1024 * 1024 + 1, 1)])
def test_no_more_is_read_than_an_event_may_be_long(folder: Path, size: int, code: int) -> None:
    """The bound of the codec is that of the command: one byte more is refused, whatever follows."""
    start = OLD[:-1] + b', "note": "'
    event = start + b"x" * (size - len(start) - 2) + b'"}'

    done = explain(folder, "shop.events:events", stdin=event + b"\r\n")

    assert code == done.returncode
    assert (b"oversize" in done.stdout) == bool(code)


def test_flat_event(folder: Path) -> None:
    """`--envelope flat` reads an event whose members are the payload."""
    flat = b'{"type": "order.placed", "schema_version": 1, "id": "A-1"}'

    done = explain(folder, "shop.events:events", "--envelope", "flat", stdin=flat)

    assert 0 == done.returncode
    assert b"OrderPlaced(order_id='A-1')" in done.stdout


@pytest.mark.parametrize("name", ["inner.registry", "codec", "of_stream"])
def test_registry_or_codec_by_any_name(folder: Path, name: str) -> None:
    """The attribute may be dotted, and may be a codec; one for stream entries reads JSON text here."""
    done = explain(folder, f"shop.events:{name}", stdin=OLD)

    assert 0 == done.returncode


def test_codec_keeps_its_own_envelope(folder: Path) -> None:
    """What a codec calls its members holds here too."""
    done = explain(folder, "shop.events:of_flat", stdin=OLD.replace(b"type", b"kind"))

    assert 0 == done.returncode
    assert b"(id e-1)" in done.stdout


@pytest.mark.parametrize(("name", "envelope"), [("codec", "flat"), ("of_stream", "flat"), ("of_flat", "json")])
def test_codec_for_the_other_kind_of_envelope(folder: Path, name: str, envelope: str) -> None:
    """A codec cannot read flat events if it was not made for them, nor the other way round."""
    done = explain(folder, f"shop.events:{name}", "--envelope", envelope, stdin=OLD)

    assert 2 == done.returncode
    assert b"name the registry instead" in done.stderr


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("shop.events", "is no import string: write module:attribute"),
        ("shop.events:", "is no import string"),
        (":events", "is no import string"),
        ("shop/events.py:events", "is no import string"),
        ("shop.events:make()", "is no import string"),
        ("ship.events:events", "there is no module 'ship'"),
        ("shop.event:events", "there is no module 'shop.event'"),
        ("shop.events:event", "module 'shop.events' has no attribute 'event'"),
        ("shop.events:inner.codec", "type 'inner' has no attribute 'codec'"),
        ("shop.events:make", "is of type function, neither a Registry nor a Codec"),
        ("shop.events:OrderPlaced", "neither a Registry nor a Codec"),
    ],
)
def test_bad_import_string(inside: CliRunner, target: str, expected: str) -> None:
    """What cannot be found, or is no registry, is told in one line; nothing is called to find out."""
    done = inside.invoke(command, [target], input=OLD)

    assert (2, "") == (done.exit_code, done.stdout)
    problem = done.stderr.removeprefix("imported\n")
    assert problem.startswith("upcast: ")
    assert expected in problem
    assert 1 == problem.count("\n")
    assert "called" not in problem


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import absent_module", "ModuleNotFoundError: No module named 'absent_module'"),
        ("def f():\n    return 1 / 0\nf()", "in f\n"),
        ("def", "SyntaxError"),
        ("raise SystemExit(0)", "SystemExit: 0"),
    ],
)
def test_module_that_cannot_be_imported(tmp_path: Path, text: str, expected: str) -> None:
    """A module that fails is shown with its own traceback, and not with ours."""
    (tmp_path / "broken.py").write_text(text, encoding="utf-8")

    done = explain(tmp_path, "broken:events", stdin=OLD)

    assert (2, b"") == (done.returncode, done.stdout)
    assert "upcast: importing 'broken' failed\n" in done.stderr.decode()
    assert expected in done.stderr.decode()
    assert "importlib" not in done.stderr.decode()
    assert "cli" not in done.stderr.decode().replace(str(tmp_path), "")


@pytest.mark.parametrize("at_import", [False, True])
def test_all_defects_are_printed(tmp_path: Path, *, at_import: bool) -> None:
    """A registry with defects cannot explain anything: each is printed with its remedy."""
    text = SHOP.replace("version=2", "version=4").partition("class inner")[0]
    (tmp_path / "shop.py").write_text(text + ("events.codec()" if at_import else ""), encoding="utf-8")

    done = explain(tmp_path, "shop:events", stdin=OLD)

    assert (2, b"") == (done.returncode, done.stdout)
    assert "the registry has 2 defects" in done.stderr.decode()
    for start in (2, 3):
        assert f'@events.upcaster("order.placed", from_version={start})' in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()


def test_file_that_is_not_there(folder: Path) -> None:
    """A missing file is a mistake of usage."""
    done = explain(folder, "shop.events:events", "nowhere.json")

    assert 2 == done.returncode
    assert b"nowhere.json" in done.stderr


def test_safe_path_is_respected(folder: Path) -> None:
    """Where Python is told not to import from the working folder, neither does the command."""
    done = explain(folder, "shop.events:events", stdin=OLD, PYTHONSAFEPATH="1")

    assert 2 == done.returncode
    assert b"there is no module" in done.stderr


def test_event_cannot_steer_the_terminal(folder: Path) -> None:
    """Control characters in ids and names of fields are shown as escapes."""
    raw = OLD.replace(b"e-1", rb"\u001b[2J").replace(b'"A-1"', b'"A-1", "\\u009b\\u202e": 1')

    done = explain(folder, "shop.events:events", stdin=raw, PYTHONIOENCODING="utf-8")

    assert 0 == done.returncode
    assert b"[2J" not in done.stdout
    assert all(c.isprintable() or c == "\n" for c in done.stdout.decode())


def test_terminal_without_unicode(folder: Path) -> None:
    """Where the arrows cannot be printed, escapes are."""
    done = explain(folder, "shop.events:events", stdin=OLD, PYTHONIOENCODING="latin-1")

    assert 0 == done.returncode
    assert b"order.placed v1 (id e-1) \\u2192 v2" in done.stdout


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_no_colours(folder: Path, form: tuple[str, ...]) -> None:
    """What is piped holds no control sequences."""
    done = explain(folder, "shop.events:events", *form, stdin=REFUSED)

    assert b"\x1b" not in done.stdout + done.stderr
