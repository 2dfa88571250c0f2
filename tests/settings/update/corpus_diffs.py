"""What an update does to each file of the corpus, as diffs that somebody has read.

Written by `PYTHONPATH=tests python -m settings.update.corpus_diffs`; read what changes in them before you commit it.
"""

from __future__ import annotations

import difflib
from pathlib import Path

from settings.corpus_settings import FILES, CorpusSettings, section_in
from upcast.settings.update import plan_file

DIFFS = Path(__file__).with_name("diffs")
KINDS = ("dotenv", "json", "toml", "yaml")


def told(kind: str) -> str:
    """The diffs of all files of a kind, and what is refused; carriage returns can be seen."""
    parts = []
    for path in FILES:
        if path.parent.name != kind:
            continue
        update = plan_file(CorpusSettings, path, section=section_in(path)).update
        lines = difflib.unified_diff(
            update.text_before.split("\n"), update.text_after.split("\n"), path.name, path.name, n=1, lineterm=""
        )
        shown = [line.replace("\r", "␍") for line in lines][2:]
        parts.append("\n".join([f"=== {path.name}", *shown, *(f"left: {left}" for left in update.refused)]))
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    for each in KINDS:
        (DIFFS / f"{each}.diff").write_text(told(each), encoding="utf-8")
