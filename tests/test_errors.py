"""The tree of errors: named, picklable, without values."""

from __future__ import annotations

import copy
import inspect
import pickle
import re

import pytest

import upcast
from upcast import errors

EXAMPLES = [
    errors.UpcastError("x"),
    errors.RegistryError("x"),
    errors.InvalidStep("x"),
    errors.InvalidLegacy("x"),
    errors.RegistrySealed("x"),
    errors.Defect("missing-edge", "p", event_type="e", remedy="r", from_version=1, cut_off=[1], where="f:1", stub="s"),
    errors.RefusedEvent("p", detail="d", event_type="e", schema_version=1, event_id="i"),
    errors.MalformedEvent("p", detail="not-json"),
    errors.OversizeEvent("p", detail="bytes"),
    errors.UnknownType("p", event_type="e"),
    errors.InvalidVersion("p", detail="unversioned"),
    errors.NewerVersion("p", current_version=3, schema_version=4),
    errors.UpcasterFailed(
        "p", from_version=1, step="f", exception="KeyError", frames=[errors.Frame("f.py", 1, "f")], message="m"
    ),
    errors.ClassRefused("p", problems=[errors.FieldProblem("a.b", "missing")], exception="", message=None),
    errors.UnexpectedType("p"),
    errors.NotOneEvent("p", count=2),
    errors.SettingsRefused("s", [errors.SettingProblem("missing", "a.b", "A__B", "environment", "f", 1, "p", "r")]),
    errors.EncodeError("decode-only", "p", event_type="e"),
    errors.MissingExtra("cli", "the command line"),
    errors.RegistryDefects("2 defects", [errors.Defect("a", "p", event_type="e", remedy="r")]),
]


def test_there_is_an_example_of_every_exported_error() -> None:
    """A new error cannot be added without being pickled here."""
    exported = {cls for name, cls in vars(errors).items() if inspect.isclass(cls) and issubclass(cls, Exception)}
    assert exported == {type(error) for error in EXAMPLES}
    assert {cls.__name__ for cls in exported} <= set(errors.__all__)
    public = {value for value in vars(upcast).values() if inspect.isclass(value) and issubclass(value, Exception)}
    assert public <= exported


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
def test_an_error_survives_pickling_and_copying(error: errors.UpcastError) -> None:
    """A worker process hands its errors to its parent whole."""
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        again = pickle.loads(pickle.dumps(error, protocol))
        assert type(error) is type(again)
        assert str(error) == str(again)
        assert repr(error) == repr(again)
        if not isinstance(error, errors.RegistryDefects):
            assert vars(error) == vars(again)
    assert str(error) == str(copy.copy(error))


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
def test_every_error_has_one_root_and_a_slug(error: errors.UpcastError) -> None:
    """One except clause catches all, and a slug tells them apart in metrics."""
    assert isinstance(error, errors.UpcastError)
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", error.reason)


def test_reasons_of_refused_events_are_distinct() -> None:
    """Policies look at the reason, so no two kinds share one."""
    kinds = [cls for cls in vars(errors).values() if inspect.isclass(cls) and issubclass(cls, errors.RefusedEvent)]
    assert len(kinds) == len({cls.reason for cls in kinds})


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    """What the module draws is what it defines, in the same order of descent."""
    drawn = re.findall(r"[├└]── (\w+)", errors.__doc__ or "")
    assert sorted(drawn) == sorted(type(error).__name__ for error in EXAMPLES if type(error) is not errors.UpcastError)


def test_a_refusal_tells_type_version_id_reason_and_problem() -> None:
    """The text of a refusal is enough to find the event."""
    error = errors.ClassRefused(
        "amount: missing",
        event_type="order.placed",
        schema_version=2,
        event_id="e-1",
        problems=[errors.FieldProblem("amount", "missing")],
    )
    assert "order.placed v2 (id e-1) refused [class-refused]: amount: missing" == str(error)
    assert ("amount",) == error.paths


def test_a_missing_extra_prints_the_command_that_installs_it() -> None:
    """The distribution is upcast-events; the name of the import package belongs to another project."""
    error = errors.MissingExtra("embedded", "the demo")
    assert 'the demo needs the "embedded" extra: pip install "upcast-events[embedded]"' == str(error)
    assert isinstance(error, ImportError)
