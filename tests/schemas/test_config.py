"""`gate.toml`: everything in it means something, or is refused with file, key and what is allowed."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from upcast.schemas.config import Deprecation, EventConfig, GateConfig, Suppression
from upcast.schemas.errors import BrokenSchema

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = """\
policy = "full"
open_objects = "strict"
transitive = false
min_releases = 3
releases = ["1.0.0", "1.1.0"]

[[suppress]]
rule = "U101"
event = "order.placed"
pointer = "/currency"
from = 1
to = 2
reason = "no v1 is stored any more"
expires = 2026-12-31

[[suppress]]
fingerprint = "0123456789ab"
reason = "see the minutes"
expires = 2027-01-31

[[deprecated]]
event = "order.placed"
pointer = "/note"
since = "1.0.0"
remove_in = "1.2.0"

[events."order.placed"]
retained_from = 2
policy = "rolling"
"""


def test_every_key_is_read() -> None:
    """Each key of a file arrives, and each entry knows its line."""
    config = GateConfig.from_toml(WHOLE, path="schemas/gate.toml")

    assert config == GateConfig(
        policy="full",
        open_objects="strict",
        transitive=False,
        min_releases=3,
        releases=("1.0.0", "1.1.0"),
        suppressions=(
            Suppression(
                rule="U101",
                event="order.placed",
                pointer="/currency",
                from_version=1,
                to_version=2,
                reason="no v1 is stored any more",
                expires=dt.date(2026, 12, 31),
                place="schemas/gate.toml:7",
            ),
            Suppression(
                fingerprint="0123456789ab",
                reason="see the minutes",
                expires=dt.date(2027, 1, 31),
                place="schemas/gate.toml:16",
            ),
        ),
        deprecations=(
            Deprecation(
                event="order.placed", pointer="/note", since="1.0.0", remove_in="1.2.0", place="schemas/gate.toml:21"
            ),
        ),
        events={"order.placed": EventConfig(retained_from=2, policy="rolling")},
    )


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    """A folder without `gate.toml` is gated backward, over all versions, with a window of two releases."""
    config = GateConfig.read(tmp_path)

    assert GateConfig() == config
    assert ("backward", "lenient", True, 2) == (
        config.policy,
        config.open_objects,
        config.transitive,
        config.min_releases,
    )


def test_file_of_the_folder_is_read(tmp_path: Path) -> None:
    """The file beside the schema snapshots is the one that counts."""
    (tmp_path / "gate.toml").write_text('policy = "forward"', encoding="utf-8")

    assert "forward" == GateConfig.read(tmp_path).policy


def test_policy_of_an_event_goes_before_that_of_all() -> None:
    """An event type without a policy of its own has that of all."""
    config = GateConfig.from_toml('policy = "full"\n[events.a]\npolicy = "none"\n[events.b]\nretained_from = 3')

    assert ["none", "full", "full"] == [config.policy_of(name) for name in "abc"]
    assert [1, 3, 1] == [config.event(name).retained_from for name in "abc"]


def test_tags_can_be_the_releases() -> None:
    """`git-tags` is no list of releases but where to look for them."""
    assert "git-tags" == GateConfig.from_toml('releases = "git-tags"').releases


def test_inline_entries_have_the_file_as_their_place() -> None:
    """Where entries do not stand under heads, no line is made up for them."""
    text = 'suppress = [{fingerprint = "0123456789ab", reason = "r", expires = 2026-01-01}]'

    assert ["gate.toml"] == [entry.place for entry in GateConfig.from_toml(text).suppressions]


ENTRY = '[[suppress]]\nrule = "U101"\nevent = "a"\nreason = "r"\nexpires = 2026-01-01\n'


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("policy = ", "gate.toml: Invalid value"),
        ('polcy = "full"', "gate.toml: polcy: not known; there are policy, open_objects, "),
        ('policy = "fulll"', "gate.toml: policy: must be one of backward, forward, full, rolling, none"),
        ('policy = ["full"]', "gate.toml: policy: must be one of "),
        ('open_objects = "loose"', "gate.toml: open_objects: must be one of lenient, strict"),
        ('transitive = "yes"', "gate.toml: transitive: must be true or false"),
        ("min_releases = 0", "gate.toml: min_releases: must be a whole number from 1"),
        ("min_releases = true", "gate.toml: min_releases: must be a whole number from 1"),
        ('releases = "tags"', 'gate.toml: releases: must be "git-tags", or the names of all releases in order'),
        ("releases = [1]", "gate.toml: releases: must be "),
        ('releases = ["1", "1"]', "gate.toml: releases: names a release twice"),
        ("events = 1", 'gate.toml: events: must be tables, each under [events."name.of.the.event"]'),
        ("[events.a]\nretained = 1", 'gate.toml: events."a".retained: not known; there are policy, retained_from'),
        ("[events.a]\nretained_from = -1", 'gate.toml: events."a".retained_from: must be a whole number from 1'),
        ("suppress = 1", "gate.toml: suppress: must be tables, each under [[suppress]]"),
        (ENTRY + "until = 2026-01-01", "gate.toml:1: suppress.until: not known; there are pointer, reason, expires, "),
        (ENTRY.replace('"r"', '" "'), "gate.toml:1: suppress.reason: must be a text that is not blank: say why"),
        (ENTRY.replace('reason = "r"', ""), "gate.toml:1: suppress.reason: must be a text that is not blank: say why"),
        (ENTRY.replace("expires = 2026-01-01", ""), "gate.toml:1: suppress.expires: must be a date without quotes"),
        (ENTRY.replace("2026-01-01", '"2026-01-01"'), "gate.toml:1: suppress.expires: must be a date without quotes"),
        (ENTRY.replace("2026-01-01", "2026-01-01T08:00:00Z"), "gate.toml:1: suppress.expires: must be a date"),
        (ENTRY.replace("U101", "U199"), "gate.toml:1: suppress.rule: there is no rule 'U199'"),
        (ENTRY.replace("U101", "U901"), "gate.toml:1: suppress.rule: U901 (snapshot-edited) cannot be suppressed"),
        (ENTRY.replace("U101", "U932"), "gate.toml:1: suppress.rule: U932 (suppression-expired) cannot be suppressed"),
        (ENTRY.replace('event = "a"', ""), "gate.toml:1: suppress.rule: give `rule` and `event`, or the `fingerprint`"),
        (ENTRY + 'pointer = "a"', "gate.toml:1: suppress.pointer: must be a JSON pointer"),
        (ENTRY + "from = 0", "gate.toml:1: suppress.from: must be a whole number from 1"),
        (ENTRY + 'fingerprint = "0123456789ab"', "gate.toml:1: suppress.fingerprint: says which finding by itself"),
        (
            '[[suppress]]\nfingerprint = "01"\nreason = "r"\nexpires = 2026-01-01',
            "gate.toml:1: suppress.fingerprint: must be the twelve hex digits",
        ),
        (
            "[[deprecated]]\npointer = '/a'",
            "gate.toml:1: deprecated.event: must be a text that is not blank: say which",
        ),
        ("[[deprecated]]\nevent = 'a'\nin = '1'", "gate.toml:1: deprecated.in: not known; there are event, pointer, "),
    ],
)
def test_what_means_nothing_is_refused(text: str, problem: str) -> None:
    """A slip must not open the gate: the message names file, line, key and what is allowed."""
    with pytest.raises(BrokenSchema) as caught:
        GateConfig.from_toml(text)

    assert problem in str(caught.value)


def test_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 are a broken file, not a traceback."""
    (tmp_path / "gate.toml").write_bytes(b"\xff")

    with pytest.raises(BrokenSchema, match=r"gate\.toml: not UTF-8"):
        GateConfig.read(tmp_path)
