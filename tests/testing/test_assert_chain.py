"""The gate as an assertion."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import BaseModel

from upcast import Registry, add
from upcast.schemas.freeze import freeze
from upcast.testing import assert_chain


class V1(BaseModel):
    id: str


class V2(BaseModel):
    id: str
    currency: str


def of_version(version: int, *, covered: bool = True) -> Registry:
    """The registry of a release."""
    events = Registry()
    events.event("order.placed", version=version)(V1 if version == 1 else V2)
    if version == 2:
        if covered:
            events.steps("order.placed", add("currency", "EUR"), from_version=1)
        else:
            events.unchanged("order.placed", from_version=1)
    return events


@pytest.fixture
def schemas(tmp_path: Path) -> Path:
    """Both versions are frozen."""
    freeze(of_version(1), tmp_path)
    freeze(of_version(2), tmp_path)
    return tmp_path


def test_a_chain_that_holds(schemas: Path) -> None:
    """Nothing is raised, and the report is there to be looked at."""
    report = assert_chain(of_version(2), schemas)

    assert report.ok
    assert report.payloads


def test_a_chain_that_does_not(schemas: Path) -> None:
    """The message is what the command would print: rule, event, payload and remedy."""
    with pytest.raises(AssertionError) as caught:
        assert_chain(of_version(2, covered=False), str(schemas))

    text = str(caught.value)
    for part in ("error[U906]", "order.placed", "currency: missing", '{"id":""}', "test_assert_chain.py"):
        assert part in text
    assert "warning" not in text


def test_a_baseline(schemas: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """What was released is held against what is there."""
    freeze(of_version(1), tmp_path_factory.mktemp("released"))
    path = schemas / "order.placed" / "v1.json"
    content = path.read_bytes()
    released = tmp_path_factory.mktemp("released")
    (released / "order.placed").mkdir()
    (released / "order.placed" / "v1.json").write_bytes(content + b"\n")

    with pytest.raises(AssertionError, match="U901"):
        assert_chain(of_version(2), schemas, against=str(released))


def test_the_import_is_light() -> None:
    """Importing it loads nothing that only the gate needs."""
    code = "import sys, upcast.testing; print({'pydantic', 'hypothesis', 'upcast.schemas.check'} & set(sys.modules))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "set()" == done.stdout.strip()
