"""7xx: unions whose members are told apart by a tag, or come to be."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Discriminator, Field, Tag

from schemas.corpus._case import Case, breaks, safe


class Cat(BaseModel):
    kind: Literal["cat"] = "cat"
    lives: int = 9


class Dog(BaseModel):
    kind: Literal["dog"] = "dog"
    name: str = ""


class Fox(BaseModel):
    kind: Literal["fox"] = "fox"
    name: str = ""


class StrictCat(BaseModel):
    kind: Literal["cat"] = "cat"
    lives: int = Field(default=9, ge=0)


class TypeCat(BaseModel):
    type: Literal["cat"]
    lives: int = 9


class TypeDog(BaseModel):
    type: Literal["dog"]
    name: str = ""


class KindCat(BaseModel):
    kind: Literal["cat"]
    lives: int = 9


class KindDog(BaseModel):
    kind: Literal["dog"]
    name: str = ""


class KindCatLong(BaseModel):
    kind: Literal["felis"]
    lives: int = 9


class PlainCat(BaseModel):
    lives: int


class PlainDog(BaseModel):
    name: str


class TaggedCat(BaseModel):
    kind: Literal["cat"]
    lives: int


class TaggedDog(BaseModel):
    kind: Literal["dog"]
    name: str


class KindLion(BaseModel):
    kind: Literal["lion"]
    lives: int = 9


class KindCatOrLion(BaseModel):
    kind: Literal["cat", "lion"]
    lives: int = 9


class CatDog(BaseModel):
    pet: Annotated[KindCat | KindDog, Field(discriminator="kind")]


class DogCat(BaseModel):
    pet: Annotated[KindDog | KindCat, Field(discriminator="kind")]


class CatDogFox(BaseModel):
    pet: Annotated[Cat | Dog | Fox, Field(discriminator="kind")]


class CatDogDefaults(BaseModel):
    pet: Annotated[Cat | Dog, Field(discriminator="kind")]


class CatDogStrict(BaseModel):
    pet: Annotated[StrictCat | Dog, Field(discriminator="kind")]


class CatDogByType(BaseModel):
    pet: Annotated[TypeCat | TypeDog, Field(discriminator="type")]


class FelisDog(BaseModel):
    pet: Annotated[KindCatLong | KindDog, Field(discriminator="kind")]


class UntaggedCatDog(BaseModel):
    pet: PlainCat | PlainDog


class TaggedCatDog(BaseModel):
    pet: Annotated[TaggedCat | TaggedDog, Field(discriminator="kind")]


class OnlyCat(BaseModel):
    pet: PlainCat


class OnlyKindCat(BaseModel):
    pet: KindCat


class MergedCats(BaseModel):
    pet: Annotated[KindCatOrLion | KindDog, Field(discriminator="kind")]


class SplitCats(BaseModel):
    pet: Annotated[KindCat | KindLion | KindDog, Field(discriminator="kind")]


def kind_of(value: Any) -> str:
    """The tag of a pet, of a dict or of a model."""
    return str(value.get("kind") if isinstance(value, dict) else getattr(value, "kind", None))


class CatDogByFunction(BaseModel):
    pet: Annotated[
        Annotated[KindCat, Tag("cat")] | Annotated[KindDog, Tag("dog")],
        Discriminator(kind_of),
    ]


class CatDogUndiscriminated(BaseModel):
    pet: KindCat | KindDog


class Pack(BaseModel):
    pets: list[Annotated[Cat | Dog, Field(discriminator="kind")]]


class PackWithFox(BaseModel):
    pets: list[Annotated[Cat | Dog | Fox, Field(discriminator="kind")]]


PETS = ('{"pet":{"kind":"cat"}}', '{"pet":{"kind":"dog","name":""}}', '{"pet":{"kind":"cat","lives":-1}}')

CASES = [
    Case(
        "variant-added",
        "U705",
        CatDogDefaults,
        CatDogFox,
        safe(*PETS, why="Both old variants are still there."),
        breaks('{"pet":{"kind":"fox"}}'),
    ),
    Case(
        "variant-added-in-list",
        "U705",
        Pack,
        PackWithFox,
        safe(
            '{"pets":[]}',
            '{"pets":[{"kind":"cat"}]}',
            '{"pets":[{"kind":"dog","name":""},{"kind":"cat","lives":-1}]}',
            why="Both old variants are still there.",
        ),
        breaks('{"pets":[{"kind":"fox"}]}'),
    ),
    Case(
        "variant-removed",
        "U706",
        CatDogFox,
        CatDogDefaults,
        breaks('{"pet":{"kind":"fox"}}'),
        safe(*PETS, why="The variants that are left were there before."),
    ),
    Case(
        "variants-reordered",
        None,
        CatDog,
        DogCat,
        safe(*PETS, why="The tag picks the variant, wherever it stands."),
        safe(*PETS, why="The tag picks the variant, wherever it stands."),
    ),
    Case(
        "variant-tightened",
        "U711",
        CatDogDefaults,
        CatDogStrict,
        breaks('{"pet":{"kind":"cat","lives":-1}}'),
        safe(
            '{"pet":{"kind":"cat"}}',
            '{"pet":{"kind":"cat","lives":0}}',
            '{"pet":{"kind":"dog","name":""}}',
            why="The old variant has no bound.",
        ),
    ),
    Case(
        "discriminator-renamed",
        "U707",
        CatDog,
        CatDogByType,
        breaks('{"pet":{"kind":"cat"}}'),
        breaks('{"pet":{"type":"cat"}}'),
    ),
    Case(
        "discriminator-value-renamed",
        "U708",
        CatDog,
        FelisDog,
        breaks('{"pet":{"kind":"cat"}}'),
        breaks('{"pet":{"kind":"felis"}}'),
    ),
    Case(
        "union-became-discriminated",
        "U709",
        UntaggedCatDog,
        TaggedCatDog,
        breaks('{"pet":{"lives":0}}'),
        safe(
            '{"pet":{"kind":"cat","lives":0}}',
            '{"pet":{"kind":"dog","name":""}}',
            '{"pet":{"kind":"cat","lives":-1}}',
            why="The open old members ignore the tag.",
        ),
    ),
    Case(
        "required-tags-became-the-discriminator",
        "U709",
        CatDogUndiscriminated,
        CatDog,
        safe(*PETS, why="Every old payload carries the tag of its variant."),
        safe(*PETS, why="The literals of the members tell the variants apart as the tag does."),
    ),
    Case(
        "discriminated-by-function",
        None,
        CatDog,
        CatDogByFunction,
        safe(*PETS, why="The function reads the same tag."),
        safe(*PETS, why="The function reads the same tag."),
    ),
    Case(
        "variant-split-by-its-tags",
        None,
        MergedCats,
        SplitCats,
        safe(*PETS, '{"pet":{"kind":"lion","lives":0}}', why="Each tag has a variant with the same fields."),
        safe(*PETS, '{"pet":{"kind":"lion","lives":0}}', why="Each tag has a variant with the same fields."),
    ),
    Case(
        "model-became-untagged-union",
        "U710",
        OnlyCat,
        UntaggedCatDog,
        safe(
            '{"pet":{"lives":0}}', '{"pet":{"lives":9}}', '{"pet":{"lives":-1}}', why="The model is one of the members."
        ),
        breaks('{"pet":{"name":""}}'),
    ),
    Case(
        "model-became-discriminated-union",
        "U710",
        OnlyCat,
        TaggedCatDog,
        breaks('{"pet":{"lives":0}}'),
        breaks('{"pet":{"kind":"dog","name":""}}'),
    ),
    Case(
        "tagged-model-became-discriminated-union",
        "U710",
        OnlyKindCat,
        CatDog,
        safe(
            '{"pet":{"kind":"cat"}}',
            '{"pet":{"kind":"cat","lives":0}}',
            '{"pet":{"kind":"cat","lives":-1}}',
            why="The model already carries the tag of its variant.",
        ),
        breaks('{"pet":{"kind":"dog"}}'),
    ),
]
