"""Releases as semantic versioning writes and orders them, and the list of those that were made."""

from __future__ import annotations

import itertools

import pytest

from upcast._releases import Release, ReleaseLedger, parse_release


@pytest.mark.parametrize(
    ("text", "release"),
    [
        ("2.1.0", Release((2, 1, 0))),
        ("2.1", Release((2, 1, 0))),
        ("v2.1.0", Release((2, 1, 0))),
        ("10.20.30", Release((10, 20, 30))),
        ("2.1.0-rc.1", Release((2, 1, 0), ("rc", "1"))),
        ("2.1-alpha", Release((2, 1, 0), ("alpha",))),
        ("2.1.0+build.7", Release((2, 1, 0))),
        ("2.1.0-rc.1+build", Release((2, 1, 0), ("rc", "1"))),
        ("2.1.0rc1", Release((2, 1, 0), ("rc", "1"))),
        ("2.1.0.dev3", Release((2, 1, 0), ("dev", "3"))),
        ("2.1.0.post1", Release((2, 1, 0))),
    ],
)
def test_release_is_read(text: str, release: Release) -> None:
    """A patch number may be left out, a `v` stand before; what follows a plus does not count."""
    assert release == parse_release(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2",
        "2.1.0.0",
        "2.x",
        "V2.1.0",
        " 2.1.0",
        "2.1.0\n",
        "2026-12",
        "-2.1.0",
        "2.1.0-",
        "2.1.0-rc..1",
        "2.1.0+",
        "\u0662.\u0661.\u0660",
        "1" * 10 + ".0.0",
        None,
        2.1,
    ],
)
def test_other_things_are_no_release(text: object) -> None:
    """Whatever else stands there names none, and neither does anything that is no text."""
    assert parse_release(text) is None


def test_releases_are_ordered() -> None:
    """As semver.org has it in item 11: numbers as numbers, a pre-release before its release."""
    texts = [
        "0.9.9",
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-alpha.beta",
        "1.0.0-beta",
        "1.0.0-beta.2",
        "1.0.0-beta.11",
        "1.0.0-rc.1",
        "1.0.0",
        "1.2.0",
        "1.10.0",
        "2.0.0",
    ]
    releases = [release for text in texts if (release := parse_release(text)) is not None]

    assert len(texts) == len(releases)
    assert all(one < other and other > one and one != other for one, other in itertools.combinations(releases, 2))


def test_same_release_in_two_spellings() -> None:
    """They are equal, and one key of a mapping."""
    one, other = parse_release("v2.1"), parse_release("2.1.0+build")

    assert one == other
    assert 1 == len({one, other})
    assert one != "2.1.0"


@pytest.mark.parametrize("text", ["2.1.0", "2.1.0-rc.1"])
def test_release_is_written(text: str) -> None:
    """As it is read again."""
    assert text == str(parse_release(text))


LEDGER = ReleaseLedger(("v1.9.0", "1.10.0", "2.0.0"))


@pytest.mark.parametrize(
    ("release", "index"),
    [
        ("1.9.0", 0),
        ("v1.10", 1),
        ("2.0.0", 2),
        ("2.1.0", 3),
        ("9.0.0", 3),
        ("1.9.5", None),
        ("1.0.0", None),
        ("2.0.0-rc.1", None),
        ("soon", None),
        ("", None),
    ],
)
def test_place_of_a_release(release: str, index: int | None) -> None:
    """What is newer than all is being made; what is neither that nor listed is no release."""
    assert index == LEDGER.index(release)


@pytest.mark.parametrize(
    ("release", "over"),
    [("1.9.0", True), ("v2.0", True), ("1.9.5", True), ("1.0.0", True), ("2.0.1", False), ("soon", False)],
)
def test_release_that_is_over(release: str, *, over: bool) -> None:
    """It was made, or one behind it was."""
    assert over == LEDGER.is_over(release)


def test_releases_with_names() -> None:
    """Of names nothing is known but the list."""
    ledger = ReleaseLedger(("spring", "summer"))

    assert (0, 1, None, None) == tuple(map(ledger.index, ("spring", "summer", "autumn", "1.0.0")))
    assert (True, False, False) == tuple(map(ledger.is_over, ("summer", "autumn", "1.0.0")))


def test_empty_ledger() -> None:
    """Without releases there is none that could be newer."""
    assert ReleaseLedger(()).index("1.0.0") is None
    assert not ReleaseLedger(()).is_over("1.0.0")


def test_releases_among_tags() -> None:
    """Whole versions, in order; a tag that moves with its patches, and a pre-release, are none."""
    tags = [
        "v1.10.0",
        "v1.9.0",
        "1.2.0",
        "v2.0",
        "v2.0.0-rc.1",
        "2.0.0rc2",
        "2.0.0.post1",
        "nightly",
        "",
        "01.2.3",
        "1.2.3+build",
    ]

    assert ("1.2.0", "v1.9.0", "v1.10.0") == ReleaseLedger.of_tags(tags).releases
