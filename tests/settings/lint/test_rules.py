"""The rules of lint are those of the catalogue."""

from __future__ import annotations

from upcast.schemas._catalogue import SETTINGS
from upcast.settings.lint import RULES


def test_rules_are_in_the_catalogue() -> None:
    """Lint and the catalogue, which do not know each other, have the same ids, names and severities."""
    assert [(slug, *about) for slug, about in RULES.items()] == [
        (rule.slug, rule.id, rule.severity) for rule in SETTINGS
    ]
