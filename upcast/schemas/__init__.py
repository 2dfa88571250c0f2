"""Schema snapshots of events, their differences, and the gate that runs the chain before it calls a change covered."""

from __future__ import annotations
