"""Every error `upcast` raises, in one tree.

    UpcastError
    ├── RegistryError            a mistake of the programmer, found at import or by `Registry.codec()`
    │   ├── InvalidStep          a declarative step that can mean nothing
    │   ├── InvalidLegacy        a declaration of a legacy setting that can mean nothing
    │   ├── RegistrySealed       a registration after `codec()`
    │   ├── Defect               one defect of a registry, with its remedy
    │   └── RegistryDefects      all defects of a registry at once (an exception group)
    ├── RefusedEvent             a stored event that cannot become an object of today's class
    │   ├── MalformedEvent       not the envelope or the JSON it should be
    │   ├── OversizeEvent        larger, deeper or longer in digits than the bounds allow
    │   ├── UnknownType          no event type of that name
    │   ├── InvalidVersion       no `schema_version`, or one that is not a positive integer
    │   ├── NewerVersion         written by a newer release than this one
    │   ├── UpcasterFailed       a step of the chain failed
    │   ├── ClassRefused         today's class refuses what the chain made
    │   ├── UnexpectedType       another event type than the one asked for
    │   └── NotOneEvent          a split made several events, or a drop none
    ├── SettingsRefused          settings that a settings class cannot be made of
    ├── EncodeError              an object that cannot be stored so that it can be read back
    └── MissingExtra             an optional dependency is not installed

Each carries attributes, a stable kebab-case `reason`, survives pickling, and never repeats a value of a payload.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "ClassRefused",
    "Defect",
    "EncodeError",
    "FieldProblem",
    "Frame",
    "InvalidLegacy",
    "InvalidStep",
    "InvalidVersion",
    "MalformedEvent",
    "MissingExtra",
    "NewerVersion",
    "NotOneEvent",
    "OversizeEvent",
    "RefusedEvent",
    "RegistryDefects",
    "RegistryError",
    "RegistrySealed",
    "SettingProblem",
    "SettingsRefused",
    "UnexpectedType",
    "UnknownType",
    "UpcastError",
    "UpcasterFailed",
]


@attrs.frozen
class FieldProblem:
    """What a class refuses at one place.

    Attributes:
        path: Where, as dotted field names of the class; `*` stands for an index, a map key, or any name that the
            class does not declare.
        kind: Why, as a slug: pydantic's error type, or for msgspec `wrong-type`, `missing`, `unknown-field`,
            `constraint` and their like. Never a value.
    """

    path: str
    kind: str

    def __str__(self) -> str:
        return f"{self.path or '(whole payload)'}: {self.kind}"


@attrs.frozen
class Frame:
    """One frame of the traceback of a failing upcaster: where it stood, without any value."""

    file: str
    line: int
    function: str

    def __str__(self) -> str:
        return f"{self.function} ({self.file}:{self.line})"


class UpcastError(Exception):
    """The root: catch this to catch everything `upcast` raises on its own account."""

    reason: str = "error"

    def __reduce__(self) -> tuple[Any, ...]:
        # Constructors take keywords, so the default protocol, which calls the class with `args`, would fail.
        return _restore, (type(self), self.args, self.__dict__.copy())


def _restore(cls: type[UpcastError], args: tuple[Any, ...], state: dict[str, Any]) -> UpcastError:
    error: UpcastError = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


# --- mistakes of the programmer -------------------------------------------------------------------------------------


class RegistryError(UpcastError):
    """A mistake in how events, upcasters or steps were declared."""

    reason = "registry"


class InvalidStep(RegistryError, ValueError):
    """A declarative step was given arguments that can mean nothing; raised where the step is written."""

    reason = "invalid-step"


class InvalidLegacy(RegistryError, ValueError):
    """A declaration of a legacy setting can mean nothing; raised where it is written."""

    reason = "invalid-legacy"


class RegistrySealed(RegistryError):
    """Something was registered after `Registry.codec()` had sealed the registry."""

    reason = "registry-sealed"


class Defect(RegistryError):
    """One defect of a registry.

    Attributes:
        reason: The kind of defect: `missing-edge`, `duplicate-edge`, `orphan-edge`, `unknown-split-target`,
            `split-cycle`, `duplicate-downcaster`, `orphan-downcaster`, `bad-function`, `invalid-version`,
            `invalid-name`, `duplicate-type`, `bad-constant`, `unread-field`, `missing-field`, `misread-class`,
            `recursive-union`, `flat-header` or `closed-class`; of a settings class
            `unknown-setting`, `legacy-is-field`, `duplicate-legacy`, `legacy-cycle`, `orphan-edge` or `bad-function`.
        event_type: The event type it concerns.
        from_version: The version the defective or missing edge starts from, where one is meant.
        cut_off: Stored versions that cannot reach today's class because of it.
        where: File and line of the registration, where one is meant.
        remedy: What to do about it.
        stub: Code to paste for a missing edge; empty otherwise.
    """

    def __init__(
        self,
        reason: str,
        problem: str,
        *,
        event_type: str,
        remedy: str,
        from_version: int | None = None,
        cut_off: Sequence[int] = (),
        where: str | None = None,
        stub: str = "",
    ) -> None:
        place = f" ({where})" if where else ""
        tail = f"\n\n{stub}" if stub else ""
        super().__init__(f"{event_type}: {problem}{place}. {remedy}{tail}")
        self.reason = reason
        self.problem = problem
        self.event_type = event_type
        self.from_version = from_version
        self.cut_off = tuple(cut_off)
        self.where = where
        self.remedy = remedy
        self.stub = stub


class RegistryDefects(RegistryError, ExceptionGroup[Defect]):
    """All defects of a registry, each with its remedy; raised by `Registry.codec()`."""

    reason = "registry-defects"

    def derive(self, excs: Sequence[Exception], /) -> RegistryDefects:  # type: ignore[override]  # only ever Defects
        """Make a group of the same kind, as `split` and `subgroup` ask."""
        return RegistryDefects(self.message, list(excs))  # type: ignore[arg-type]  # see above

    def __str__(self) -> str:
        # A group prints only its message; a start-up failure in a log must tell everything.
        listed = "\n".join(f"  {n}. {defect}" for n, defect in enumerate(self.exceptions, 1))
        return f"{self.message}\n{listed}"


# --- stored events that are refused ---------------------------------------------------------------------------------


class RefusedEvent(UpcastError):
    """A stored event that cannot become an object of today's class.

    Attributes:
        event_type: The type as stored, or None where it could not be read or is not printable.
        schema_version: The version as stored, or None where it could not be read.
        event_id: The id from the envelope, or None.
        detail: A slug that says more than `reason`, or the empty string.
        paths: The fields concerned; see `FieldProblem.path`.
    """

    reason = "refused"

    def __init__(
        self,
        problem: str,
        *,
        detail: str = "",
        event_type: str | None = None,
        schema_version: int | None = None,
        event_id: str | None = None,
    ) -> None:
        super().__init__(problem)
        self.problem = problem
        self.detail = detail
        self.event_type = event_type
        self.schema_version = schema_version
        self.event_id = event_id

    @property
    def paths(self) -> tuple[str, ...]:
        """The fields concerned, where the refusal concerns fields."""
        return ()

    def __str__(self) -> str:
        version = "" if self.schema_version is None else f" v{self.schema_version}"
        identity = "" if self.event_id is None else f" (id {self.event_id})"
        reason = f"{self.reason}, {self.detail}" if self.detail else self.reason
        return f"{self.event_type or 'event'}{version}{identity} refused [{reason}]: {self.problem}"


class MalformedEvent(RefusedEvent):
    """The bytes are not the envelope, or not the JSON object, that they should be.

    `detail` is one of `not-utf8`, `not-json`, `not-an-object`, `not-finite`, `number-out-of-range`, `duplicate-key`,
    `missing-field`, `wrong-type`, `not-bytes`, `not-cloudevents`.
    """

    reason = "malformed"


class OversizeEvent(RefusedEvent):
    """The event exceeds a bound: `detail` is `bytes`, `depth` or `digits`."""

    reason = "oversize"


class UnknownType(RefusedEvent):
    """No event type of that name is registered."""

    reason = "unknown-type"


class InvalidVersion(RefusedEvent):
    """The `schema_version` is absent (`detail` `unversioned`) or is not an integer from 1 (`not-a-version`)."""

    reason = "invalid-version"


class NewerVersion(RefusedEvent):
    """The event was written by a newer release: its version is above the one this process knows.

    Attributes:
        current_version: The newest version this process can read.
    """

    reason = "newer-version"

    def __init__(self, problem: str, *, current_version: int, **context: Any) -> None:
        super().__init__(problem, **context)
        self.current_version = current_version


class UpcasterFailed(RefusedEvent):
    """A step of the chain raised, or returned something that is no payload.

    Attributes:
        from_version: The version the failing edge starts from.
        step: The failing step as it was declared, or the name of the upcaster function.
        exception: The class name of what was raised.
        frames: Where it was raised, innermost last.
        message: What the exception said, only if the codec was made with `record_messages=True`.
    """

    reason = "upcaster-failed"

    def __init__(
        self,
        problem: str,
        *,
        from_version: int,
        step: str,
        exception: str = "",
        frames: Sequence[Frame] = (),
        message: str | None = None,
        **context: Any,
    ) -> None:
        super().__init__(problem, **context)
        self.from_version = from_version
        self.step = step
        self.exception = exception
        self.frames = tuple(frames)
        self.message = message


class ClassRefused(RefusedEvent):
    """Today's class refuses the payload.

    Attributes:
        problems: What is wrong and where; at most 20.
        exception: The class name of what a validator raised, where it was not a validation error.
        message: What the decoder said, only if the codec was made with `record_messages=True`.
    """

    reason = "class-refused"

    def __init__(
        self,
        problem: str,
        *,
        problems: Sequence[FieldProblem] = (),
        exception: str = "",
        message: str | None = None,
        **context: Any,
    ) -> None:
        super().__init__(problem, **context)
        self.problems = tuple(problems)
        self.exception = exception
        self.message = message

    @property
    def paths(self) -> tuple[str, ...]:
        """The fields that are refused."""
        return tuple(problem.path for problem in self.problems)


class UnexpectedType(RefusedEvent):
    """`decode_as` met an event of another type than the one it was asked for."""

    reason = "unexpected-type"


class NotOneEvent(RefusedEvent):
    """The stored event stands for several events, or for none: read it with `decode_all`.

    Attributes:
        count: How many events it stands for.
    """

    reason = "not-one-event"

    def __init__(self, problem: str, *, count: int, **context: Any) -> None:
        super().__init__(problem, **context)
        self.count = count


# --- settings ------------------------------------------------------------------------------------------------------


@attrs.frozen
class SettingProblem:
    """Why a setting is refused.

    Attributes:
        kind: Why, as a slug: pydantic's error type (`missing`, `int_parsing`, `greater_than_equal`), or
            `removed-key`, `conflict`, `conversion-failed`, `incomplete`, `newer-version`, `invalid-version`,
            `chain-failed`, `unreadable-source`.
        field: The field of today's class, as a dotted path; empty where it is about a source as a whole.
        spelling: The key as whoever set it wrote it; where nothing set it, how it can be set.
        source: Where that is: `environment`, `.env file`, `secrets directory`, `TOML file` and so on.
        file: The path of the file, where there is one.
        line: The line in it, where it is known.
        problem: What is wrong, in a sentence without values.
        remedy: What to do.
    """

    kind: str
    field: str = ""
    spelling: str = ""
    source: str = ""
    file: str = ""
    line: int | None = None
    problem: str = ""
    remedy: str = ""

    def __str__(self) -> str:
        place = self.file + (f":{self.line}" if self.line is not None else "")
        where = ", ".join(part for part in (self.source, place) if part)
        head = self.spelling or self.field or "settings"
        tail = f". {self.remedy}" if self.remedy else ""
        return f"{head}{f' ({where})' if where else ''}: {self.problem or self.kind} [{self.kind}]{tail}"


class SettingsRefused(UpcastError, ValueError):
    """The settings that were found cannot become an object of the settings class.

    Attributes:
        settings: The settings class.
        problems: Everything that is wrong, each with the spelling that the user has.
    """

    reason = "settings-refused"

    def __init__(self, settings: str, problems: Sequence[SettingProblem]) -> None:
        count = len(problems)
        listed = "".join(f"\n  {problem}" for problem in problems)
        super().__init__(f"{settings}: {count} problem{'s' if count != 1 else ''} in the settings{listed}")
        self.settings = settings
        self.problems = tuple(problems)


# --- the others -----------------------------------------------------------------------------------------------------


class EncodeError(UpcastError):
    """An object that cannot be stored so that it can be read back.

    Attributes:
        reason: `not-registered`, `decode-only`, `not-finite`, `not-encodable`, `no-round-trip`, `no-downcast` or
            `invalid-argument`.
        event_type: The event type, where the object has one.
    """

    reason = "encode"

    def __init__(self, reason: str, problem: str, *, event_type: str | None = None) -> None:
        super().__init__(f"{event_type or 'event'}: {problem}")
        self.reason = reason
        self.problem = problem
        self.event_type = event_type


class MissingExtra(UpcastError, ImportError):
    """An optional dependency is needed and not installed; the message prints the command that installs it."""

    reason = "missing-extra"

    def __init__(self, extra: str, purpose: str) -> None:
        super().__init__(f'{purpose} needs the "{extra}" extra: pip install "upcast-events[{extra}]"')
        self.extra = extra
