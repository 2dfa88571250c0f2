"""What a program shows on a terminal."""

from __future__ import annotations

import os
import select
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def shown_on(ours: int, saw: Callable[[bytes], object] = bool) -> bytes:
    """Read from our end of a terminal until its end, and close it; *saw* is told what was shown so far."""
    shown = b""
    while select.select([ours], [], [], 60)[0]:
        try:
            part = os.read(ours, 65_536)
        except OSError:  # on Linux this is the end of a terminal
            break
        if not part:
            break
        shown += part
        saw(shown)
    os.close(ours)
    return shown
