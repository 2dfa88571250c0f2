"""A process of its own, in another environment, that reads payloads: run by `_elsewhere`.

    python -m upcast.schemas._check._process

It is told on its first line of input what to import, and on its second what to read, and answers on its output.
"""

from __future__ import annotations

import ctypes
import datetime as dt
import gc
import importlib
import importlib.util
import os
import sys
import time
from typing import Any

import msgspec

from upcast._registry import Registry
from upcast.schemas._check._run import Chained
from upcast.schemas._check._steady import Reading, read
from upcast.schemas._opened import open_registry

__all__ = ["Answer", "Job", "Setup", "main"]


class Setup(msgspec.Struct, frozen=True):
    """What a process is told first.

    Attributes:
        module: The module to import.
        attribute: The registry in it; may be dotted.
        file: The file of the module, where its name alone does not lead there.
        path: Where modules are looked for.
        days: How far its clock is to be wrong.
        again: Whether it reads everything once before it answers: what steps keep shows.
    """

    module: str
    attribute: str
    file: str
    path: tuple[str, ...]
    days: int = 0
    again: bool = False


class Job(msgspec.Struct, frozen=True):
    """A payload to read."""

    stored_as: str
    version: int
    payload: str


class Answer(msgspec.Struct, frozen=True):
    """What a process says at last.

    Attributes:
        readings: One for each job; none where it could not work.
        problem: Why it could not; empty where it could.
        clock: Whether its clock was wrong as it was told.
    """

    readings: tuple[Reading | None, ...] = ()
    problem: str = ""
    clock: bool = True


def main() -> None:
    """Serve one batch."""
    # What the user's modules print must not mix with the answer.
    with os.fdopen(os.dup(1), "wb") as output:
        os.dup2(2, 1)
        setup = msgspec.json.decode(sys.stdin.buffer.readline(), type=Setup)
        try:
            clock = _shift(setup.days)
            registry = _registry(setup)
            opened = open_registry(registry)
        except Exception as error:  # whatever a module raises when it is imported
            answer = Answer(problem=f"{type(error).__qualname__}: {error}")
        else:
            jobs = msgspec.json.decode(sys.stdin.buffer.read(), type=list[Job])
            readings: list[Reading | None] = []
            for job in [*jobs, *jobs] if setup.again else jobs:
                name = opened.current_name(job.stored_as)
                known = name in opened.sound and job.version in opened.plans.get(job.stored_as, {})
                chained = Chained(opened, opened.lines[name], job.stored_as, job.version) if name and known else None
                readings.append(None if chained is None else read(chained, job.payload.encode()))
            answer = Answer(tuple(readings[-len(jobs) :]), clock=clock)
        output.write(msgspec.json.encode(answer))


def _registry(setup: Setup) -> Registry:
    sys.path[:] = setup.path
    try:
        found: object = importlib.import_module(setup.module)
    except ModuleNotFoundError:
        # Test runners import files under names of their own.
        spec = importlib.util.spec_from_file_location(setup.module, setup.file) if setup.file else None
        if spec is None or spec.loader is None:
            raise
        found = sys.modules[setup.module] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[setup.module])
    for part in setup.attribute.split("."):
        found = getattr(found, part)
    make = getattr(found, "__upcast_registry__", None)  # a settings class stands for one
    found = found if make is None else make()
    if not isinstance(found, Registry):
        raise TypeError(f"{setup.module}:{setup.attribute} is no Registry")
    return found


def _shift(days: int) -> bool:
    """Let every clock of this process be wrong, and tell whether it is.

    The classes stay what they are, since decoders know `datetime` by its identity; only their functions change.
    """
    if not days:
        return True
    seconds = days * 86_400
    real_time, real_ns = time.time, time.time_ns
    before = real_time()

    def of_now(function: Any) -> Any:
        return lambda when=None: function(real_time() + seconds if when is None else when)

    def now(cls: type[dt.datetime], tz: dt.tzinfo | None = None) -> dt.datetime:
        return cls.fromtimestamp(time.time(), tz)

    def utcnow(cls: type[dt.datetime]) -> dt.datetime:
        return cls.fromtimestamp(time.time(), dt.UTC).replace(tzinfo=None)

    strftime, localtime = time.strftime, of_now(time.localtime)
    changed: dict[str, Any] = {
        "time": lambda: real_time() + seconds,
        "time_ns": lambda: real_ns() + seconds * 1_000_000_000,
        "gmtime": of_now(time.gmtime),
        "localtime": localtime,
        "ctime": of_now(time.ctime),
        "strftime": lambda form, when=None: strftime(form, localtime() if when is None else when),
    }
    vars(time).update(changed)
    # A built-in class refuses `setattr`; its functions stand in a dictionary all the same.
    functions = next((found for found in gc.get_referents(vars(dt.datetime)) if isinstance(found, dict)), None)
    if functions is None:
        return False
    functions |= {"now": classmethod(now), "utcnow": classmethod(utcnow)}
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(dt.datetime))
    soon = dt.datetime.now(dt.UTC).timestamp()
    return soon - before >= seconds - 1


if __name__ == "__main__":
    main()
