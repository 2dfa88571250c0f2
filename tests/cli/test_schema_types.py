"""`upcast schema types`: a module that can be imported, written, and compared with what it should be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cli.project import SECOND

if TYPE_CHECKING:
    from cli.project import Project


@pytest.fixture
def frozen(project: Project) -> Project:
    """A project with two versions of one type and one of another."""
    project.run("freeze", "shop.events:events")
    project.write(SECOND)
    project.run("freeze", "shop.events:events")
    return project


def test_every_frozen_version_has_a_type(frozen: Project) -> None:
    """The module goes to standard output and can be executed."""
    done = frozen.run("types")

    namespace: dict[str, object] = {}
    exec(done.out, namespace)
    assert 0 == done.code
    assert {"OrderPlacedV1", "OrderPlacedV2", "OrderPaidV1"} <= namespace.keys()


def test_only_some_types(frozen: Project) -> None:
    """`--only` leaves the others out, and refuses a slip."""
    done, slip = frozen.run("types", "--only", "order.paid"), frozen.run("types", "--only", "order.payed")

    assert "OrderPaidV1" in done.out
    assert "OrderPlaced" not in done.out
    assert 2 == slip.code
    assert "order.payed" in slip.err


def test_module_is_kept_up_to_date(frozen: Project) -> None:
    """`--check` is 0 behind `--output`, and 1 with the difference once another version is frozen."""
    written = frozen.run("types", "--output", "stored.py")
    fresh = frozen.run("types", "--output", "stored.py", "--check")
    frozen.write(SECOND.replace("order.paid", "order.settled").replace("OrderPaid", "OrderSettled"))
    frozen.run("freeze", "shop.events:events", "--only", "order.settled")
    stale = frozen.run("types", "--output", "stored.py", "--check")

    assert (0, "") == (written.code, written.out)
    assert (0, "stored.py is up to date\n") == (fresh.code, fresh.out)
    assert 1 == stale.code
    assert "+class OrderSettledV1(TypedDict):" in stale.out
    assert "OrderSettled" not in (frozen.folder / "stored.py").read_text(encoding="utf-8")


def test_check_needs_a_file(frozen: Project) -> None:
    """Without a file there is nothing to compare with."""
    assert 2 == frozen.run("types", "--check").code


def test_nothing_frozen_is_no_empty_module(project: Project) -> None:
    """A slip in the folder must not write a module without types."""
    done = project.run("types", "--schemas", "schema", "--output", "stored.py")

    assert (2, "upcast: nothing is frozen in schema: upcast schema freeze does it\n") == (done.code, done.err)
    assert not (project.folder / "stored.py").exists()


def test_file_that_cannot_be_written_is_a_problem(frozen: Project) -> None:
    """The reason is told without a traceback."""
    done = frozen.run("types", "--output", "no/such/folder.py")

    assert (2, "upcast: no/such/folder.py cannot be written: No such file or directory\n") == (done.code, done.err)
