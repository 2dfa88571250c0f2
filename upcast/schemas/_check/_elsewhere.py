"""Whether payloads are read alike elsewhere: with another hash seed, time zone, clock and locale."""

from __future__ import annotations

import dis
import os
import subprocess
import sys
import tempfile
import types
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Self

import attrs
import msgspec

from upcast._functions import global_names
from upcast._registry import Registry
from upcast.schemas._check._process import Answer, Job, Setup
from upcast.schemas._check._run import Chained
from upcast.schemas._check._steady import Reading, told
from upcast.schemas._check._subject import Stored
from upcast.schemas.findings import Finding

__all__ = ["Elsewhere", "target_of"]

_TIMEOUT = 600.0
_INSIDE = "UPCAST_GATE_PROCESS"
"""Set in such a process, so that a module that checks itself when it is imported does not start others."""


@attrs.frozen
class _World:
    """An environment.

    Attributes:
        variables: Its variables, as far as they are not those of this process.
        days: How far its clock is wrong.
        again: Whether everything has been read there once before.
        called: What is different, for people.
    """

    variables: Mapping[str, str]
    days: int = 0
    again: bool = False
    called: str = ""


_TURKISH = {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"}
# West of everyone and east of everyone: the date is never the same in both.
_WEST = {"PYTHONHASHSEED": "1", "TZ": "WEST12", "LC_ALL": "C", "LANG": "C"}
_FIRST = (
    _World(_WEST),
    _World(
        {"PYTHONHASHSEED": "2", "TZ": "EAST-14", **_TURKISH}, days=1_234, again=True, called="in another environment"
    ),
)
_SINGLE = (
    _World(_WEST | {"PYTHONHASHSEED": "2"}, called="with another hash seed"),
    _World(_WEST | {"TZ": "EAST-14"}, called="in another time zone"),
    _World(_WEST | _TURKISH, called="with another locale"),
    _World(_WEST, days=1_234, called="at another time"),
    _World(_WEST, again=True, called="once all payloads had been read before"),
)
# A set of two is ordered alike under every other seed.
_SEEDS = tuple(_World(_WEST | {"PYTHONHASHSEED": str(seed)}, called="with another hash seed") for seed in range(3, 8))

_Task = tuple[Chained, Stored]


class Elsewhere:
    """Processes in other environments, which import the registry while this one is at work.

    Args:
        registry: The registry.
        target: Where it is found, as `module:attribute`; None where that is to be found out.
    """

    def __init__(self, registry: Registry, target: str | None) -> None:
        found = target_of(registry) if target is None else target
        self.note = ""
        if found is None:
            self.note = "no module holds the registry, so its steps were run in this environment only: give target="
        elif _INSIDE in os.environ:
            self.note = "a process of the gate starts no others"
        self._setup = _setup_of(found) if found is not None and not self.note else None
        self._first: tuple[_Process, ...] = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._first:
            process.end()

    def begin(self) -> None:
        """Start them: there will be something to compare."""
        if self._setup is not None and not self._first:
            self._first = tuple(_Process.start(self._setup, world) for world in _FIRST)

    def compare(self, tasks: Sequence[_Task]) -> tuple[list[Finding], list[str]]:
        """Read payloads there; each difference is a finding. Also what could not be done."""
        if not tasks:
            return [], []
        if self._setup is None:
            return [], [self.note]
        self.begin()
        answers = _asked(self._first, tasks)
        problems = [answer.problem for answer in answers if answer.problem]
        if problems:
            name = f"{self._setup.module}:{self._setup.attribute}"
            return [], [f"the steps were not run in another environment, for {name} cannot be imported: {problems[0]}"]
        notes = [] if all(answer.clock for answer in answers) else ["the clock could not be changed in this Python"]
        west, east = (answer.readings for answer in answers)
        differing = [number for number in range(len(tasks)) if west[number] != east[number]]
        causes: dict[int, str] = dict.fromkeys(differing, _FIRST[1].called)
        others = dict(enumerate(east))
        for world, number, reading in self._again(_SINGLE, tasks, differing):
            if reading != west[number] and causes[number] == _FIRST[1].called:
                causes[number], others[number] = world.called, reading
        ways = {(chained.stored_as, chained.version): chained for chained, _ in tasks}
        unsure = {way for way, chained in ways.items() if _uses_sets(chained)}
        sets = [n for n, (way, _) in enumerate(tasks) if n not in causes and (way.stored_as, way.version) in unsure]
        for world, number, reading in self._again(_SEEDS, tasks, sets):
            if reading != west[number]:
                causes[number], others[number] = world.called, reading
        found: dict[str, Finding] = {}
        for number, cause in sorted(causes.items()):
            one, other = west[number], others[number]
            if one is not None and other is not None:
                for each in told(*tasks[number], one, other, cause):
                    found.setdefault(each.fingerprint, each)
        return list(found.values()), notes

    def _again(
        self, worlds: Sequence[_World], tasks: Sequence[_Task], numbers: Sequence[int]
    ) -> Iterator[tuple[_World, int, Reading | None]]:
        """Read some of the payloads in further environments."""
        if not numbers:
            return
        assert self._setup is not None
        for start in range(0, len(worlds), 2):  # as many at a time as at first
            pair = worlds[start : start + 2]
            processes = tuple(_Process.start(self._setup, world) for world in pair)
            try:
                answers = _asked(processes, [tasks[number] for number in numbers])
            finally:
                for process in processes:
                    process.end()
            for world, answer in zip(pair, answers, strict=True):
                yield from ((world, *pair) for pair in zip(numbers, answer.readings, strict=False))


def target_of(registry: Registry) -> str | None:
    """Where a registry is found, as `module:attribute`; None where no module but `__main__` holds it."""
    for name, module in list(sys.modules.items()):
        if name == "__main__" or not isinstance(module, types.ModuleType):
            continue
        for attribute, value in list(vars(module).items()):
            if value is registry:
                return f"{name}:{attribute}"
    return None


def _setup_of(target: str) -> Setup:
    module, _, attribute = target.partition(":")
    file = getattr(sys.modules.get(module), "__file__", None) or ""
    return Setup(module, attribute, file, tuple(entry or str(Path.cwd()) for entry in sys.path))


def _asked(processes: Sequence[_Process], tasks: Sequence[_Task]) -> list[Answer]:
    jobs = msgspec.json.encode(
        [Job(chained.stored_as, chained.version, stored.payload.decode()) for chained, stored in tasks]
    )
    with ThreadPoolExecutor(len(processes)) as pool:
        return list(pool.map(lambda process: process.answer(jobs), processes))


@attrs.frozen(eq=False)
class _Process:
    running: subprocess.Popen[bytes]
    errors: IO[bytes]

    @classmethod
    def start(cls, setup: Setup, world: _World) -> Self:
        errors = tempfile.TemporaryFile()  # noqa: SIM115  # closed by `end`
        running = subprocess.Popen(
            [sys.executable, "-m", "upcast.schemas._check._process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env={**os.environ, **world.variables, _INSIDE: "1"},
        )
        assert running.stdin is not None
        try:
            running.stdin.write(
                msgspec.json.encode(msgspec.structs.replace(setup, days=world.days, again=world.again)) + b"\n"
            )
            running.stdin.flush()
        except BrokenPipeError:  # it is gone already; its answer will say so
            pass
        return cls(running, errors)

    def answer(self, jobs: bytes) -> Answer:
        try:
            output, _ = self.running.communicate(jobs, timeout=_TIMEOUT)
        except subprocess.TimeoutExpired:
            self.running.kill()
            return Answer(problem=f"no answer within {_TIMEOUT:.0f} seconds")
        try:
            return msgspec.json.decode(output, type=Answer)
        except msgspec.DecodeError:
            self.errors.seek(0)
            last = self.errors.read().decode(errors="replace").strip().splitlines()[-1:]
            return Answer(problem=f"its process ended with {self.running.returncode}: {''.join(last)}")

    def end(self) -> None:
        self.running.kill()
        self.running.wait()
        for pipe in (self.running.stdin, self.running.stdout):
            if pipe is not None:
                pipe.close()
        self.errors.close()


# --- sets -----------------------------------------------------------------------------------------------------------

_SET_OPERATIONS = {"BUILD_SET", "SET_ADD", "SET_UPDATE"}


def _uses_sets(chained: Chained) -> bool:
    """Whether a function on the way seems to make a set, whose order hangs on the hash seed."""
    split = chained.plan.split
    functions = [function for operation in chained.plan.chain.operations for function in operation.code]
    if split is not None and split.function is not None:
        functions.append(split.function)
    return any(_makes_sets(function, set()) for function in functions)


def _makes_sets(function: object, seen: set[int]) -> bool:
    code = getattr(function, "__code__", None)
    if code is None or id(code) in seen:
        return False
    seen.add(id(code))
    names = set(global_names(code))
    if names & {"set", "frozenset"} or any(
        instruction.opname in _SET_OPERATIONS or isinstance(instruction.argval, frozenset)
        for inner in _codes(code)
        for instruction in dis.get_instructions(inner)
    ):
        return True
    found = [getattr(function, "__globals__", {}).get(name) for name in names]
    return any(isinstance(value, set | frozenset) or _makes_sets(value, seen) for value in found)


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)
