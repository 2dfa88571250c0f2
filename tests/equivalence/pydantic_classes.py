"""Random pydantic models and pydantic dataclasses, as source."""

from __future__ import annotations

from random import Random

from equivalence.case import ClassSource
from equivalence.shapes import Spec
from equivalence.values import KINDS

__all__ = ["PydanticClasses"]

_NESTABLE = ("str", "int", "float", "decimal", "datetime", "optional-str", "list-int", "any", "enum", "positive", "map")
_PLAIN = [name for name, kind in KINDS.items() if kind.source["p"]]

_FIELD_VALIDATORS = {
    "after": (
        "return v",
        "return v.upper() if isinstance(v, str) else v",
        "return boom(v)",
        "return key_boom(v)",
        "return cls.__name__ if isinstance(v, str) and v == 'x' else v",
        "return [*v, 1] if isinstance(v, list) else v",
    ),
    "before": (
        "return v",
        "return v.strip() if isinstance(v, str) else v",
        "return boom(v)",
        "return '7' if v is None else v",
    ),
    "plain": ("return v", "return boom(v)", "return str(v)"),
    "wrap": (
        "return handler(v)",
        "try:\n    return handler(v)\nexcept ValueError:\n    return None",
        "return boom(handler(v))",
    ),
}
_MODEL_VALIDATORS = {
    "before": (
        "return data",
        "return {**data, 'seen': sorted(data)} if isinstance(data, dict) else data",
        "assert not isinstance(data, dict) or len(data) % 4, 'four'\nreturn data",
        "return {**data, '{name}': data.pop('{name}', None)} if isinstance(data, dict) else data",
    ),
    "wrap": (
        "return handler(data)",
        "made = handler(data)\nobject.__setattr__(made, '_note', str(data))\nreturn made",
        "if isinstance(data, dict) and '{name}' not in data:\n    raise ValueError('absent')\nreturn handler(data)",
    ),
    "after": ("return self", "boom(self.{name})\nreturn self", "str(self.model_fields_set)\nreturn self"),
}
_BOOLEANS = (
    "frozen",
    "strict",
    "str_strip_whitespace",
    "coerce_numbers_to_str",
    "use_enum_values",
    "validate_default",
    "defer_build",
    "validate_assignment",
    "hide_input_in_errors",
)


class PydanticClasses:
    """Writes the classes of one case; the same attributes as `MsgspecClasses`."""

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
        if self.chance(0.12, "recursive"):
            return Spec(name, "", ("Event",), self.random.choice(("list", "optional")), optional=True)
        many = self.random.choice(("", "", "", "list", "map", "optional"))
        optional = many == "optional" or (many != "" and self.random.random() < 0.4)
        if self.chance(0.35):
            tag = self.random.choice(("type", "kind", "")) if self.family == "pydantic" else ""
            self.tags.add("tagged-union" if tag else "smart-union")
            names = (f"{inner}A", f"{inner}B")
            for choice in names:
                specs = self.inner()
                if tag:
                    specs.insert(0, Spec(tag, f"tag:{choice.lower()}"))
                self.write(choice, specs)
            return Spec(name, "", names, many, optional, tag)
        self.write(inner, self.inner())
        return Spec(name, "", (inner,), many, optional)

    def inner(self) -> list[Spec]:
        """The fields of a nested class."""
        names = self.random.sample(("p", "q", "r_s", "zip", "n"), self.random.randint(1, 3))
        return [Spec(name, self.random.choice(_NESTABLE), optional=self.random.random() < 0.3) for name in names]

    def write(self, name: str, specs: list[Spec], *, top: bool = False) -> None:
        """Write one class."""
        self.specs[name] = specs
        if self.family == "pydantic" if top else self.random.random() < 0.8:
            self._model(name, specs, top)
        else:
            specs.sort(key=lambda spec: spec.optional)
            self._dataclass(name, specs)

    # --- fields -----------------------------------------------------------------------------------------------------

    def annotation(self, spec: Spec) -> str:
        """The type of a field."""
        if spec.kind.startswith("tag:"):
            return f"Literal[{spec.kind.removeprefix('tag:')!r}]"
        if spec.kind:
            return KINDS[spec.kind].source["p"]
        if spec.classes == ("Event",):
            return f"'list[Event]{'' if spec.many == 'list' else ' | None'}'"
        inner = " | ".join(spec.classes)
        if spec.tag:
            inner = f"Annotated[{inner}, Field(discriminator={spec.tag!r})]"
        return {"": inner, "list": f"list[{inner}]", "map": f"dict[str, {inner}]", "optional": f"{inner} | None"}[
            spec.many
        ]

    def line(self, spec: Spec, *, field: str = "Field") -> str:
        """The declaration of a field."""
        parts: list[str] = []
        if spec.optional:
            parts.append(self._default(spec))
        if not spec.kind.startswith("tag:"):
            parts += self._names(spec.name)
        for part, share in (("repr=False", 0.05), ("frozen=True", 0.05), ("exclude=True", 0.02)):
            if self.chance(share, f"field-{part}"):
                parts.append(part)
        if spec.kind and spec.optional and self.chance(0.15, "validate-default"):
            parts.append("validate_default=True")
            if self.chance(0.3, "bad-default"):
                parts[0] = "default='not this'"
        return f"{spec.name}: {self.annotation(spec)}" + (f" = {field}({', '.join(parts)})" if parts else "")

    def _default(self, spec: Spec) -> str:
        if not spec.kind:
            self.tags.add("default")
            return {"list": "default_factory=list", "map": "default_factory=dict"}.get(spec.many, "default=None")
        default = KINDS[spec.kind].default
        if default.startswith("lambda") or default in {"list", "dict", "set", "frozenset"}:
            self.tags.add("default-factory")
            return f"default_factory={default}"
        if spec.kind in {"str", "any"} and self.chance(0.2, "factory-of-data"):
            self.tags.add("default-factory")
            return "default_factory=lambda data: str(sorted(data))"
        self.tags.add("default")
        return f"default={default}"

    def _names(self, name: str) -> list[str]:
        choice = self.random.random()
        if choice > 0.4:
            return []
        upper = repr(name.upper())
        if choice < 0.2:
            self.tags.add("alias")
            return [f"alias={upper}"]
        if choice < 0.25:
            self.tags.add("validation-alias")
            return [f"validation_alias={upper}"] + (
                [f"serialization_alias={upper}"] if self.random.random() < 0.6 else []
            )
        if choice < 0.32:
            self.tags.add("alias-choices")
            first = self.random.choice((upper, repr(name), f"AliasPath('box', {name!r})"))
            return [
                f"validation_alias=AliasChoices({first}, {name + '_2'!r})",
                *self.random.choice(([], [f"serialization_alias={upper}"])),
            ]
        if choice < 0.37:
            self.tags.add("alias-path")
            return [f"validation_alias=AliasPath('box', {self.random.choice((name, 0, 'inner'))!r})"]
        self.tags.add("serialization-alias")
        return [f"serialization_alias={upper}"]

    def _config(self) -> list[str]:
        options = [f"{option}=True" for option in _BOOLEANS if self.chance(0.07, f"pydantic-{option}")]
        if self.chance(0.3):
            extra = self.random.choice(("allow", "allow", "forbid", "forbid", "ignore"))
            self.tags.add(f"extra-{extra}")
            options.append(f"extra={extra!r}")
        by_name = self.random.random()
        if by_name < 0.13:
            self.tags.add("populate-by-name")
            options.append("populate_by_name=True")
        elif by_name < 0.24:
            self.tags.add("validate-by-name")
            options.append("validate_by_name=True")
        elif by_name < 0.3:
            self.tags.add("validate-by-alias-off")
            options.append("validate_by_name=True, validate_by_alias=False")
        if self.chance(0.05, "alias-generator"):
            options.append("alias_generator=to_camel")
        return options

    def _validators(self, specs: list[Spec], *, model: bool) -> list[str]:
        """Field validators and model validators."""
        body: list[str] = []
        for number, spec in enumerate(specs):
            if spec.kind.startswith("tag:") or not self.chance(0.12):
                continue
            mode = self.random.choice(("after", "after", "before", "wrap", "plain"))
            self.tags.add(f"field-validator-{mode}")
            arguments = "cls, v, handler" if mode == "wrap" else "cls, v"
            text = self.random.choice(_FIELD_VALIDATORS[mode])
            body.append(
                _method(
                    f"pydantic.field_validator({spec.name!r}, mode={mode!r})\n@classmethod",
                    f"check_{number}",
                    arguments,
                    text,
                )
            )
        if self.chance(0.15):
            mode = self.random.choice(("after", "before", "wrap"))
            self.tags.add(f"model-validator-{mode}")
            text = self.random.choice(_MODEL_VALIDATORS[mode] if model else _MODEL_VALIDATORS[mode][:1])
            arguments = {"before": "cls, data", "wrap": "cls, data, handler", "after": "self"}[mode]
            classmethod_ = "" if mode == "after" else "\n@classmethod"
            name = self.random.choice(specs).name
            body.append(
                _method(
                    f"pydantic.model_validator(mode={mode!r}){classmethod_}",
                    "whole",
                    arguments,
                    text.replace("{name}", name),
                )
            )
        return body

    # --- families ---------------------------------------------------------------------------------------------------

    def _model(self, name: str, specs: list[Spec], top: bool) -> None:
        config = self._config()
        body = [f"model_config = ConfigDict({', '.join(config)})"] if config else []
        lines = [self.line(spec) for spec in specs]
        some = self.random.choice(specs).name
        rest = self._validators(specs, model=True)
        if self.chance(0.15, "private-attribute"):
            rest.append(
                self.random.choice(
                    ("_note: Any = PrivateAttr(default=3)", "_note: Any = PrivateAttr(default_factory=list)")
                )
            )
            if self.chance(0.5, "model-post-init"):
                text = self.random.choice(
                    (
                        "self._note = sorted(self.model_fields_set)",
                        "boom(self.{0})",
                        "self._note = (type(self).__name__, repr(self))",
                    )
                )
                rest.append(f"def model_post_init(self, context):\n    {text.format(some)}")
        if self.chance(0.1, "computed-field"):
            rest.append(f"@computed_field\n@property\ndef shown(self) -> str:\n    return str(self.{some})")
        if self.chance(0.08, "class-variable"):
            rest.append("FACTOR: ClassVar[int] = 3")
        if "extra='allow'" in config and self.chance(0.3, "typed-extra"):
            rest.append("__pydantic_extra__: dict[str, int]")
        if top and self.chance(0.04, "custom-init"):
            rest.append("def __init__(self, **data):\n    super().__init__(**{**data, 'init': 1})")
        if top and self.chance(0.04, "custom-core-schema"):
            schema = self.random.choice(
                ("handler(source)", "core_schema.no_info_after_validator_function(identity, handler(source))")
            )
            rest.append(f"@classmethod\ndef __get_pydantic_core_schema__(cls, source, handler):\n    return {schema}")
        if self.chance(0.06, "own-eq"):
            rest.append(
                f"def __eq__(self, other):\n    return type(self) is type(other) and self.{some} == other.{some}"
            )
        if top and self.chance(0.06, "subclass-hook"):
            hook = self.random.choice(("__init_subclass__", "__pydantic_init_subclass__"))
            rest.append(f"@classmethod\ndef {hook}(cls, **keywords):\n    raise TypeError('no subclasses')")
        base = "BaseModel"
        if self.chance(0.1, "pydantic-generic"):
            base = f"{name}Of[int]"
            self.classes.append(ClassSource(f"{name}Of", [], ["BaseModel", "Generic[T]"], ["generic_: T"]))
            specs.append(Spec("generic_", "int"))
        elif self.chance(0.1, "pydantic-inherits"):
            base = f"{name}Base"
            half = self.random.randrange(len(lines) + 1)
            self.classes.append(ClassSource(base, [], ["BaseModel"], lines[:half]))
            lines = lines[half:]
        self.classes.append(ClassSource(name, [], [base], [*body, *lines, *rest]))

    def _dataclass(self, name: str, specs: list[Spec]) -> None:
        config = self._config()
        options = [
            f"{option}=True"
            for option in ("frozen", "kw_only", "slots", "order")
            if self.chance(0.15, f"pydantic-dataclass-{option}")
        ]
        options += [f"config=ConfigDict({', '.join(config)})"] if config else []
        lines = sorted((self.line(spec) for spec in specs), key=lambda line: " = " in line)
        rest = self._validators(specs, model=False)
        if self.chance(0.2, "post-init"):
            some = self.random.choice(specs).name
            text = self.random.choice(
                (f"boom(self.{some})", f"key_boom(self.{some})", "repr(self)", "assert type(self).__name__")
            )
            rest.append(f"def __post_init__(self):\n    {text}")
        decorator = f"pydantic.dataclasses.dataclass({', '.join(options)})"
        self.classes.append(ClassSource(name, [decorator], [], [*lines, *rest]))


def _method(decorator: str, name: str, arguments: str, text: str) -> str:
    return f"@{decorator}\ndef {name}({arguments}):\n" + "\n".join(f"    {line}" for line in text.splitlines())
