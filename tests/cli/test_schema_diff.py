"""`upcast schema diff`: two versions from anywhere, and what the one breaks of the other."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import jsonschema
import pytest

from cli.project import SECOND
from upcast.schemas.reports.documents import report_schema

if TYPE_CHECKING:
    from cli.project import Project

OLD, NEW = "schemas#order.placed@1", "schemas#order.placed@2"
TODAY = "shop.events:events#order.placed"


@pytest.fixture
def frozen(project: Project) -> Project:
    """A project with two frozen versions of one type."""
    project.run("freeze", "shop.events:events")
    project.write(SECOND)
    project.run("freeze", "shop.events:events")
    return project


@pytest.mark.parametrize("new", [NEW, "schemas#order.placed", TODAY, "schemas/order.placed/v2.json"])
def test_break_is_told_with_its_payload(frozen: Project, new: str) -> None:
    """Wherever the newer version stands, the findings are the same; a class of today is asked itself."""
    done = frozen.run("diff", OLD, new)

    assert 1 == done.code
    assert "error[U101] required-field-added: order.placed v1 -> v2 at /currency\n" in done.out
    assert '  witness: {"id":"' in done.out
    assert f"  refused by {'today' if new == TODAY else 'a decoder rebuilt from v2'}" in done.out
    assert "backward: breaks\n" in done.out


def test_same_version_differs_in_nothing(frozen: Project) -> None:
    """Both directions are safe."""
    done = frozen.run("diff", NEW, TODAY)

    assert (0, "backward: safe\nforward: safe\nok: nothing found\n") == (done.code, done.out)


def test_policy_says_what_blocks(frozen: Project) -> None:
    """The same findings, and another exit code."""
    codes = [frozen.run("diff", OLD, NEW, "--policy", policy).code for policy in ("backward", "none")]

    assert [1, 0] == codes


def test_documents_from_anywhere_are_compared(frozen: Project) -> None:
    """Plain JSON Schema needs no registry."""
    old = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    new = {**old, "properties": {"a": {"type": "integer", "minimum": 5}}}
    for name, document in (("old", old), ("new", new)):
        (frozen.folder / f"{name}.json").write_text(json.dumps(document), encoding="utf-8")

    done = frozen.run("diff", "old.json", "new.json", "--json")

    jsonschema.Draft202012Validator(report_schema()).validate(done.json)
    assert (1, "breaks", "safe") == (done.code, done.json["backward"]["outcome"], done.json["forward"]["outcome"])
    assert ["U401"] == [finding["rule"] for finding in done.json["findings"]]


def test_file_without_a_version_gets_one(frozen: Project) -> None:
    """A JSON Schema says no version of its own: the older side is the first."""
    (frozen.folder / "a.json").write_text("{}", encoding="utf-8")
    (frozen.folder / "b.json").write_text('{"type": "object"}', encoding="utf-8")

    found = frozen.run("diff", "a.json", "b.json", "--json").json["findings"]

    assert {(1, 2)} == {(finding["from_version"], finding["to_version"]) for finding in found}


def test_side_that_is_not_there_is_no_verdict(frozen: Project) -> None:
    """Exit code 2, whichever side it is."""
    assert 2 == frozen.run("diff", "schemas#order.placed@7", NEW).code
    assert 2 == frozen.run("diff", OLD, "nothing.json").code
