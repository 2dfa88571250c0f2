"""The catalogue: every rule has an example that shows it, and fires on it."""

from __future__ import annotations

import collections
import itertools
import math
import re
from pathlib import Path

import pytest

from schemas.compared import example
from upcast.schemas._catalogue import CHANGES, PROCESS, SETTINGS
from upcast.schemas._rebuild import Refused, decoder_of
from upcast.schemas.rules import RULES, Rule, example_class, rules_page

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "schema-rules.md"
SILENT = {"U713", "U714"}
# Rules of which the example shows a part of what such changes can do.
PARTLY = {
    **dict.fromkeys(("U105", "U210", "U216", "U219", "U220", "U416", "U612", "U709", "U804", "U805"), ("backward",)),
    **dict.fromkeys(("U109", "U112", "U113", "U115", "U116"), ("backward", "forward")),
    **dict.fromkeys(("U117", "U118", "U119", "U613"), ("forward",)),
    "U106": ("loss",),
    "U217": ("backward", "meaning"),
    "U605": ("loss",),
    "U606": ("meaning",),
    "U807": ("backward",),
}
# What a class writes and does not read itself: neither side takes it.
DRIFT = {"U117", "U118", "U119", "U807"}


def by_id(rules: tuple[Rule, ...]) -> list[object]:
    """Parameters named by the rules' ids."""
    return [pytest.param(rule, id=f"{rule.id}-{rule.slug}") for rule in rules]


def takes(source: str, payload: str) -> bool:
    """Whether the class of an example takes a payload."""
    try:
        decoder_of(example_class(source))(payload.encode())
    except Refused:
        return False
    return True


def test_numbers_of_rules() -> None:
    """There are 107 rules about changes, 23 about the process and 18 about settings."""
    families = collections.Counter(rule.id[:2] for rule in CHANGES)
    assert (len(CHANGES), len(PROCESS), len(SETTINGS), len(RULES)) == (107, 23, 18, 148)
    assert families == {"U1": 19, "U2": 20, "U3": 8, "U4": 16, "U5": 8, "U6": 14, "U7": 15, "U8": 7}


def test_ids_and_slugs_are_unique_and_in_order() -> None:
    """No id and no slug is used twice, ids ascend, and slugs are kebab-case."""
    ids = [rule.id for rule in RULES.values()]
    slugs = [rule.slug for rule in RULES.values()]
    assert ids == sorted(set(ids))
    assert len(set(slugs)) == len(slugs)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", slug) for slug in slugs)


def test_process_rules_have_no_example() -> None:
    """A rule about the process or about settings needs more than two classes to be shown."""
    others = (*PROCESS, *SETTINGS)
    assert {(rule.old, rule.new, rule.witness, rule.mirror, rule.effects) for rule in others} == {("", "", "", "", ())}


def test_mirrors_are_rules() -> None:
    """A mirror is a rule about changes, and does in the other direction what the rule does."""
    changes = {rule.id for rule in CHANGES}
    assert {rule.mirror for rule in CHANGES} - {""} <= changes
    for rule in CHANGES:
        if rule.mirror and rule.effects and rule.effects[0] == "backward":
            assert "forward" in RULES[rule.mirror].effects, rule.id


@pytest.mark.parametrize("rule", by_id(CHANGES))
def test_witness_of_the_example_shows_it(rule: Rule) -> None:
    """The payload of an example is refused by the class that the rule says, or taken by both where it says so."""
    old, new = takes(rule.old, rule.witness), takes(rule.new, rule.witness)
    if rule.id in DRIFT or rule.id in {"U218", "U508"}:
        assert not new
    elif set(rule.effects) & {"backward", "forward"} and rule.id not in {"U106", "U605", "U606"}:
        assert old != new
        assert ("backward" if old else "forward") in rule.effects
    else:
        assert old
        assert new


@pytest.mark.parametrize("rule", by_id(tuple(rule for rule in CHANGES if rule.id not in SILENT)))
def test_rule_fires_on_its_example(rule: Rule) -> None:
    """A rule is found once in its example, with effects that are among its own and a witness that is one."""
    found = [finding for finding in example(rule).findings if finding.rule == rule.id]
    assert len(found) == 1
    [finding] = found
    assert finding.slug == rule.slug
    assert set(finding.effects) == set(PARTLY.get(rule.id, rule.effects))
    assert set(finding.effects) <= set(rule.effects)
    assert finding.witness is not None
    assert finding.message.endswith(".")
    assert finding.remedy
    payload = finding.witness.payload
    reader = rule.new if finding.witness.direction == "backward" else rule.old
    refused = bool({"backward", "forward"} & set(finding.effects)) or rule.id in {"U218", "U508"}
    assert takes(reader, payload) is not refused


@pytest.mark.parametrize("rule", by_id(tuple(RULES[name] for name in sorted(SILENT))))
def test_silent_rules_say_nothing(rule: Rule) -> None:
    """How nested classes are called and divided is not on the wire, so nothing is said of it."""
    assert example(rule).findings == ()


def test_lost_data_is_lost() -> None:
    """A payload that a rule calls lossy is read as an object that no longer holds what the payload did."""
    for name in ("U106", "U111", "U211", "U605", "U803"):
        rule = RULES[name]
        [finding] = [finding for finding in example(rule).findings if finding.rule == name]
        assert finding.witness is not None
        old, new = (
            decoder_of(example_class(source))(finding.witness.payload.encode()) for source in (rule.old, rule.new)
        )
        assert stripped(old) != stripped(new), name


def stripped(event: object) -> str:
    """What an object shows of itself, without its class."""
    return repr(event)


def test_examples_are_classes_of_their_own() -> None:
    """Two calls for one source give two classes, so that no example can spoil another."""
    one, other = example_class("a: int"), example_class("a: int")
    assert one is not other
    assert not math.isnan(len({one, other}))


def test_page_is_the_catalogue() -> None:
    """The page of the rules is made of the rules."""
    assert PAGE.read_text(encoding="utf-8") == rules_page()


def test_page_tells_every_rule() -> None:
    """Every rule has a heading of its own, to which a finding can link."""
    headings = re.findall(r"^### `(U\d{3})`", rules_page(), flags=re.MULTILINE)
    assert headings == list(itertools.chain(RULES))
