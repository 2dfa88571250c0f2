"""Cases one after the other: each is made, built, and led through every way of its codec."""

from __future__ import annotations

import gc
import logging
import re
import traceback
import types
from collections.abc import Iterator
from contextlib import contextmanager

import upcast
from equivalence.case import EVENT, FORMER, BuildFailed, World, build, made
from equivalence.cases import classifier
from equivalence.checks import Checks
from equivalence.generator import Draft, drafted, finished, payloads
from equivalence.lanes import lane_of, why_of
from equivalence.report import Report, Stored

__all__ = ["quiet", "run_case", "run_cases"]


def run_cases(chunk: tuple[int, list[int], int]) -> Report:
    """Run the cases (seed, numbers, payloads each)."""
    seed, numbers, count = chunk
    total = Report()
    for number in numbers:
        total.add(run_case(seed, number, count))
    gc.collect()
    return total


@contextmanager
def quiet() -> Iterator[None]:
    """Nothing is logged."""
    logger = logging.getLogger("upcast")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


def run_case(seed: int, number: int, count: int) -> Report:
    """Make a case and compare every way on *count* payloads."""
    report = Report()
    try:
        draft = drafted(seed, number)
        with quiet(), made(draft.case) as module:
            finished(draft, module)
            before = _subclasses(module)
            world = build(draft.case, module)
            if any(now > then for now, then in zip(_subclasses(module), before, strict=True)):
                # A reader must not be seen from the user's classes.
                report.counts["crashed"] += 1
                report.problems[f"CRASH {seed}:{number}: `codec()` left subclasses behind"] += 1
            _run(draft, world, report, count)
    except upcast.RegistryDefects as defects:
        report.counts["refused by codec()"] += 1
        report.problems.update({f"defect: {defect.reason}" for defect in defects.exceptions})
    except BuildFailed as failure:
        report.counts["not built"] += 1
        report.problems[str(failure)] += 1
    except Exception as error:
        # `codec()` may refuse, but nothing else.
        report.counts["crashed"] += 1
        place = traceback.extract_tb(error.__traceback__)[-1]
        report.problems[
            f"CRASH {seed}:{number} {type(error).__name__}: {error} in {place.name}, line {place.lineno}"
        ] += 1
    return report


def _subclasses(module: types.ModuleType) -> list[int]:
    own = [value for value in vars(module).values() if isinstance(value, type) and value.__module__ == module.__name__]
    return [len(type.__subclasses__(cls)) for cls in own]


def _run(draft: Draft, world: World, report: Report, count: int) -> None:
    draft.tags |= {f"lane:{lane_of(world.codec, EVENT, version)}" for version in range(1, world.version)}
    for version in range(1, world.version):
        why = re.sub(r"'[^']*'|functions: .*", "…", why_of(world.codec, EVENT, version))
        report.plans[f"{draft.family}, {lane_of(world.codec, EVENT, version)}: {why}"] += 1
    report.counts["chains"] += 1
    report.tags.update(draft.tags)
    note = classifier(draft.tags, report.cases)
    checks = Checks(world, draft.random, report)
    names = [EVENT, EVENT, FORMER] if draft.case.former else [EVENT]
    batch: list[Stored] = []
    for version, payload in payloads(draft, count):
        stored = Stored(draft.random.choice(names), version, payload)
        batch.append(stored)
        checks.one(stored)
        report.tags.update(payload.tags)
        note(payload.tags)
    checks.many(batch)
    if draft.case.split:
        checks.split(batch[:20])
