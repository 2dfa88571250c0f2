"""The benchmark suite measures what it says; how fast anything is, no test asks."""

from __future__ import annotations

import importlib
import importlib.util
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest
from rich.console import Console

ROOT = Path(__file__).parent.parent


def load(name: str) -> ModuleType:
    """A module of the suite, which is no part of what is installed."""
    if "benchmarks" not in sys.modules:
        folder = ROOT / "benchmarks"
        spec = importlib.util.spec_from_file_location(
            "benchmarks", folder / "__init__.py", submodule_search_locations=[str(folder)]
        )
        assert spec is not None
        sys.modules["benchmarks"] = importlib.util.module_from_spec(spec)
    return importlib.import_module(f"benchmarks.{name}")


cli, gate, harness, histories, publish = map(load, ("cli", "gate", "harness", "histories", "publish"))
results, shapes, suite, webhooks = map(load, ("results", "shapes", "suite", "webhooks"))
BRIEF = harness.Effort(rounds=3, block_ns=1000, processes=1)


def contender(name: str, decode: Callable[[Any], object]) -> Any:
    """A contender over two events."""
    return harness.one_by_one(name, decode, harness.copies([b"1", b"2"], list[bytes]))


def run_of(*measurements: Any, **changes: Any) -> Any:
    """A run with these measurements."""
    machine = results.Machine(cpu="a processor", cores=2, system="a system", python="a Python", libraries={})
    told = {"date": "2026-01-01", "load": 0.0, "quick": False, "complete": True, **changes}
    return results.Run(machine=machine, measurements=measurements, **told)


def measured(name: str, figures: dict[str, float], **changes: Any) -> Any:
    """A measurement in which each contender had one figure all the time."""
    samples = tuple(results.Sample(contender=label, rounds=(figure,) * 3) for label, figure in figures.items())
    return results.Measurement(name=name, title=name, samples=samples, **changes)


def test_contenders_take_turns_in_equal_rounds() -> None:
    """Each contender has one figure for each round, and is as fast as itself."""
    found = harness.compare("a/b", "title", [contender("one", int), contender("two", float)], BRIEF)

    assert [3, 3] == [len(sample.rounds) for sample in found.samples]
    assert 1.0 == found.ratio("one", "one").median
    assert found.ratio("one", "three") is None


def test_contenders_that_differ_are_not_timed() -> None:
    """What contenders make of every event is compared, not only of the first."""
    wrong = contender("wrong", lambda raw: 1)

    with pytest.raises(harness.Different, match="event 1 of 'wrong'"):
        harness.compare("a/b", "title", [contender("right", int), wrong], BRIEF)


def test_events_are_made_anew() -> None:
    """No bytes object of a batch is met again in the next."""
    fresh = harness.copies([{b"data": b"payload"}], list[dict[bytes, bytes]])
    one, other = fresh(), fresh()

    assert one == other
    assert one[0][b"data"] is not other[0][b"data"]


def test_interrupted_passes_do_not_count() -> None:
    """A pass that took more than twice the usual time is left out, the others are averaged."""
    assert 11.0 == harness._undisturbed([10, 12, 11, 500])


@pytest.mark.parametrize("hops", [0, 1, 2, 3, 10, 30])
@pytest.mark.parametrize("kind", ["renames", "mixed", "conversions"])
def test_histories_lead_to_today(kind: str, hops: int) -> None:
    """Functions and declarative steps bring a stored payload to the same payload of today."""
    history = histories.history(shapes.ORDER, kind, hops)
    for payload in shapes.examples(shapes.ORDER, 3):
        stored = shapes.text_of(histories.as_stored(payload, history))
        by_function, by_steps = (msgspec.json.decode(stored) for _ in range(2))
        for hop in history:
            by_function = hop.function()(by_function)
            for step in hop.steps:
                step.apply(by_steps)

        assert payload == by_function == by_steps
        assert (stored == shapes.text_of(payload)) == (hops == 0)


@pytest.mark.parametrize("family", ["struct", "pydantic"])
def test_classes_fit_the_payloads_they_are_made_for(family: str) -> None:
    """Fields that are missing, null, nested, in lists or no names in Python all find a place."""
    payloads = [
        {"id": 1, "user": {"name": "a", "+1": 2}, "tags": [{"x": 1}, {"y": None}], "class": "b"},
        {"id": 2, "user": None, "tags": [], "mixed": 1},
        {"id": 3, "user": {"name": "c", "+1": 0}, "tags": [{"x": 2}], "mixed": "text"},
    ]
    cls = shapes.build(webhooks.fitting_shape("Hook", payloads), family)
    decode = load("subject").door(cls, family)

    for payload in payloads:
        found = shapes.plain(decode(msgspec.json.encode(payload)))
        assert payload.items() <= {**found, "user": without_none(found["user"]), "tags": payload["tags"]}.items()
        assert [tag.get("x") for tag in payload["tags"]] == [tag["x"] for tag in found["tags"]]


def without_none(members: dict[str, object] | None) -> dict[str, object] | None:
    """An object of JSON without the members that are null."""
    return members and {name: value for name, value in members.items() if value is not None}


@pytest.mark.parametrize(
    ("direction", "better", "value", "word"),
    [
        ("at most", "lower", 0.5, "miss"),
        ("at least", "lower", 2.0, "pass"),
        ("at most", "higher", 2.0, "miss"),
        ("at least", "higher", 0.5, "pass"),
    ],
)
def test_promises_know_which_way_is_better(
    direction: str, better: str, value: float, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A promise of cost and one of speed are each other turned round, and so are the units they are measured in."""
    limit = gate.Limit("a promise", "a/b", "ours", "theirs", direction, 0.4)
    monkeypatch.setattr(gate, "LIMITS", (limit,))
    (verdict,) = gate.judge(run_of(measured("a/b", {"ours": 1.0, "theirs": 2.0}, better=better)))

    assert (value, word) == (verdict.value, verdict.word)


def test_promise_without_figure_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was not measured is neither a pass nor a miss."""
    monkeypatch.setattr(gate, "LIMITS", (gate.Limit("a promise", "a/b", "ours", "theirs", "at most", 1.0),))

    assert ["not measured"] == [verdict.word for verdict in gate.judge(run_of())]
    assert ["not measured"] == [verdict.word for verdict in gate.judge(run_of(measured("a/b", {"ours": 1.0})))]


def test_every_promise_names_a_case() -> None:
    """No promise waits for a measurement that no case makes."""
    names = [case.name for case in suite.all_cases()]

    assert [] == [limit.name for limit in gate.LIMITS if limit.measurement not in names]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (["peers/order"], ["peers/order"]),
        (["peers"], ["peers/order", "peers/hops"]),
        (["functions/*/struct", "consumer"], ["functions/order/struct", "consumer"]),
    ],
)
def test_cases_are_selected_by_name(wanted: Sequence[str], expected: Sequence[str]) -> None:
    """A whole name, its first parts or a pattern select cases, in the order of the suite."""
    assert expected == [case.name for case in suite.select(suite.all_cases(), wanted)]


def test_name_of_no_case_is_refused() -> None:
    """A slip in a name does not pass for an empty run."""
    with pytest.raises(LookupError, match="peer"):
        suite.select(suite.all_cases(), ["peers", "peer"])


def case_of(name: str, effect: Any) -> Any:
    """A case that yields a measurement or raises."""

    def measure(_: Any) -> list[Any]:
        if isinstance(effect, BaseException):
            raise effect
        return [effect]

    return harness.Case(name, measure)


def test_interrupt_keeps_what_was_measured() -> None:
    """What broke or was skipped is told, the rest goes on, and an interrupt ends it without loss."""
    cases = [
        case_of("skipped", harness.Skipped("no reason")),
        case_of("broken", ValueError("broken")),
        case_of("good", measured("good", {"one": 1.0})),
        case_of("stopped", KeyboardInterrupt()),
        case_of("never", AssertionError("never run")),
    ]
    run, interrupted = cli._measure(Console(quiet=True), cases, BRIEF, complete=True)

    assert interrupted
    assert ["good"] == [found.name for found in run.measurements]
    assert {"skipped": "no reason"} == run.skipped
    assert {"broken": "ValueError: broken"} == run.failed
    assert not run.complete


def bench(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the command as a developer would."""
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def test_command_measures_and_writes_json(tmp_path: Path) -> None:
    """A case is run from the command line, and its figures can be read again."""
    target = tmp_path / "run.json"
    done = bench("--quick", "--only", "current/small/struct", "--json", target)
    run = msgspec.json.decode(target.read_bytes(), type=results.Run)

    assert (0, True, False) == (done.returncode, run.quick, run.complete), done.stderr
    assert ["current/small/struct"] == [found.name for found in run.measurements]
    assert "upcast, stream entry" in done.stdout


@pytest.mark.parametrize(("seconds", "code"), [(1.0, 0), (99.0, 1)])
def test_gate_decides_the_exit_code(tmp_path: Path, seconds: float, code: int) -> None:
    """A missed promise is exit code 1, and the table shows figure and limit."""
    source = tmp_path / "run.json"
    run = run_of(measured("costs/build/struct", {"1,000 types, 10 versions": seconds}, unit="s"))
    source.write_bytes(msgspec.json.encode(run))
    done = bench("--from", source, "--gate")

    assert code == done.returncode, done.stderr
    assert re.search(rf"codec\(\) of 1,000 types.*{seconds:.3g}.*at most 5 +{'miss' if code else 'pass'}", done.stdout)


@pytest.mark.parametrize(
    "arguments", [["--only", "no-such-case"], ["--publish", "--quick"], ["--from", "pyproject.toml"], ["--unknown"]]
)
def test_what_cannot_be_done_is_exit_code_2(arguments: list[str]) -> None:
    """An error of the tool is told from a missed promise."""
    done = bench(*arguments)

    assert 2 == done.returncode
    assert "Error: " in done.stderr


@pytest.mark.parametrize("changes", [{"quick": True}, {"complete": False}, {"failed": {"a": "b"}}])
def test_partial_runs_are_not_published(changes: dict[str, Any]) -> None:
    """Rough or missing figures never get into the documentation."""
    with pytest.raises(publish.NotPublishable):
        publish.publish(run_of(**changes))


def test_page_quotes_the_published_figures() -> None:
    """Every figure of the page is that of the JSON beside its pictures, and its prose has none of its own."""
    page = publish.PAGE.read_text(encoding="utf-8")
    run = msgspec.json.decode(publish.FIGURES.read_bytes(), type=results.Run)
    prose = re.sub(r"<!-- figures: .*?<!-- end -->", "", page, flags=re.DOTALL)

    assert publish.render(page, run) == page
    assert {*publish._PARTS} == {*re.findall(r"<!-- figures: ([\w-]+) -->", page)}
    assert [] == re.findall(r"\d+(?:\.\d+)?\s*(?:\u00d7|µs|ms|times|percent|%)", prose)


def test_published_run_has_a_figure_for_every_promise() -> None:
    """A promise whose contender was renamed would never be measured again; only a skipped case has none."""
    run = msgspec.json.decode(publish.FIGURES.read_bytes(), type=results.Run)
    missing = {verdict.limit.measurement for verdict in gate.judge(run) if verdict.value is None}

    assert missing <= set(run.skipped)
    assert all((publish.FIGURES.parent / f"{name}.svg").is_file() for name in ("hops", "peers"))
