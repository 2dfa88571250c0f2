"""Which rule a change of a member falls under: whether it came, went, or stands under another name or elsewhere."""

from __future__ import annotations

import attrs

from upcast.schemas._compare._obstacle import Aspect, Obstacle
from upcast.schemas._compare._places import Parts
from upcast.schemas._compare._renames import Rename
from upcast.schemas._compare._stored import Stored
from upcast.schemas.findings import Direction
from upcast.schemas.shapes import Hashed, Made, Member, Record, Static, Text

__all__ = ["Named", "Versions"]

_RULES: dict[Aspect, str] = {
    "default": "U303",
    "made": "U308",
    "also": "U110",
    "closed": "U508",
    "shadow": "U103",
    "beside": "U103",
}


@attrs.frozen
class Named:
    """What is said of a member.

    Attributes:
        rule: The rule.
        parts: Where it stands in the newer version, or stood in the older.
        old: The member as it was; None where it is new.
        new: The member as it is; None where it is gone.
        old_parts: Where it stood.
        more: Rules that say the same in other words.
        among: The places of the parts, where one member became several or several one.
    """

    rule: str
    parts: Parts
    old: Member | None = None
    new: Member | None = None
    old_parts: Parts = ()
    more: tuple[str, ...] = ()
    among: tuple[Parts, ...] = ()


@attrs.frozen
class Versions:
    """What is known of the two versions as wholes.

    Attributes:
        old: What the older one stored.
        new: What the newer one stores.
        renames: What seems to have another name or place.
    """

    old: Stored
    new: Stored
    renames: tuple[Rename, ...]

    def named(self, one: Obstacle, direction: Direction) -> Named:
        """The rule of an obstacle that is about a member."""
        assert one.inside is not None
        assert one.member is not None
        writer, reader = one.inside
        base = one.reader_parts[: len(one.reader_parts) - len(one.member.places[0])]
        if direction == "backward":
            old, new = self.old.reader_of(writer), reader
        else:
            old, new = reader, self.new.reader_of(writer)
        stored = self.old if direction == "backward" else self.new
        about = _About(self, direction, base, old, new, writer, stored)
        if one.aspect == "shadow" and direction == "forward":
            return Named("U106", about.base + one.member.places[0], old=one.member)
        told = {"absent": about.absent, "undeclared": about.undeclared, "lost": about.lost}
        return told[one.aspect](one.member) if one.aspect in told else about.kept(one)

    def renamed(self, *, old: Parts = (), new: Parts = ()) -> Rename | None:
        """The rename of a place, or of what stands below it."""
        for rename in self.renames:
            if (old and rename.old[: len(old)] == old) or (new and rename.new[: len(new)] == new):
                return rename
        return None


@attrs.frozen
class _About:
    """What is known of a pair of objects: how both versions read them, and what the writer writes of its own."""

    versions: Versions
    direction: Direction
    base: Parts
    old: Record
    new: Record
    writer: Record
    stored: Stored

    def absent(self, member: Member) -> Named:
        """The rule where the reader needs a member that need not be there."""
        written = next((each for each in self.writer.members if _reads(member, each.places[0][0])), None)
        if written is not None and not self.stored.computes(self.writer, written.name):
            return self._optional(member, written)
        reader = self.old if self.direction == "backward" else self.new
        reading = next((each for each in reader.members if _reads(each, member.places[0][0])), None)
        if reading is not None:
            return self._unwritten(member, reading)
        if self.direction == "backward":
            return self._elsewhere(None, member) or Named("U101", self._at(member), new=member)
        return self._elsewhere(member, None) or Named("U104", self._at(member), old=member)

    def undeclared(self, member: Member) -> Named:
        """The rule where the reader forbids a member that is written."""
        if self.stored.computes(self.writer, member.name):
            return Named("U119", self._at(member), new=member)
        drifting = self._drifting(member)
        if drifting is not None:
            return drifting
        if self.direction == "backward":
            return self._elsewhere(member, None) or Named("U105", self._at(member), old=member)
        return self._elsewhere(None, member) or Named("U102", self._at(member), new=member)

    def lost(self, member: Member) -> Named:
        """The rule where what is written is read over."""
        found = self._drifting(member) or self._elsewhere(member, None)
        if found is None:
            return Named("U104" if member.required else "U106", self._at(member), old=member)
        new = found.new or self._member_at(found.parts)
        if found.rule == "U109" and not member.required and new is not None and not new.required:
            return attrs.evolve(found, rule="U111")
        return found

    def kept(self, one: Obstacle) -> Named:
        """The rule where a member is read, and its absence or its name has changed."""
        member = one.member
        assert member is not None
        was = next((each for each in self.old.members if _reads(member, each.places[0][0])), None)
        old_parts = () if was is None else self._at(was)
        rule = _RULES[one.aspect]
        if one.aspect == "default" and was is not None and isinstance(was.default, Static | Hashed):
            rule = "U306" if isinstance(member.default, Made) else rule
        return Named(rule, self._at(member), old=was, new=member, old_parts=old_parts)

    def _member_at(self, parts: Parts) -> Member | None:
        return next((each for each in self.new.members if self._at(each) == parts), None)

    def _drifting(self, member: Member) -> Named | None:
        """The rule where the writer's own class does not read what it writes either."""
        own = next((each for each in self.stored.reader_of(self.writer).members if each.name == member.name), None)
        if own is None or _reads(own, member.key):
            return None
        return Named("U117", self._at(own), old=own, new=own, old_parts=self._at(own))

    def _at(self, member: Member) -> Parts:
        return (*self.base, *member.places[0])

    def _optional(self, reading: Member, written: Member) -> Named:
        own = next((each for each in self.stored.reader_of(self.writer).members if each.name == written.name), written)
        omitted = (self.writer, written.name) in self.stored.omitted
        if self.direction == "backward":
            old, new = own, reading
            rule, more = "U107", _default_rule(own)
        else:
            old, new = reading, own
            rule, more = "U108", ("U304",)
        if omitted:
            rule, more = "U118", ()
        return Named(rule, self._at(new), old=old, new=new, old_parts=self._at(old), more=more)

    def _unwritten(self, member: Member, reading: Member) -> Named:
        """The rule where the writer's class reads what the reader needs, and writes it otherwise or not at all."""
        backward = self.direction == "backward"
        old, new = (reading, member) if backward else (member, reading)
        path = next(each for each in reading.places if each[0] == member.places[0][0])
        written = next((each for each in self.writer.members if each.name == reading.name), None)
        old_parts = self._at(old)
        if written is None:
            rule = "U107" if backward else "U108"
        elif not _reads(reading, written.places[0][0]):
            rule = "U117"
        elif len(path) > 1:
            rule, old_parts = "U112", (*self.base, *path)
        elif reading.name == member.name:
            rule = self._alias_rule(old, new)
        else:
            rule = "U110"
        return Named(rule, self._at(new), old=old, new=new, old_parts=old_parts)

    @staticmethod
    def _alias_rule(old: Member, new: Member) -> str:
        return "U116" if old.key == old.name and new.key != new.name else "U115"

    def _elsewhere(self, old: Member | None, new: Member | None) -> Named | None:
        """A member of another name or place, of which one side is known."""
        by_name = self._by_name(old, new)
        if by_name is not None:
            return by_name
        known = self._at(old or new or Member(name="", shape=Text()))
        rename = self.versions.renamed(old=known) if old is not None else self.versions.renamed(new=known)
        if rename is None or not rename.certain:
            divided = self._divided(old, new)
            if divided is not None:
                return divided
        if rename is not None:
            rule = "U109" if len(rename.old) == len(rename.new) else "U112"
            return Named(rule, rename.new, old=old, new=new, old_parts=rename.old)
        return None

    def _by_name(self, old: Member | None, new: Member | None) -> Named | None:
        """A member that its class calls as before, and stores under another name."""
        name = (old or new or Member(name="", shape=Text())).name
        was = next((each for each in self.old.members if each.name == name), None)
        now = next((each for each in self.new.members if each.name == name), None)
        if was is None or now is None or was.key == now.key:
            return None
        return Named(self._alias_rule(was, now), self._at(now), old=was, new=now, old_parts=self._at(was))

    def _divided(self, old: Member | None, new: Member | None) -> Named | None:
        """One text that became several, or several that became one."""
        keys = {path[0] for each in self.new.members for path in each.places}
        gone = [each for each in self.old.members if each.places[0][0] not in keys]
        former = {path[0] for each in self.old.members for path in each.places}
        come = [each for each in self.new.members if each.places[0][0] not in former]
        if {len(gone) > 1, len(come) > 1} != {True, False} or not gone or not come:
            return None
        every = [*gone, *come]
        known = {each.name for each in every}
        if not all(isinstance(each.shape, Text) and each.required for each in every):
            return None
        if (old or new or every[0]).name not in known:
            return None
        among = tuple(self._at(each) for each in (come if len(come) > 1 else gone))
        return Named("U113", self._at(come[0]), old=gone[0], new=come[0], old_parts=self._at(gone[0]), among=among)


def _default_rule(old: Member) -> tuple[str, ...]:
    if old.default is None:
        return ()
    return ("U307",) if old.default == Static("null") else ("U305",)


def _reads(member: Member, key: str | int) -> bool:
    return any(path[0] == key for path in member.places)
