"""Random Structs, attrs classes and dataclasses, as source."""

from __future__ import annotations

from random import Random

from equivalence.case import ClassSource
from equivalence.shapes import Spec
from equivalence.values import KINDS

__all__ = ["MsgspecClasses"]

_FAMILIES = ("struct", "attrs", "dataclass")
_NESTABLE = ("str", "int", "float", "decimal", "datetime", "optional-str", "list-int", "any", "enum", "positive", "map")
_PLAIN = [name for name, kind in KINDS.items() if kind.source["m"]]


class MsgspecClasses:
    """Writes the classes of one case.

    Attributes:
        classes: What was written; the event is last.
        specs: The fields of each.
        tags: What occurs in them.
    """

    def __init__(self, random: Random, family: str) -> None:
        self.random = random
        self.family = family
        self.classes: list[ClassSource] = []
        self.specs: dict[str, list[Spec]] = {}
        self.tags: set[str] = set()

    def chance(self, share: float, tag: str = "") -> bool:
        """True in that share of cases, which is noted."""
        found = self.random.random() < share
        if found and tag:
            self.tags.add(tag)
        return found

    def event(self, header: bool) -> None:
        """Write the event and everything in it."""
        specs: list[Spec] = []
        for n in range(self.random.choice((1, 2, 3, 4, 5, 6, 7, 16))):
            name = self.random.choice(("a", "b", "ab", "name", "total_price", "x", "kind", "from_")) + str(n)
            specs.append(self.nested(name) if self.random.random() < 0.3 else self.plain(name))
        if header:
            specs[:0] = [Spec("type", "str"), Spec("schema_version", "int")]
        self.write("Event", specs, top=True)

    def plain(self, name: str) -> Spec:
        """A field without classes."""
        return Spec(name, self.random.choice(_PLAIN), optional=self.random.random() < 0.4)

    def nested(self, name: str) -> Spec:
        """A field that holds classes, which are written too."""
        inner = f"In{len(self.classes)}"
        if self.chance(0.15, "recursive"):
            return Spec(name, "", ("Event",), self.random.choice(("list", "optional")), optional=True)
        many = self.random.choice(("", "", "", "list", "map", "optional"))
        if self.chance(0.3, "tagged-union"):
            tag_field = self.random.choice(("type", "kind", "tag"))
            names = (f"{inner}A", f"{inner}B")
            for choice in names:
                self.write(choice, self.inner(), tag_field=tag_field)
            return Spec(name, "", names, many, optional=many in {"list", "map", "optional"}, tag=tag_field)
        self.write(inner, self.inner())
        return Spec(
            name, "", (inner,), many, optional=many == "optional" or (many != "" and self.random.random() < 0.4)
        )

    def inner(self) -> list[Spec]:
        """The fields of a nested class."""
        names = self.random.sample(("p", "q", "r_s", "zip", "n"), self.random.randint(1, 3))
        return [Spec(name, self.random.choice(_NESTABLE), optional=self.random.random() < 0.3) for name in names]

    def write(self, name: str, specs: list[Spec], *, top: bool = False, tag_field: str = "") -> None:
        """Write one class."""
        specs.sort(key=lambda spec: spec.optional)  # a field with default may not come first
        # A tagged union is a matter of Structs alone.
        family = "struct" if tag_field else self.family if top else self.random.choice(("struct", *_FAMILIES))
        if "Event" in {inner for spec in specs for inner in spec.classes} and family == "attrs":
            self.tags.add("recursive-attrs")
        self.specs[name] = specs
        if family == "struct":
            self._struct(name, specs, top, tag_field)
        else:
            (self._attrs if family == "attrs" else self._dataclass)(name, specs)

    # --- parts ------------------------------------------------------------------------------------------------------

    def annotation(self, spec: Spec) -> str:
        """The type of a field."""
        if spec.kind:
            if spec.optional:
                self.tags.add("default-factory" if self._factory(spec) else "default")
            return KINDS[spec.kind].source["m"]
        if spec.classes == ("Event",):
            return f"'list[Event]{'' if spec.many == 'list' else ' | None'}'"
        inner = " | ".join(spec.classes)
        return {"": inner, "list": f"list[{inner}]", "map": f"dict[str, {inner}]", "optional": f"{inner} | None"}[
            spec.many
        ]

    def _factory(self, spec: Spec) -> str:
        """The factory of a default, if it is one."""
        if spec.kind:
            default = KINDS[spec.kind].default
            return default if default.startswith("lambda") or default in {"list", "dict", "set", "frozenset"} else ""
        return {"list": "list", "map": "dict"}.get(spec.many, "")

    def default(self, spec: Spec) -> str:
        """The default of a field that is not made by a factory."""
        return KINDS[spec.kind].default if spec.kind else "None"

    def _methods(self, name: str, specs: list[Spec], setter: str, hook: str) -> list[str]:
        """A hook that runs after a decode, and other members."""
        first = next((spec.name for spec in specs if spec.kind in {"str", "optional-str", "short"}), None)
        some = self.random.choice(specs).name
        body: list[str] = []
        if self.chance(0.15, "class-variable"):
            body += ["FACTOR: ClassVar[int] = 3", "@property\ndef shown(self):\n    return self.FACTOR"]
        if self.chance(0.1, "own-eq"):
            body.append(
                f"def __eq__(self, other):\n    return type(self) is type(other) and self.{some} == other.{some}"
            )
            body.append(
                "__hash__ = None"
                if self.random.random() < 0.5
                else f"def __hash__(self):\n    return hash(self.{some})"
            )
        if self.chance(0.3, "post-init"):
            choices = ["raises", "raises-other", "own-class-check", "looks"]
            if first:
                choices += ["normalises", "normalises", "own-class"]
                choices += ["wire-names"] if setter.startswith("msgspec") else []
            choice = self.random.choice(choices)
            self.tags.add(f"post-init-{choice}")
            assigned = setter.format(field=first)
            lowered = assigned.format(value=f"self.{first}.strip().lower()")
            text = {
                "normalises": f"if isinstance(self.{first}, str):\n    {lowered}",
                "raises": f"if len(str(self.{some})) % 3 == 0:\n    raise ValueError('length', self.{some})",
                "raises-other": f"if len(str(self.{some})) % 3 == 0:\n    raise KeyError(self.{some})",
                "own-class-check": f"if type(self) is not {name}:\n    raise TypeError(self.__class__.__name__)",
                "own-class": assigned.format(value="type(self).__name__"),
                "wire-names": assigned.format(value="','.join(self.__struct_encode_fields__)[:8]"),
                "looks": f"repr(self), [getattr(self, name) for name in {[spec.name for spec in specs]!r}]",
            }[choice]
            body.append(f"def {hook}(self):\n" + "\n".join(f"    {line}" for line in text.splitlines()))
        return body

    # --- families ---------------------------------------------------------------------------------------------------

    def _struct(self, name: str, specs: list[Spec], top: bool, tag_field: str) -> None:
        options = [
            option
            for option in ("dict", "weakref", "kw_only", "omit_defaults", "order")
            if self.chance(0.12, f"struct-{option}")
        ]
        frozen = self.chance(0.25, "struct-frozen")
        if frozen:
            options.append("frozen")
            options += ["cache_hash"] if self.chance(0.3, "struct-cache_hash") else []
        options += ["forbid_unknown_fields"] if self.chance(0.15, "struct-forbid") else []
        keywords = [f"{option}=True" for option in options]
        keywords += ["gc=False"] if not {"dict", "weakref"} & {*options} and self.chance(0.2, "struct-gc-off") else []
        if "order" not in options and self.chance(0.08, "struct-eq-off"):
            keywords.append("eq=False")
        if self.chance(0.15, "struct-rename"):
            keywords.append(f"rename={self.random.choice(('camel', 'upper', 'kebab', 'pascal'))!r}")
        if tag_field:
            keywords += [f"tag_field={tag_field!r}", f"tag={self.random.choice((True, name.lower()))!r}"]
        elif top and self.chance(0.2, "struct-tag"):
            keywords += [
                f"tag={self.random.choice(('event', True, 7))!r}",
                f"tag_field={self.random.choice(('kind', 'type', '_t'))!r}",
            ]
        elif not top and self.chance(0.05, "struct-array-like"):
            keywords.append("array_like=True")
        lines = [self._struct_line(spec) for spec in specs]
        methods = self._methods(
            name, specs, "msgspec.structs.force_setattr(self, '{field}', {{value}})", "__post_init__"
        )
        base = "Struct"
        if top and self.chance(0.08, "struct-generic"):
            base = f"{name}Of[int]"
            self.classes.append(
                ClassSource(f"{name}Of", [], ["Struct", "Generic[T]", *keywords], ["generic_: T", *lines])
            )
            self.specs[name].append(Spec("generic_", "int"))
            if not (any("=" in line for line in lines) and "kw_only" not in options):
                lines = []
        elif self.chance(0.15):
            base = f"{name}Base"
            self.tags.add(
                "struct-two-levels" if (half := self.random.randrange(len(lines) + 1)) else "struct-method-base"
            )
            frozen_too = [keyword for keyword in keywords if keyword == "frozen=True"]
            inherited = "def twice(self):\n    return self, self"
            self.classes.append(ClassSource(base, [], ["Struct", *frozen_too], [*lines[:half], inherited]))
            lines = lines[half:]
        self.classes.append(ClassSource(name, [], [base, *keywords], [*lines, *methods]))

    def _struct_line(self, spec: Spec) -> str:
        named = self.chance(0.15, "struct-field-name")
        name = f"name={self.random.choice((spec.name.upper(), spec.name + '!', 'é' + spec.name))!r}" if named else ""
        line = f"{spec.name}: {self.annotation(spec)}"
        if not spec.optional:
            return f"{line} = field({name})" if name else line
        factory = self._factory(spec)
        value = f"default_factory={factory}" if factory else f"default={self.default(spec)}"
        return f"{line} = field({', '.join(filter(None, (value, name)))})"

    def _attrs(self, name: str, specs: list[Spec]) -> None:
        frozen = self.chance(0.3, "attrs-frozen")
        options = [option for option in ("kw_only", "order") if self.chance(0.15, f"attrs-{option}")]
        keywords = [f"{option}=True" for option in options]
        keywords += [
            f"{option}=False" for option in ("slots", "weakref_slot") if self.chance(0.2, f"attrs-{option}-off")
        ]
        keywords += ["eq=False"] if "order" not in options and self.chance(0.08, "attrs-eq-off") else []
        lines = []
        for spec in specs:
            parts = []
            if spec.optional:
                factory = self._factory(spec)
                parts.append(f"factory={factory}" if factory else f"default={self.default(spec)}")
            if self.chance(0.2, "attrs-validator"):
                checks = (
                    "lambda self, field, value: boom(value)",
                    "attrs.validators.instance_of(object)",
                    "lambda self, field, value: key_boom(value)",
                )
                parts.append(f"validator={self.random.choice(checks)}")
            lines.append(f"{spec.name}: {self.annotation(spec)} = attrs.field({', '.join(parts)})")
        methods = self._methods(name, specs, "object.__setattr__(self, '{field}', {{value}})", "__attrs_post_init__")
        if self.chance(0.08, "attrs-pre-init"):
            methods.append("def __attrs_pre_init__(self):\n    pass")
        decorator = f"attrs.{'frozen' if frozen else 'define'}({', '.join(keywords)})"
        self._with_base(name, decorator, lines, methods, "attrs")

    def _dataclass(self, name: str, specs: list[Spec]) -> None:
        frozen = self.chance(0.3, "dataclass-frozen")
        options = ["frozen"] * frozen + [
            o for o in ("kw_only", "order", "slots", "unsafe_hash") if self.chance(0.2, f"dataclass-{o}")
        ]
        keywords = [f"{option}=True" for option in options]
        keywords += ["weakref_slot=True"] if "slots" in options and self.chance(0.3, "dataclass-weakref") else []
        keywords += ["eq=False"] if "order" not in options and self.chance(0.08, "dataclass-eq-off") else []
        lines = []
        for spec in specs:
            parts = ["compare=False"] if self.chance(0.1, "dataclass-compare-off") else []
            if spec.optional:
                factory = self._factory(spec)
                parts.append(f"default_factory={factory}" if factory else f"default={self.default(spec)}")
            lines.append(
                f"{spec.name}: {self.annotation(spec)}" + (f" = dataclasses.field({', '.join(parts)})" if parts else "")
            )
        methods = self._methods(name, specs, "object.__setattr__(self, '{field}', {{value}})", "__post_init__")
        if any("__hash__" in method for method in methods):
            keywords = [keyword for keyword in keywords if not keyword.startswith("unsafe_hash")]
        self._with_base(name, f"dataclasses.dataclass({', '.join(keywords)})", lines, methods, "dataclass")

    def _with_base(self, name: str, decorator: str, lines: list[str], methods: list[str], family: str) -> None:
        bases: list[str] = []
        if self.chance(0.15, f"{family}-inherits"):
            half = self.random.randrange(len(lines) + 1)
            bases = [f"{name}Base"]
            self.classes.append(ClassSource(bases[0], [decorator], [], lines[:half]))
            lines = lines[half:]
        self.classes.append(ClassSource(name, [decorator], bases, [*lines, *methods]))
