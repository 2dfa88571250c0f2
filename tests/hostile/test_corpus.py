"""The hostile corpus: named errors, no crash, no foreign exception, nothing of the input in any error."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from hostile.isolated import all_cases
from hostile.manifest import CODE, CORPUS, FILES, OUT_OF_SCOPE, WIRES, HostileFile
from hostile.registries import FAMILIES

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

# Bounds that a linear decoder never comes near: an ordinary decode of 1 MiB takes a fourth of them at most.
MAX_CPU_SECONDS = 0.6
MAX_GROWTH_KIB = 300 * 1024
MAX_PROBLEMS = 20

DIED = "the process ended"

Result = dict[str, Any]


def _entry(case: Mapping[str, Any]) -> HostileFile:
    name = case["name"]
    return FILES.get(name) or CODE.get(name) or CODE[name.rpartition(".")[0]]


def _title(case: Mapping[str, Any]) -> str:
    return f"{case['name']}-{case['family']}" if "family" in case else str(case["name"])


CASES = {_title(case): case for case in all_cases()}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    """What came of every case, each in a process of its own."""
    folder = tmp_path_factory.mktemp("results")
    command = [sys.executable, "-m", "hostile.isolated", str(folder)]
    cases = "\n".join(map(json.dumps, CASES.values()))
    subprocess.run(command, input=cases, text=True, check=True, cwd=Path(__file__).parents[1], timeout=600)
    lines = (line for path in folder.iterdir() for line in path.read_text(encoding="utf-8").splitlines())
    found = map(json.loads, lines)
    return {_title(result["case"]): result for result in found}


@pytest.mark.parametrize("title", CASES)
def test_hostile_input(title: str, results: dict[str, Result]) -> None:
    """It is refused by name or accepted for a reason, alike on both stacks, and no error repeats any of it."""
    result = results[title]
    entry = _entry(result["case"])
    assert [f"{key}: {problem}" for key, problems in _problems(result, entry).items() for problem in problems] == []


def _problems(result: Result, entry: HostileFile) -> dict[str, list[str]]:
    """What is wrong with a result, by family, lane and wire."""
    found: dict[str, list[str]] = defaultdict(list)
    begun = ""
    verdicts: dict[str, str] = {}
    for line in result["lines"]:
        if "begun" in line:
            begun = line["begun"]
        elif "seen" in line:
            problems = list(_of_one(line, entry))
            if line["place"] == "thread" and line["verdict"] != verdicts[begun]:
                problems.append(f"{verdicts[begun]} on the main thread")
            verdicts.setdefault(begun, line["verdict"])
            if problems:
                found[begun] += [f"{problem} ({line['place']})" for problem in problems]
    if result["ended"] != "exit 0":
        place = next((line["place"] for line in reversed(result["lines"]) if "place" in line), "the start")
        found[begun].append(f"{DIED} with {result['ended']} ({place})")
    elif result["lines"][-1]["grown_kib"] > MAX_GROWTH_KIB:
        found[begun].append(f"it took {result['lines'][-1]['grown_kib']} KiB")
    return found


def _of_one(seen: Result, entry: HostileFile) -> Iterator[str]:
    verdict, expected = seen["verdict"], entry.expected(seen["seen"])
    if verdict != expected and verdict.partition("/")[0] != expected:
        yield f"{verdict}, not {expected}"
    yield from seen.get("differences", ())
    if seen["cpu_seconds"] > MAX_CPU_SECONDS:
        yield f"it took {seen['cpu_seconds']:.1f} s"
    told = json.dumps({key: value for key, value in seen.items() if key != "seen"})
    yield from (f"an error tells {canary!r}" for canary in entry.canaries if canary in told)
    if seen["outcome"] == "accepted":
        if seen["encode"] not in {entry.encode, "EncodeError decode-only"}:
            yield f"encode: {seen['encode']}"
    elif seen["outcome"] == "refused":
        yield from _of_refusal(seen, entry)


def _of_refusal(seen: Result, entry: HostileFile) -> Iterator[str]:
    if seen["cause"] is not None or seen["context"] is not None:
        yield "another exception travels along"
    if not seen["pickles"]:
        yield "it does not survive pickling"
    if len(seen["logs"]) != 1:
        yield f"{len(seen['logs'])} lines were logged"
    if not all(character.isprintable() for text in (seen["str"], *seen["logs"]) for character in text):
        yield "a control character got into a message"
    if len(seen["paths"]) > MAX_PROBLEMS:
        yield f"{len(seen['paths'])} problems"
    if seen["reason"] == "class-refused":
        for pattern in entry.paths:
            if not any(fnmatchcase(path, pattern) for path in seen["paths"]):
                yield f"paths {seen['paths']}, not {pattern}"


# --- the manifest itself ---------------------------------------------------------------------------------------------


def test_manifest_and_folder_agree() -> None:
    """Every file of the corpus is in the manifest, and the other way round."""
    stored = {path.name for path in CORPUS.iterdir() if not path.name.startswith(".")}
    assert stored == {file.name for file in FILES.values() if not file.recipe}
    assert {file.wire for file in FILES.values()} == set(WIRES)


def test_canaries_are_planted() -> None:
    """Each canary of the manifest stands in its file, and most files hold one."""
    planted = [file for file in FILES.values() if file.canaries]
    assert [file.name for file in planted for canary in file.canaries if canary.encode() not in file.content()] == []
    assert len(planted) > 0.8 * len(FILES)


def test_what_is_accepted_has_a_reason() -> None:
    """No file is accepted without the manifest saying why."""
    accepted = [entry for entry in (FILES | CODE).values() if "accepted" in entry.expect.values()]
    assert [entry.name for entry in accepted if not entry.why] == []


def test_every_row_is_covered_or_out_of_scope() -> None:
    """Each row of the threat table from B1 to B30 has files, or a reason why it has none."""
    covered = {entry.row for entry in (FILES | CODE).values()}
    assert covered | set(OUT_OF_SCOPE) == {f"B{number}" for number in range(1, 31)}
    assert covered & set(OUT_OF_SCOPE) == set()


def test_size_of_the_corpus() -> None:
    """There are at least 300 files, and payloads meet every family of class."""
    families = {case.get("family") for case in CASES.values() if case["codec"] == "families"} - {None}
    assert len(FILES) >= 300
    assert families == set(FAMILIES)
