"""Compiled readers: a payload of an old version becomes an object of today's class in one native decode.

A reader does what the plain lane does, or raises: whatever it raises, the plain lane is asked, and only its answer
counts. So a reader may refuse anything, but what it accepts must be what the plain lane makes of it.
"""

from __future__ import annotations

from upcast._reader._build import build_reader
from upcast._reader._reader import Reader, Unsuited
from upcast._reader._sequence import sequence

__all__ = ["Reader", "Unsuited", "build_reader", "sequence"]
