"""The steps that bring an object from one record to another: which field became which, and what is new or gone."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
from msgspec.structs import replace

from upcast._paths import Path
from upcast._steps import Add, Relocate, Remove, Step
from upcast.schemas._revise._absent import converted, plan_absent
from upcast.schemas._revise._fresh import Origin, only_value, question_of
from upcast.schemas._revise._openness import plan_openness
from upcast.schemas._revise._pairing import Field, inner_fields, likely_pairs, sure_pair
from upcast.schemas._revise._parts import Context, Gap, Part, Place, Trail, recursive_gap, together
from upcast.schemas._revise._texts import Rewording, rewordings
from upcast.schemas._revise._values import confirmed, plain_record, plan_null, plan_value, without_null
from upcast.schemas.shapes import Made, Member, Record, Static

__all__ = ["plan_record"]


def plan_record(ctx: Context, old: Record, new: Record, here: Place) -> Part:
    """The steps for the object that is *old* and shall be *new*.

    Args:
        ctx: The plan.
        old: The record as it is stored.
        new: The record as it is read now.
        here: Where it is.

    Returns:
        Steps with paths that start in the object.
    """
    trail = ctx.entered(ctx.trail, old, new)
    if trail is None:
        return Part()
    scope = _Scope(ctx, here)
    scope.open(trail, (), old, new)
    scope.relocate()
    return scope.part()


@attrs.define(eq=False)
class _Level:
    """A record of the object that is in both versions, or is made by moving something into it.

    Attributes:
        trail: The pairs of shapes around it, and its own.
        path: Where it stands by now.
        old: What it was; nothing for one that is made.
        new: What it is.
        pairs: Its fields that are in both versions, as they were and are, by key.
        gone: Those that are in the old one only.
        fresh: Those that are in the new one only.
        made: Those of the new one that are records which moves make; whether one always does.
    """

    trail: Trail
    path: Path
    old: Record
    new: Record
    pairs: dict[str, tuple[Member, Member]] = attrs.field(factory=dict)
    gone: list[Member] = attrs.field(factory=list)
    fresh: list[Member] = attrs.field(factory=list)
    made: dict[str, tuple[Member, bool]] = attrs.field(factory=dict)

    @property
    def is_old(self) -> bool:
        """Whether the old version has it too."""
        return self.old != Record()


@attrs.define(eq=False)
class _Scope:
    """One object with all the records in it that no list or map stands before."""

    ctx: Context
    here: Place
    levels: dict[Path, _Level] = attrs.field(factory=dict)
    relocations: list[Relocate] = attrs.field(factory=list)
    taken: set[Path] = attrs.field(factory=set)
    texts: list[Step] = attrs.field(factory=list)
    gaps: list[Gap] = attrs.field(factory=list)
    constants: dict[Path, bytes] = attrs.field(factory=dict)

    # --- which is which ---------------------------------------------------------------------------------------------

    def open(self, trail: Trail, path: Path, old: Record, new: Record) -> None:
        """Compare a pair of records at *path*."""
        level = self.levels[path] = _Level(trail, path, old, new)
        stored = {member.key: member for member in old.members}
        for member in new.members:
            keys = [place[0] for place in member.places if len(place) == 1]
            found = [str(key) for key in keys if str(key) in stored and str(key) not in level.pairs]
            if found:
                if _crossed(stored[found[0]], member, old, new):
                    self._gap((*path, found[0]), "the class calls it otherwise than before, and has the old name too")
                self._pair(level, found[0], stored[found[0]], member)
            elif keys:
                level.fresh.append(member)
            else:
                self._gap((*path, member.key), "it is read from inside of another field")
        level.gone = [member for key, member in stored.items() if key not in level.pairs]

    def _pair(self, level: _Level, key: str, old: Member, new: Member) -> None:
        level.pairs[key] = old, new
        one, other = plain_record(self.ctx.old, old.shape), plain_record(self.ctx.new, new.shape)
        if one and other and (trail := self.ctx.entered(level.trail, one, other)) is not None:
            self.open(trail, (*level.path, key), one, other)

    def _gone(self) -> list[Field]:
        fields = (Field((*level.path, m.key), m) for level in self.levels.values() for m in level.gone)
        return [f for field in fields for f in inner_fields(self.ctx.old, field) if not self._is_taken(f.path)]

    def _is_taken(self, path: Path) -> bool:
        return any(path[: len(taken)] == taken for taken in self.taken)

    def _fresh(self) -> list[Field]:
        fields = (Field((*level.path, m.key), m) for level in self.levels.values() for m in level.fresh)
        return [f for field in fields for f in inner_fields(self.ctx.new, field)]

    def relocate(self) -> None:
        """Find out what became of the fields that are in one version only."""
        while pair := sure_pair(self.ctx, self._gone(), self._fresh()):
            self._relocate(*pair)
        unknown = [field for field in self._fresh() if not field.outer]
        while unknown:
            field = unknown.pop(0)
            if field in self._fresh():  # and has not become part of another answer
                self._decide(field)
            # What is moved into a record that is new as a whole leaves the others of its fields to be asked for.
            unknown += [f for f in self._fresh() if not f.outer and f.path[:-1] == field.path]

    def _relocate(self, old: Field, new: Field) -> None:
        for depth in range(len(new.outer), len(new.path)):
            if new.outer and new.path[:depth] not in self.levels:
                self._make(new.path[:depth], old)
        self.relocations.append(Relocate(old.path, new.path, "rename" if len(old.path + new.path) == 2 else "move"))
        self.taken.add(old.path)
        source, target = self.levels.get(old.path[:-1]), self.levels[new.path[:-1]]
        if source and not old.outer:
            source.gone.remove(old.member)
        target.fresh.remove(new.member)
        moved = old.member
        if (moved.required or moved.default != new.member.default) and self._may_lack(old, new):
            # Without the object that it was in, nothing says what its absence means.
            moved = replace(moved, required=False, default=None)
        self._pair(target, new.path[-1], moved, new.member)

    def _may_lack(self, old: Field, new: Field) -> bool:
        """Whether a field leaves an object that may be null or absent, while where it goes is there all the same."""
        level = self.levels[()]
        for number, key in enumerate(old.path[:-1], 1):
            found = level.pairs.get(key)
            member = found[0] if found else next(member for member in level.gone if member.key == key)
            record = plain_record(self.ctx.old, member.shape)
            assert record is not None
            nullable, _ = without_null(self.ctx.old, member.shape)
            if (nullable or not member.required) and old.path[:number] != new.path[:number]:
                return True
            level = self.levels.get(old.path[:number]) or _Level(
                level.trail, (), record, record, gone=[*record.members]
            )
        return False

    def _make(self, path: Path, moved: Field) -> None:
        """Treat a record that is new as a whole as one whose fields are new."""
        parent = self.levels[path[:-1]]
        member = next(member for member in parent.fresh if member.key == path[-1])
        record = plain_record(self.ctx.new, member.shape)
        assert record is not None
        parent.fresh.remove(member)
        parent.made[member.key] = member, moved.member.required and len(moved.path) == 1
        self.open(parent.trail, path, Record(), record)

    def _decide(self, field: Field) -> None:
        """Say what a new field was before, or is in old events."""
        member, place = field.member, ".".join((*self.here, *field.path))
        if member.required and (only := only_value(member)) is not None:
            self.constants[field.path] = only
            return
        origins = self._origins(field)
        if not origins and not member.required:
            if isinstance(member.default, Made):
                why = "its default is made anew, so that an old event is another one each time it is read"
                question = f"The default of {place} is made anew each time an old event is read. Is that fine?"
                self.gaps += confirmed(self.ctx, (*self.here, *field.path), why, question).gaps
            return  # its default is what it is in old events
        reworded = rewordings(field, self._gone(), self._fresh())
        answer = self.ctx.ask(question_of(member, place, origins, tuple(each.choice for each in reworded)))
        if answer is None or answer == "stub":
            names = ", ".join(dict.fromkeys(".".join((*self.here, *origin.old.path)) for origin in origins))
            why = "it is required, and old payloads have nothing for it" if member.required else "it is new"
            self._gap(field.path, f"{why}, or what {names} was" if names else why)
        elif answer.startswith("json:"):
            self.constants[field.path] = answer.removeprefix("json:").encode()
        elif found := next((each for each in reworded if each.choice.key == answer), None):
            self._reword(found)
        elif origin := next((each for each in origins if each.choice.key == answer), None):
            self._relocate(origin.old, origin.new)

    def _origins(self, field: Field) -> list[Origin]:
        """The fields that a new one, or one inside of it, may have been before."""
        gone = self._gone()
        own = [Origin(score, old, field) for score, old in likely_pairs(self.ctx, gone, field, self.here)]
        known = [origin.old.path for origin in own]
        others = [old for old in gone if not old.outer and old.path not in known]
        inner = [
            Origin(score, old, new)
            for new in inner_fields(self.ctx.new, field)
            if new is not field
            for score, old in likely_pairs(self.ctx, others, new, self.here)
        ]
        return own + sorted(inner, key=lambda origin: -origin.score)

    def _reword(self, found: Rewording) -> None:
        level = self.levels[found.new[0].path[:-1]]
        for field in found.old:
            level.gone.remove(field.member)
        for field in found.new:
            level.fresh.remove(field.member)
        self.texts.append(found.step)

    def _gap(self, path: Path, why: str) -> None:
        self.gaps.append(Gap(".".join((*self.here, *path)), why))

    # --- the steps --------------------------------------------------------------------------------------------------

    def part(self) -> Part:
        """The steps: what moves first, then what is done to each record, from the outside to the inside."""
        found = Part((*self.relocations, *self.texts), gaps=tuple(self.gaps))
        for level in sorted(self.levels.values(), key=lambda level: len(level.path)):
            inner = self._level_part(level)
            touched = any(
                path[: len(level.path)] == level.path
                for step in self.relocations
                for path in (step.source, step.target)
            )
            if (inner.steps or touched) and self.ctx.meets_itself(level.trail, level.old, level.new):
                found += recursive_gap((*self.here, *level.path))
            found += inner.under(level.path) if level.path else inner
        return found

    def _level_part(self, level: _Level) -> Part:
        here = (*self.here, *level.path)
        steps: list[Step] = [
            Add((key,), b"{}") for key, (member, always) in level.made.items() if member.required and not always
        ]
        losses: list[str] = []
        for member in level.gone:
            steps.append(Remove((member.key,)))
            losses += self._losses(level, member)
        return (
            Part(tuple(steps), losses=tuple(losses))
            + (plan_openness(self.ctx, level.old, level.new, here) if level.is_old else Part())
            + together(self._field_part(level, key, here) for key in level.pairs)
            + Part(tuple(self._constants(level)))
        )

    def _field_part(self, level: _Level, key: str, here: Place) -> Part:
        old, new = level.pairs[key]
        place = (*here, key)
        inside = attrs.evolve(self.ctx, trail=level.trail)
        if (*level.path, key) not in self.levels:
            value = plan_value(inside, old.shape, new.shape, (key,), place)
            return plan_absent(self.ctx, old, new, value, key, place) + value
        nulls = plan_null(self.ctx, old.shape, new.shape, (key,), place)
        if default := _object_default(old):
            # What is moved has been moved before the default is added, so that is added as it is now.
            alone = plan_value(inside.trial(), old.shape, new.shape, (key,), place)
            if not alone.certain or self._crossed_by_moves((*level.path, key)):
                return nulls + Part(gaps=(Gap(".".join(place), "its old default cannot be told in its new shape"),))
            old = replace(old, default=converted(default, alone.steps, key))
        return plan_absent(self.ctx, old, new, nulls, key, place) + nulls

    def _crossed_by_moves(self, path: Path) -> bool:
        """Whether something is moved into an object or out of it."""
        inside = [[place[: len(path)] == path for place in (s.source, s.target)] for s in self.relocations]
        return any(one != other for one, other in inside)

    def _constants(self, level: _Level) -> Iterator[Step]:
        for path, text in self.constants.items():
            if path[:-1] == level.path:
                yield Add(path[-1:], text)

    def _losses(self, level: _Level, member: Member) -> Iterator[str]:
        """What is lost with a field: nothing that went elsewhere before."""
        path = (*level.path, member.key)
        if any(taken[: len(path)] == path for taken in self.taken):
            outer = Field(path, member)
            yield from (
                ".".join((*self.here, *field.path))
                for field in inner_fields(self.ctx.old, outer)
                if field.path != path and not self._is_taken(field.path)
            )
        else:
            yield ".".join((*self.here, *path))


def _object_default(member: Member) -> Static | None:
    """The default of a field, where it is an object with anything in it."""
    default = None if member.required else member.default
    return default if isinstance(default, Static) and default.json not in ("null", "{}") else None


def _crossed(old: Member, new: Member, before: Record, after: Record) -> bool:
    """Whether a key seems to have gone from one field of the class to another."""
    was, now = {member.name for member in before.members}, {member.name for member in after.members}
    return old.name != new.name and (old.name in now or new.name in was)
