"""The story of the roll-out is played as a reader would play it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_story_of_the_rollout() -> None:
    """Its exit code is 0 only where every start of every image in every mixed state went as it should."""
    story = subprocess.run(
        [sys.executable, "examples/rollout/story.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )

    assert story.returncode == 0, story.stdout + story.stderr
    assert "one pod crashed 3 times" in story.stdout
    assert "Failed starts of 2.1 and 2.2: 0. Wrong values of the recipe (!): 3." in story.stdout
    assert "LEGACY_CACHE_TIMEOUT (environment): this key was renamed in 2.1.0" in story.stdout
