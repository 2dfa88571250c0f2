"""Pairs of pydantic models with a proven verdict for each direction, by which an engine that compares them is judged.

Nothing here knows of such an engine, and nothing imports it.
"""

from __future__ import annotations

from schemas.corpus import (
    containers,
    enums,
    limits,
    names,
    nested,
    nulls,
    openness,
    refactors,
    rules,
    scalars,
    unions,
    variants,
    writers,
)
from schemas.corpus._case import Breaks, Case, Safe

__all__ = ["ALL", "Breaks", "Case", "Safe"]

ALL: list[Case] = [
    *names.CASES,
    *writers.CASES,
    *scalars.CASES,
    *rules.CASES,
    *nulls.CASES,
    *limits.CASES,
    *enums.CASES,
    *containers.CASES,
    *unions.CASES,
    *variants.CASES,
    *nested.CASES,
    *openness.CASES,
    *refactors.CASES,
]
