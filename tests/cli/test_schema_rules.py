"""`upcast schema rules`: the catalogue as a list, and each rule explained."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from upcast.schemas.rules import RULES

if TYPE_CHECKING:
    from cli.project import Project


def test_every_rule_is_listed(project: Project) -> None:
    """One line for each rule, in the order of the catalogue."""
    done = project.run("rules")

    assert 0 == done.code
    assert ["rule", *RULES] == [line.split(maxsplit=1)[0] for line in done.out.splitlines()]


@pytest.mark.parametrize("name", ["U101", "u101", "required-field-added"])
def test_rule_is_explained(project: Project, name: str) -> None:
    """By id or by name: what it means, an example, a payload that shows it, and what to do."""
    done = project.run("rules", name)

    assert 0 == done.code
    assert done.out.startswith("error[U101] required-field-added\nA required field is new.\n")
    for part in (RULES["U101"].witness, RULES["U101"].hint, "    b: str\n", "stored payloads", "U104"):
        assert part in done.out


@pytest.mark.parametrize("name", sorted(RULES))
def test_every_rule_can_be_explained(project: Project, name: str) -> None:
    """No rule is without a title and a hint, whatever else it lacks."""
    done = project.run("rules", name)

    assert 0 == done.code
    assert RULES[name].slug in done.out
    assert RULES[name].hint in done.out


def test_catalogue_is_data(project: Project) -> None:
    """`--json` prints every member of every rule, or of one."""
    every, one = project.run("rules", "--json").json, project.run("rules", "U101", "--json").json

    assert list(RULES) == [rule["id"] for rule in every]
    assert one == next(rule for rule in every if rule["id"] == "U101")
    assert {"id", "slug", "effects", "severity", "title", "hint", "old", "new", "witness", "mirror"} <= one.keys()


def test_slip_in_a_name_is_mended(project: Project) -> None:
    """A rule that does not exist is answered with those that are called alike."""
    done = project.run("rules", "required-field-add")

    assert 2 == done.code
    assert "there is no rule 'required-field-add': perhaps required-field-added" in done.err
