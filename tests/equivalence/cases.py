"""What the suite must have met: each case that the design of compiled readers names, as the tags that show it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

__all__ = ["CASES", "classifier"]


def _each(*choices: str) -> list[frozenset[str]]:
    return [frozenset(choice.split()) for choice in choices]


CASES: dict[str, list[frozenset[str]]] = {
    # how readers are built, and what was tried
    "field validators, after": _each("field-validator-after rename"),
    "field validators, wrap": _each("field-validator-wrap rename"),
    "field validators, before and plain": _each("field-validator-before rename", "field-validator-plain rename"),
    "private attributes and post-init": _each("private-attribute model-post-init"),
    "generic models": _each("pydantic-generic rename"),
    "generic Structs": _each("struct-generic rename"),
    "frozen models": _each("pydantic-frozen rename"),
    "computed fields": _each("computed-field rename"),
    "strict mode": _each("pydantic-strict rename"),
    "nested discriminated unions": _each("family:pydantic tagged-union"),
    "frozen Structs": _each("struct-frozen rename"),
    "Structs without gc": _each("struct-gc-off rename"),
    "Structs with cached hash": _each("struct-cache_hash"),
    "Structs with a dict": _each("struct-dict rename"),
    "method-only inheritance": _each("struct-method-base rename"),
    "post-init of Structs": _each("family:struct post-init"),
    "post-init of attrs classes": _each("family:attrs post-init"),
    "post-init of dataclasses": _each("family:dataclass post-init"),
    "validators of attrs classes": _each("attrs-validator"),
    "pydantic dataclasses": _each("family:pydantic-dataclass rename"),
    # settled at build
    "a constant for a mutable field": _each("add-mutable valid"),
    "a constant belongs to the fields set": _each("family:pydantic add valid"),
    "swapped names": _each("swap"),
    "reused names": _each("reused-name"),
    "recursive models": _each("family:pydantic recursive"),
    "recursive Structs": _each("family:struct recursive"),
    "deferred build": _each("pydantic-defer_build"),
    # the plain lane at build
    "model validators, before": _each("model-validator-before"),
    "model validators, wrap": _each("model-validator-wrap"),
    "custom __init__": _each("custom-init"),
    "custom core schema": _each("custom-core-schema"),
    "extra allowed, with drops": _each("extra-allow remove"),
    "extra allowed, with renames": _each("extra-allow rename"),
    "extra allowed, with renames onto existing names": _each("extra-allow rename-onto-existing"),
    "extra forbidden, with drops": _each("extra-forbid remove"),
    "never validated by alias": _each("validate-by-alias-off"),
    "weak-referenced Structs": _each("struct-weakref"),
    "Structs with fields at two levels": _each("struct-two-levels"),
    "types that read their own class": _each(
        "post-init-own-class", "post-init-own-class-check", "post-init-wire-names"
    ),
    "nested array_like": _each("struct-array-like"),
    "smart unions": _each("smart-union rename"),
    "old discriminator values": _each("map-tag"),
    "a renamed tag": _each("rename-tag"),
    "opaque functions": _each("function"),
    # the plain lane by message
    "an optional field under its new name only": _each("new-only-optional"),
    "a new name with escapes": _each("new-only-escaped"),
    "huge numbers in skipped fields": _each("unknown:400-digits", "unknown:5000-digits"),
    "large exponents in skipped fields": _each("unknown:large-exponent"),
    # payloads
    "both names, old first": _each("both:old-first"),
    "both names, new first": _each("both:new-first"),
    "explicit null": _each("null"),
    "defaults": _each("default missing"),
    "default factories": _each("default-factory missing"),
    "a duplicate key, the first odd": _each("duplicate:odd-first rename"),
    "a duplicate key, the last odd": _each("duplicate:odd-last rename"),
    "minus zero": _each("number:minus-zero"),
    "lone surrogates in read fields": _each("string:lone-surrogate"),
    "lone surrogates in skipped fields": _each("unknown:lone-surrogate"),
    "lone surrogates in keys": _each("lone-surrogate-key"),
    "1e999": _each("number:1e999"),
    "1e999 in skipped fields": _each("unknown:1e999"),
    "NaN": _each("number:nan"),
    "NaN in skipped fields": _each("unknown:nan"),
    "infinity": _each("number:infinity"),
    "invalid UTF-8 in unknown fields": _each("unknown:invalid-utf8"),
    "renamed, then re-added": _each("renamed-then-re-added"),
    "removed, then re-added": _each("removed-then-re-added"),
    "a move into an object that exists": _each("move-into-object"),
    "tagged unions of Structs": _each("family:struct tagged-union"),
    "a tagged Struct": _each("struct-tag"),
    "frozen and slotted dataclasses": _each("dataclass-frozen", "dataclass-slots"),
    "slotted and weak-referenced attrs classes": _each(
        "family:attrs attrs-weakref_slot-off", "family:attrs attrs-slots-off"
    ),
    "aliases": _each("alias rename"),
    "alias choices": _each("alias-choices"),
    "alias paths": _each("alias-path"),
    "populated by name": _each("populate-by-name", "validate-by-name"),
    "renamed optional fields": _each("rename-optional new-only"),
    "omitted defaults": _each("struct-omit_defaults"),
    "forbidden unknown fields": _each("struct-forbid unknown"),
    "renamed wire names": _each("struct-rename"),
    "functions that return NaN": _each("convert-nan", "convert-infinite", "convert-nan_decimal"),
    "functions that return no JSON": _each("convert-no_json"),
    "functions that raise": _each("convert-boom", "convert-key_boom", "convert-leave", "function-raises"),
    "functions that return their argument": _each("convert-identity"),
    "maps with default": _each("map-default"),
    "maps without default": _each("map-without-default"),
    "unchanged edges": _each("unchanged"),
    "steps on unknown names": _each("unknown-name"),
    "flat events": _each("flat rename"),
    "flat events with a declared header": _each("flat-header"),
    "escaped keys": _each("escaped-key"),
    "escapes in values": _each("string:escape-in-value"),
    "control characters": _each("control-character", "broken:control-character"),
    "bad escapes": _each("broken:bad-escape", "bad-escape-key"),
    "leading zeros": _each("number:leading-zero"),
    "truncated text": _each("truncated"),
    "trailing garbage": _each("trailing-garbage"),
    "a byte order mark": _each("bom"),
    "whitespace": _each("whitespace"),
    "the empty object": _each("empty-object"),
    "no object": _each("not-an-object"),
    "deep unknown fields": _each("unknown:deep"),
    "30 digits": _each("number:30-digits"),
    "400 digits": _each("number:400-digits"),
    "written with a trailing zero": _each("number:trailing-zero"),
    "too many digits for a float": _each("number:many-digits"),
    "a field read by its attribute's name": _each(
        "populate-by-name otherwise-named", "validate-by-name otherwise-named"
    ),
    "a tag that is not today's": _each("struct-tag nasty:tag"),
    "a Decimal that is no number": _each("nasty:decimal", "nasty:optional-decimal"),
    "an object put together of what stood beside it": _each("scattered"),
    "a conversion of what is replaced": _each("overwritten"),
    "a split": _each("split"),
    "extra with a type": _each("typed-extra"),
    "subclasses that are refused": _each("subclass-hook rename"),
}
"""By name, the sets of tags of which one must occur in a chain together with one of its payloads."""


def classifier(tags: set[str], counter: Counter[str]) -> Callable[[frozenset[str]], None]:
    """For the tags of a chain a function of the tags of a payload that counts the cases they show."""
    by_chain: list[str] = []
    left: list[tuple[str, frozenset[str]]] = []
    for name, choices in CASES.items():
        rests = [choice - tags for choice in choices]
        if not all(rests):
            by_chain.append(name)
        else:
            left += [(name, rest) for rest in rests]

    def note(payload: frozenset[str]) -> None:
        counter.update(by_chain)
        counter.update(name for name, rest in left if rest <= payload)

    return note
