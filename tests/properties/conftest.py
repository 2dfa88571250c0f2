"""Hypothesis profiles of the property tests: quick and repeatable by default, long and random on demand."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

_slow = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]

settings.register_profile(
    "quick",
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=40,
    phases=set(Phase) - {Phase.explain},
    suppress_health_check=_slow,
)
settings.register_profile("thorough", deadline=None, max_examples=2000, suppress_health_check=_slow, print_blob=True)
settings.load_profile(os.environ.get("UPCAST_HYPOTHESIS", "quick"))
