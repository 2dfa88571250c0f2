"""What went wrong with a delivery, as data: what policies judge, and what dead letters tell."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import PurePath
from types import MappingProxyType
from typing import Literal, TypeAlias

import attrs

from upcast._chain import frames_of, message_of
from upcast.errors import ClassRefused, Frame, NewerVersion, RefusedEvent, UpcasterFailed
from upcast.streams.settlement import Reject, Retry

__all__ = ["Failure", "Stage", "asked_again", "crashed", "handler_raised", "refused", "rejected", "vanished"]

Stage: TypeAlias = Literal["decode", "version", "upcast", "validate", "handler", "crash", "stream"]
"""How far an event had come when it failed."""

_STAGES: Mapping[str, Stage] = MappingProxyType(
    {
        "malformed": "decode",
        "oversize": "decode",
        "unknown-type": "version",
        "invalid-version": "version",
        "newer-version": "version",
        "upcaster-failed": "upcast",
        "class-refused": "validate",
    }
)
_MAX_CAUSES = 5


@attrs.frozen
class Failure:
    """Why a delivery did not end with an acknowledgement; never a value of the event.

    Attributes:
        reason: The slug that policies, groups of letters and operators go by: that of the error, `handler-raised`,
            `process-killer`, `vanished`, or what a handler gave to `Reject`.
        stage: How far the event had come.
        problem: One line for a person.
        detail: A slug that says more than `reason`, or the empty string.
        event_type: The type as stored, if it could be read.
        schema_version: The version as stored, if it could be read.
        event_id: The event's own id, if it has one.
        current_version: The newest version this process reads, where that was the problem.
        from_version: The version that the failing step starts from.
        step: The failing step.
        exception: The class of what was raised.
        causes: The classes of what that was raised from, outermost first.
        frames: Where it was raised in the user's code, innermost last.
        problems: What the class refuses, as `path: kind`.
        message: What the exception said, only with `record_messages=True`.
        handler: The handler concerned.
        index: Which part of a split it was.
        raised: The class itself, for policies that distinguish exceptions.
        answer: What a handler returned, where that decides.
    """

    reason: str
    stage: Stage
    problem: str = ""
    detail: str = ""
    event_type: str | None = None
    schema_version: int | None = None
    event_id: str | None = None
    current_version: int | None = None
    from_version: int | None = None
    step: str = ""
    exception: str = ""
    causes: tuple[str, ...] = ()
    frames: tuple[Frame, ...] = ()
    problems: tuple[str, ...] = ()
    message: str | None = None
    handler: str = ""
    index: int | None = None
    raised: type[BaseException] | None = None
    answer: Retry | Reject | None = None

    @property
    def fingerprint(self) -> str:
        """Twelve hex digits that are the same for failures with the same cause, on every machine.

        The stored version is no part of it: a step that fails for version 1 fails for version 2 by the same mistake.
        Nor are line numbers, which change with every edit above.
        """
        innermost = self.frames[-1:]
        parts = (
            self.reason,
            self.detail,
            self.event_type or "",
            str(self.from_version or ""),
            self.step,
            self.exception,
            self.handler,
            *(f"{PurePath(frame.file).name} {frame.function}" for frame in innermost),
            *self.problems,
        )
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def refused(error: RefusedEvent) -> Failure:
    """The failure of an event that the codec refuses."""
    return Failure(
        error.reason,
        _STAGES.get(error.reason, "decode"),
        error.problem,
        detail=error.detail,
        event_type=error.event_type,
        schema_version=error.schema_version,
        event_id=error.event_id,
        current_version=error.current_version if isinstance(error, NewerVersion) else None,
        from_version=error.from_version if isinstance(error, UpcasterFailed) else None,
        step=error.step if isinstance(error, UpcasterFailed) else "",
        exception=error.exception if isinstance(error, UpcasterFailed | ClassRefused) else "",
        frames=error.frames if isinstance(error, UpcasterFailed) else (),
        problems=tuple(map(str, error.problems)) if isinstance(error, ClassRefused) else (),
        message=error.message if isinstance(error, UpcasterFailed | ClassRefused) else None,
    )


def handler_raised(error: BaseException, handler: str, *, record_messages: bool = False) -> Failure:
    """The failure of a handler."""
    frames = tuple(frames_of(error))
    name = type(error).__qualname__
    where = f" in {frames[-1]}" if frames else ""
    return Failure(
        "handler-raised",
        "handler",
        f"{handler} raised {name}{where}",
        exception=name,
        causes=tuple(_causes(error)),
        frames=frames,
        # What a letter cannot hold, halves of surrogate pairs, is spelt out.
        message=message_of(error).encode(errors="backslashreplace").decode() if record_messages else None,
        handler=handler,
        raised=type(error),
    )


def _causes(error: BaseException) -> list[str]:
    found: list[str] = []
    seen = {id(error)}
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    while cause is not None and id(cause) not in seen and len(found) < _MAX_CAUSES:
        seen.add(id(cause))
        found.append(type(cause).__qualname__)
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return found


def rejected(answer: Reject, handler: str) -> Failure:
    """A handler's own verdict."""
    return Failure(answer.reason, "handler", f"{handler} rejected it", handler=handler, answer=answer)


def asked_again(asked: Retry, handler: str) -> Failure:
    """A handler that wants it to come again."""
    problem = f"{handler} asked for it to come again"
    return Failure("handler-retried", "handler", problem, handler=handler, answer=asked)


def crashed(crashes: int) -> Failure:
    """An entry whose consumers died with it."""
    times = "a consumer" if crashes == 1 else f"{crashes} consumers in a row"
    return Failure("process-killer", "crash", f"{times} died with it in hand; it was not decoded again")


def vanished() -> Failure:
    """An entry that was removed from the stream before its group had handled it."""
    return Failure("vanished", "stream", "it was removed from the stream, by hand or by trimming, while it was pending")
