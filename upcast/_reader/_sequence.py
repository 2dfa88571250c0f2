"""The straight run of steps and functions, for chains that hold functions nobody can look into.

It does what the plain lane does with the least work between: runs of steps as their net effect, no look for what
cannot be. What it raises tells nothing; the plain lane is asked.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from upcast._bounds import UNSCANNED_BYTES, check_long
from upcast._chain import Edge, FunctionEdge, StepsEdge, ordered
from upcast._door import Door
from upcast._finite import may_make_not_finite
from upcast._json import is_bottomless, reads_value, write_payload, writes_value
from upcast._net_effect import NetEffect, net_effect
from upcast._reader._reader import Odd, compiled
from upcast._sharing import may_share, own
from upcast._steps import Step
from upcast.typing import Payload

__all__ = ["sequence"]

Run: TypeAlias = tuple[Step | NetEffect | Callable[[Payload], Payload], tuple[Callable[..., Any], ...]]
"""What is done to a payload, and the code of the user in it."""

_WORTHWHILE = 8
"""From how many steps on their net effect costs less than they do one by one."""


def sequence(edges: Sequence[Edge], stamp: Mapping[str, object], door: Door) -> Callable[[bytes], object]:
    """A function of the payload text that runs edges without envelope, one after the other.

    Args:
        edges: Steps and functions.
        stamp: Members that are set afterwards.
        door: The door of today's class.
    """
    names: dict[str, Any] = {"Odd": Odd, "own": own, "stamp": dict(stamp), "decode": door.decode_written}
    names["parse"] = reads_value(keep_literals=door.keep_literals)
    body = ["payload = parse(data)", "if type(payload) is not dict: raise Odd"]
    runs = list(_runs(edges))
    last = max((number for number, (_, code) in enumerate(runs) if code), default=-1)
    for number, (run, code) in enumerate(runs):
        if isinstance(run, Step | NetEffect):
            names[f"run{number}"] = run.apply
            body.append(f"run{number}(payload)")
        else:
            names[f"run{number}"] = run
            body += [
                f"result = run{number}(payload)",
                "if result is not payload:",
                "    if type(result) is not dict: raise Odd",
                "    payload = result.copy()",
            ]
        if number < last and any(map(may_share, code)):
            body.append("payload = own(payload)")
    if stamp:
        body.append("payload.update(stamp)")
    if door.order:
        names |= {"ordered": ordered, "order": door.order}
        body.append("payload = ordered(payload, order)")
    unsure = any(may_make_not_finite(function) for _, code in runs for function in code)
    names["write"] = _write_checked if unsure or door.keep_literals else _write
    names |= {"check_long": check_long, "short": UNSCANNED_BYTES}
    body += ["text = write(payload)", "if len(text) > short: check_long(text)", "return decode(text)"]
    return compiled(body, names, "", ()).read


def _runs(edges: Sequence[Edge]) -> Iterable[Run]:
    """Functions and steps in order, each with the code of the user in it; long runs of steps as one."""
    waiting: list[Step] = []
    for edge in edges:
        if isinstance(edge, StepsEdge):
            for step in edge.steps:
                if step.code:
                    yield from _composed(waiting)
                    waiting = []
                    yield step, step.code
                else:
                    waiting.append(step)
        elif isinstance(edge, FunctionEdge):
            yield from _composed(waiting)
            waiting = []
            yield edge.function, (edge.function,)
    yield from _composed(waiting)


def _composed(steps: list[Step]) -> Iterable[Run]:
    if len(steps) < _WORTHWHILE:
        return [(step, ()) for step in steps]
    return [(net_effect(steps), ())]


_encode = writes_value()


def _write(payload: Any) -> bytes:
    # Even what computes nothing can put a payload into itself, and a small stack does not bear the encoder then.
    if threading.get_ident() != threading.main_thread().ident and is_bottomless(payload):
        raise Odd
    return _encode(payload)


def _write_checked(payload: Any) -> bytes:
    return write_payload(payload, check_finite=True)
