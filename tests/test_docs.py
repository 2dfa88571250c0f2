"""The parts of the documentation hang together; the strict build looks after links and anchors."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"


def test_every_page_is_in_the_navigation_once() -> None:
    """A page that nobody can reach and an entry that leads nowhere are both mistakes."""
    settings = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    navigation = settings[settings.index("\nnav:") :]
    pages = sorted(page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md"))

    assert pages == sorted(re.findall(r"[\w./-]+\.md", navigation))


def test_glossary_is_sorted() -> None:
    """A word is found where the alphabet has it."""
    words = re.findall(r"^## (.+)$", (DOCS / "glossary.md").read_text(encoding="utf-8"), re.MULTILINE)

    assert words
    assert sorted(words, key=str.casefold) == words
