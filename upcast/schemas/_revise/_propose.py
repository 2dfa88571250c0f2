"""A revision: the steps between two versions, what was asked for them, and how far they are proven."""

from __future__ import annotations

import keyword
from collections.abc import Callable, Sequence

import attrs

from upcast._steps import Step
from upcast.errors import InvalidStep
from upcast.schemas._compare._renames import renames
from upcast.schemas._compare._stored import stored
from upcast.schemas._rebuild import rebuild
from upcast.schemas._revise._names import words
from upcast.schemas._revise._parts import Context, Function, Gap, Part
from upcast.schemas._revise._prove import Unproven, prove
from upcast.schemas._revise._questions import Answers, Asked
from upcast.schemas._revise._scope import plan_record
from upcast.schemas._revise._values import plan_value
from upcast.schemas._sampler import samples
from upcast.schemas.shapes import Record, SchemaSnapshot

__all__ = ["Revision", "propose"]


@attrs.frozen
class Revision:
    """How stored payloads of one version become payloads of the next.

    Attributes:
        old: The older version.
        new: The newer version.
        steps: The steps; none where payloads are valid as they are, or nothing is known.
        functions: What `convert` steps call, apart from builtins; stubs among them.
        gaps: What is not known: while there are any, the steps are only a part of what is to be done.
        losses: The places that the steps remove: that data is lost, and declared to be.
        asked: What was asked, and answered.
        unproven: Why the steps are not proven; empty where they are.
        proven: How many sampled payloads the new version takes after the steps.
        samples: Those payloads, and the others that were tried.
    """

    old: SchemaSnapshot
    new: SchemaSnapshot
    steps: tuple[Step, ...]
    functions: tuple[Function, ...]
    gaps: tuple[Gap, ...]
    losses: tuple[str, ...]
    asked: tuple[Asked, ...]
    unproven: tuple[Unproven, ...]
    proven: int
    samples: tuple[bytes, ...] = attrs.field(repr=False)

    @property
    def accepted(self) -> bool:
        """Whether nothing is open and every sampled payload passes."""
        return not self.unproven

    @property
    def stubs(self) -> tuple[Function, ...]:
        """The functions that somebody has to write."""
        return tuple(function for function in self.functions if function.stub)

    @property
    def label(self) -> str:
        """Event type and versions, for messages."""
        return f"{self.new.type} v{self.old.version} -> v{self.new.version}"

    @property
    def prefix(self) -> str:
        """What the names of functions for it begin with."""
        return _prefix(self.old)

    @property
    def stub_name(self) -> str:
        """What the upcaster is called that somebody has to write."""
        return f"{self.prefix}_to_v{self.new.version}"

    @property
    def is_stub(self) -> bool:
        """Whether only an upcaster function can do it, which somebody has to write."""
        return not self.accepted and not self.needs_conversions_only

    @property
    def needs_conversions_only(self) -> bool:
        """Whether nothing is open but functions that `convert` calls."""
        return bool(self.stubs) and not self.gaps

    @property
    def reasons(self) -> tuple[str, ...]:
        """What is not known, each once; what running the steps shows only where nothing else is said."""
        known = [*map(str, self.gaps), *(f"{function.place}: {function.stub}" for function in self.stubs)]
        return tuple(dict.fromkeys(known or [str(each) for each in self.unproven]))

    @property
    def refusal(self) -> str:
        """What the stub says, in one line."""
        more = f"; and {len(self.reasons) - 3} more" if len(self.reasons) > 3 else ""
        return f"{self.label}: {'; '.join(self.reasons[:3])}{more}"


def propose(
    old: SchemaSnapshot,
    new: SchemaSnapshot,
    *,
    decode: Callable[[bytes], object] | None = None,
    recorded: Sequence[bytes] = (),
    answers: Answers,
) -> Revision:
    """Find the steps that bring stored payloads of one version to the reader of the next, and prove them.

    What the two schema snapshots do not tell is asked, and what nobody answers stays a gap. Steps are only called
    right where nothing is open and sampled payloads of the old version, run through them, are taken by the new one.

    Args:
        old: The older version.
        new: The newer version.
        decode: The decoder of the newer version's class, raising `Refused`; without one it is rebuilt.
        recorded: Payloads of the older version that were stored, which have to pass besides those that are made up.
        answers: Who answers questions.
    """
    before = stored(old).view
    ctx = Context(
        old=before,
        new=new.reader,
        label=f"{new.type} v{old.version} -> v{new.version}",
        names=_prefix(old),
        words=words(new.type),
        answers=answers,
        plan_record=plan_record,
        guesses={
            (tuple(map(str, each.old)), tuple(map(str, each.new))): each.score for each in renames(before, new.reader)
        },
    )
    part = _planned(ctx)
    reasons = [Unproven(str(gap)) for gap in part.gaps]
    reasons += [Unproven(f"{function.place}: {function.stub}") for function in part.functions if function.stub]
    decode = decode or rebuild(new.reader, new.family).decode
    payloads = [*recorded, *(sample.payload for sample in samples(before, limit=_LIMIT))]
    proven, refused = prove(part.steps, old.version, payloads, decode)
    if not payloads:
        reasons.append(Unproven("no payload of the old version could be made up, so nothing is proven"))
    return Revision(
        old,
        new,
        part.steps,
        part.functions,
        part.gaps,
        part.losses,
        tuple(ctx.asked),
        (*reasons, *refused),
        proven,
        tuple(payloads),
    )


_LIMIT = 256


def _planned(ctx: Context) -> Part:
    old, new = ctx.old.resolve(ctx.old.root), ctx.new.resolve(ctx.new.root)
    try:
        if isinstance(old, Record) and isinstance(new, Record):
            return plan_record(ctx, old, new, ())
        if plan_value(ctx.trial(), old, new, ("*",), ()).as_it_is:
            return Part()
    except InvalidStep as error:  # pragma: no cover  # a name that no path can hold
        return Part(gaps=(Gap("", str(error)),))
    return Part(gaps=(Gap("", "the payload is of another kind than before"),))


def _prefix(old: SchemaSnapshot) -> str:
    name = "_".join((*words(old.type), f"v{old.version}"))
    return name if name.isidentifier() and not keyword.iskeyword(name) else f"event_v{old.version}"
