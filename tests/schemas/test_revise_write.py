"""Revise from the edited class to files that check takes, and back to what was where anything is wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import attrs
import pytest

from schemas.revised import HEAD, Project, after, make_project
from upcast.schemas.check import check
from upcast.schemas.revise import CannotRevise, Question

SOURCE = HEAD + '\n\n@events.event("order.placed", version=1)\nclass OrderPlaced(Struct):\n'


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A package that declares events."""
    return make_project(tmp_path, monkeypatch)


@attrs.frozen
class Table:
    """Answers from a table, by place."""

    answers: dict[str, str]

    def ask(self, question: Question) -> str | None:
        """What the table says."""
        return self.answers.get(question.place)


def test_what_is_written_is_complete(project: Project) -> None:
    """Source, schema snapshot, golden output and test are there; the test passes, and check has nothing against it."""
    path = project.write(SOURCE + "    qty: int\n    total: int\n    note: str | None = None\n")
    project.freeze()
    before = project.files()
    project.write(SOURCE + "    quantity: int\n    total: str\n    note: str | None\n    currency: str = 'EUR'\n")
    written = project.revise("order.placed", write=True)
    assert written.is_written
    assert written.notes == ()
    assert path.read_bytes() == after(written, path)
    assert sorted(project.files().keys() - before.keys()) == [
        "schemas/order.placed/fixtures/v1/example.golden.json",
        "schemas/order.placed/fixtures/v2/example.json",
        "schemas/order.placed/v2.json",
        "tests/test_order_placed_v2.py",
    ]
    assert check(project.registry(), "schemas").ok
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, "1 passed" in done.stdout) == (0, True)
    # The test holds on to what the payload means: with the last step it would mean something else.
    path.write_bytes(path.read_bytes().replace(b'convert("total", str)', b'convert("total", "{}.0".format)'))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, "1 failed" in done.stdout) == (1, True)


def test_written_once_there_is_nothing_left_to_do(project: Project) -> None:
    """A second run finds that the class is what is frozen."""
    project.write(SOURCE + "    qty: int\n")
    project.freeze()
    project.write(SOURCE + "    qty: int\n    note: str = ''\n")
    assert project.revise("order.placed", write=True).is_written
    before = project.files()
    assert project.revise("order.placed", write=True).notes == ("the class is what is frozen as version 2",)
    assert project.files() == before


def test_a_loss_is_declared_and_told(project: Project) -> None:
    """What nothing became of is removed by a step, and the author is told so."""
    path = project.write(SOURCE + "    qty: int\n    note: str\n")
    project.freeze()
    project.write(SOURCE + "    qty: int\n")
    written = project.revise("order.placed")
    assert written.notes == ("note is removed: what was stored there is lost",)
    assert b'events.steps("order.placed", remove("note"), from_version=1)\n' in after(written, path)


def test_what_cannot_be_known_becomes_a_stub_that_check_refuses(project: Project) -> None:
    """A required field without a value leaves an upcaster to be written, with what is known in comments."""
    path = project.write(SOURCE + "    qty: int\n")
    project.freeze()
    project.write(SOURCE + "    quantity: int\n    currency: str\n")
    written = project.revise("order.placed", write=True)
    assert written.is_written
    assert written.notes == ("to be written: currency: it is required, and old payloads have nothing for it",)
    assert path.read_text().partition("\n\n\n@events.upcaster")[2] == (
        '("order.placed", from_version=1)\n'
        "def order_placed_v1_to_v2(payload: Payload) -> Payload:\n"
        '    # known: rename("qty", to="quantity")\n'
        "    # missing: currency: it is required, and old payloads have nothing for it\n"
        "    raise NotImplementedError(\n"
        '        "order.placed v1 -> v2: currency: it is required, and old payloads have "\n'
        '        "nothing for it"\n'
        "    )\n"
    )
    assert not list(Path("tests").glob("*"))
    assert not check(project.registry(), "schemas").ok
    path.write_text(
        path.read_text().replace(
            "    raise NotImpl", '    return {"quantity": payload["qty"], "currency": "EUR"}\n    raise NotImpl'
        )
    )
    assert check(project.registry(), "schemas").ok


def test_a_conversion_that_cannot_be_known_becomes_a_function(project: Project) -> None:
    """The steps around it are written all the same."""
    path = project.write(SOURCE + "    qty: int\n    paid: str\n")
    project.freeze()
    project.write(SOURCE + "    quantity: int\n    paid: bool\n")
    written = project.revise("order.placed", write=True)
    assert path.read_text().endswith(
        "def order_placed_v1_paid(value: object) -> object:\n"
        '    raise NotImplementedError("order.placed v1 -> v2: paid: text is no boolean")\n\n\n'
        "events.steps(\n"
        '    "order.placed",\n'
        '    rename("qty", to="quantity"),\n'
        '    convert("paid", order_placed_v1_paid),\n'
        "    from_version=1,\n"
        ")\n"
    )
    assert written.notes == ("to be written: paid: text is no boolean",)


def test_answers_make_it_complete(project: Project) -> None:
    """What the author answers is written as if it had been known, null and all."""
    path = project.write(SOURCE + "    label: str\n    amount: int | None = None\n")
    project.freeze()
    project.write(SOURCE + "    heading: str\n    amount: int\n    currency: str\n")
    answers = {"heading": "rename:label", "amount": "json:0", "currency": 'json:"EUR"'}
    written = project.revise("order.placed", answers=Table(answers), write=True)
    assert written.is_written
    assert path.read_text().endswith(
        "def order_placed_v1_amount_filled(value: object) -> object:\n"
        "    return 0 if value is None else value\n\n\n"
        "events.steps(\n"
        '    "order.placed",\n'
        '    rename("label", to="heading"),\n'
        '    add("amount", None),\n'
        '    convert("amount", order_placed_v1_amount_filled, nulls=True),\n'
        '    add("currency", "EUR"),\n'
        "    from_version=1,\n"
        ")\n"
    )
    event = project.registry().codec().decode_payload("order.placed", 1, b'{"label": "x"}')
    assert (event.heading, event.amount, event.currency) == ("x", 0, "EUR")  # type: ignore[attr-defined]  # its class


def test_a_recorded_payload_decides(project: Project) -> None:
    """Steps that all sampled payloads pass are not written where a recorded one does not."""
    head = SOURCE.replace("from msgspec import Struct", "from pydantic import BaseModel, StrictInt").replace(
        "Struct", "BaseModel"
    )
    path = project.write(head + "    qty: int\n")
    project.freeze()
    Path("schemas/order.placed/fixtures/v1/recorded.json").write_bytes(b'{"qty": "7"}')
    project.write(head + "    quantity: StrictInt\n")
    written = project.revise("order.placed", write=True)
    assert written.revision is not None
    assert [each.payload for each in written.revision.unproven] == ['{"qty": "7"}']
    assert "# missing: the new version refuses it: quantity: " in path.read_text()


@pytest.mark.parametrize(
    ("tail", "told"),
    [
        ("if 'rename' in globals():\n    raise RuntimeError('no')\n", "cannot be imported any more: RuntimeError: no"),
        ("events.upcaster('order.placed', from_version=3)(lambda payload: payload)\n", "from version 3"),
    ],
)
def test_what_turns_out_wrong_is_put_back(project: Project, tail: str, told: str) -> None:
    """Where the written source does not import, or has defects, every file is what it was."""
    project.write(SOURCE + "    qty: int\n")
    project.freeze()
    project.write(SOURCE + "    quantity: int\n" + tail)
    before = project.files()
    with pytest.raises(CannotRevise, match="was written and put back") as refused:
        project.revise("order.placed", write=True)
    assert told in str(refused.value)
    assert project.files() == before
    assert not Path("tests").exists()


def test_a_test_is_never_overwritten(project: Project) -> None:
    """Where a test file of that name is, the new one gets another."""
    project.write(SOURCE + "    qty: int\n")
    project.freeze()
    Path("checks").mkdir()
    Path("checks/test_order_placed_v2.py").write_text("x = 1\n")
    project.write(SOURCE + "    quantity: int\n")
    written = project.revise("order.placed", tests="checks")
    assert [change.path.as_posix() for change in written.changes[1:]] == [
        "checks/test_order_placed_v2_2.py",
        "schemas/order.placed/v2.json",
    ]


def test_the_diff_shows_every_file(project: Project) -> None:
    """The unified diff has the changed lines of the source, and the new files whole."""
    project.write(SOURCE + "    qty: int\n")
    project.freeze()
    path = project.write(SOURCE + "    quantity: int\n")
    lines = project.revise("order.placed").diff.splitlines()
    name = path.relative_to(project.root)
    assert lines[:2] == [f"--- {name}", f"+++ {name}"]
    assert '-@events.event("order.placed", version=1)' in lines
    assert '+@events.event("order.placed", version=2)' in lines
    assert [line for line in lines if line.startswith("+++ ")][1:] == [
        "+++ tests/test_order_placed_v2.py",
        "+++ schemas/order.placed/v2.json",
    ]
    assert '+  "version": 2,' in lines
