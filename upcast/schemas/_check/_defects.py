"""The defects of a registry as findings."""

from __future__ import annotations

from upcast.errors import Defect
from upcast.schemas._check._findings import finding
from upcast.schemas._check._run import shown_place
from upcast.schemas.findings import Finding

__all__ = ["defect_finding"]

_RULES = {
    "duplicate-edge": "U909",
    "orphan-edge": "U910",
    "bad-constant": "U906",
    "unread-field": "U906",
    "missing-field": "U906",
    "bad-function": "U905",
}
"""The rule that a defect of a registry falls under; every other keeps events from being read at all."""


def defect_finding(defect: Defect) -> Finding:
    """What a defect keeps from being read."""
    start = defect.from_version
    return finding(
        _RULES.get(defect.reason, "U904"),
        defect.event_type,
        defect.problem,
        versions=(None, None) if start is None else (start, start + 1),
        remedy=f"{defect.remedy}\n{defect.stub}" if defect.stub else defect.remedy,
        no_witness="the registry does not build, so nothing of this type can be run",
        place=shown_place(defect.where or ""),
        severity="error",
        about=defect.reason,
    )
