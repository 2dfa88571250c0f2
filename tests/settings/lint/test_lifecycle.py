"""How long declarations live, against the ledger of releases."""

from __future__ import annotations

import re
from typing import Any

import pytest
from pydantic_settings import BaseSettings

from settings.lint.linted import told
from upcast import rename
from upcast.settings import ChangedDefault, Legacy, RetiredValue, versioned
from upcast.settings.lint import lint


def judged(
    since: str, remove_in: str, releases: list[str], *, release: str | None = None, **options: Any
) -> list[tuple[str, str]]:
    """What is said of one declaration."""

    @versioned(Legacy(rename("old", to="new"), since=since, remove_in=remove_in), release=release)
    class Settings(BaseSettings):
        new: str = ""

    found = lint(Settings, releases=releases, **options)
    return [(slug, severity) for slug, severity, _, _ in told(found)]


SHORT = ("window-too-short", "error")
DUE = ("removal-due", "warning")
NO_RELEASE = ("since-not-a-release", "error")


@pytest.mark.parametrize(
    ("since", "remove_in", "releases", "expected"),
    [
        # The window is open: what its numbers leave room for counts.
        ("2.1", "2.3", ["2.0", "2.1"], []),
        ("2.2", "2.3", ["2.0", "2.1"], [SHORT]),
        ("2.2", "2.4", ["2.0", "2.1"], []),
        ("2.2", "3.0", ["2.0", "2.1"], []),
        ("2.2.1", "2.2.2", ["2.0", "2.1"], [SHORT]),
        ("2.2.1", "2.2.3", ["2.0", "2.1"], []),
        # Patch releases that were made count as well.
        ("2.1", "2.2", ["2.1.0", "2.1.1"], []),
        # It is closed: what was made counts.
        ("2.1", "2.3", ["2.1", "2.2", "2.3"], [DUE]),
        ("2.1", "2.3", ["2.1", "2.3"], [SHORT, DUE]),
        ("2.1", "3.0", ["2.1", "3.0"], [SHORT, DUE]),
        ("2.1", "2.3", ["2.1", "2.2", "2.4"], [DUE]),
        # Neither made nor to come.
        ("2.1", "2.3", ["2.0", "2.2"], [NO_RELEASE]),
        ("2.2", "2.4", ["2.0", "2.2.1"], [NO_RELEASE]),
        # However releases are written, and in whatever order.
        ("2.1", "2.3", ["v2.2.0", "v2.1.0", "1.9"], []),
        # Nobody has to follow a pre-release.
        ("2.1", "2.3", ["2.1", "2.2.0-rc.1", "2.3"], [SHORT, DUE]),
        ("2.1", "2.3", [], [NO_RELEASE]),
    ],
)
def test_windows(since: str, remove_in: str, releases: list[str], expected: list[tuple[str, str]]) -> None:
    """A window has at least two releases, is over when its end is released, and begins at a release."""
    assert sorted(expected) == sorted(judged(since, remove_in, releases))


def test_release_that_is_being_made_closes_a_window() -> None:
    """The release that removes a key finds out before it is made that it comes too early."""
    assert [] == judged("2.1", "3.0", ["2.0", "2.1"], release="2.2.0")
    assert [SHORT] == judged("2.1", "3.0", ["2.0", "2.1"], release="3.0.0")


def test_how_many_releases_it_takes() -> None:
    """Two is only the default."""
    assert [SHORT] == judged("2.1", "2.3", ["2.0"], min_releases=3)
    assert [] == judged("2.1", "2.2", ["2.0"], min_releases=1)


def test_every_kind_of_declaration() -> None:
    """Retired values and changed defaults have windows too; each is told at its line."""

    @versioned(
        Legacy(rename("old", to="new"), since="2.1", remove_in="2.2"),
        RetiredValue("new", "x", use="y", since="2.1", remove_in="2.2"),
        ChangedDefault("new", was="z", since="2.1", remove_in="2.2"),
    )
    class Settings(BaseSettings):
        new: str = ""

    found = lint(Settings, releases=["2.0"])
    assert ["window-too-short"] * 3 == [each.slug for each in found]
    assert 3 == len({each.line for each in found if each.file == __file__})
    assert {"old (renamed)", "new (RetiredValue)", "new (ChangedDefault)"} == {each.about for each in found}


def test_no_ledger_no_lifecycle() -> None:
    """Without releases nothing is said of windows."""

    @versioned(Legacy(rename("old", to="new"), since="2.1", remove_in="2.2"))
    class Settings(BaseSettings):
        new: str = ""

    assert () == lint(Settings)


def test_release_that_is_none() -> None:
    """A slip in the ledger is no verdict."""
    with pytest.raises(ValueError, match=re.escape("'spring' is no release: write it as 2.1 or 2.1.0")):
        judged("2.1", "2.3", ["2.1", "spring"])
