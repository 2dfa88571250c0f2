"""Updates of files: each kind of declaration, conflicts, names, sections, and the way back."""

from __future__ import annotations

from pathlib import Path as File
from typing import Annotated, Any

import pytest
import yaml
from pydantic import BaseModel, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from upcast import add, convert, join_fields, map_values, move, remove, rename, split_field, wrap
from upcast.settings import ChangedDefault, Legacy, RetiredValue, versioned
from upcast.settings._update._types import natural
from upcast.settings.update import Update, plan_file, plan_update

WINDOW = {"since": "2.1", "remove_in": "2.3"}


class Part(BaseModel):
    url: str = ""
    pool: int = 5
    secure: bool = False


def settings(*declarations: Any, release: str = "2.2", config: dict[str, Any] | None = None, **fields: Any) -> Any:
    """A settings class with these fields and this history."""
    body = {
        "__module__": __name__,
        "__annotations__": {name: kind for name, (kind, _) in fields.items()},
        "model_config": SettingsConfigDict(**{"env_prefix": "APP_", "env_nested_delimiter": "__", **(config or {})}),
        **{name: default for name, (_, default) in fields.items()},
    }
    return versioned(*declarations, release=release)(type(BaseSettings)("Made", (BaseSettings,), body))


RENAMED = settings(Legacy(rename("old", to="new"), **WINDOW), new=(int, 0))


def told(update: Update) -> list[tuple[str, str, tuple[int, ...]]]:
    """What was refused, in short."""
    return [(refused.kind, refused.key, refused.lines) for refused in update.refused]


def test_only_the_name_changes() -> None:
    """A rename touches nothing but the key."""
    update = plan_update(RENAMED, "# why\nold = 0x10 # sixteen\nother = 1\n", "toml")

    assert "# why\nnew = 0x10 # sixteen\nother = 1\n" == update.text_after
    assert ["old (line 2): becomes new"] == list(map(str, update.changes))
    assert update.is_needed


def test_nothing_to_do() -> None:
    """A file of today stays as it is, and says so."""
    update = plan_update(RENAMED, "new = 1\n", "toml")

    assert ("new = 1\n", (), (), False) == (update.text_after, update.changes, update.refused, update.is_needed)


def test_successor_that_says_the_same_stays_alone() -> None:
    """The old entry goes where the new one has the same value, whatever its spelling."""
    assert "new = 5\n" == plan_update(RENAMED, 'old = "5"\nnew = 5\n', "toml").text_after
    assert "new = [5]\n" == plan_update(RENAMED, "old = [5]\nnew = [5]\n", "toml").text_after
    assert "new = 1.0\n" == plan_update(RENAMED, "old = 1\nnew = 1.0\n", "toml").text_after


def test_conflict_is_refused_with_both_lines() -> None:
    """Nobody but the user knows which value is meant."""
    update = plan_update(RENAMED, "old = 5\n\nnew = 6\n", "toml")

    assert not update.is_needed
    assert [("conflict", "old, new", (1, 3))] == told(update)
    assert "--prefer" in str(update.refused[0])


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("old: true\nnew: 1\n", (1, 2)),
        ("old: [1]\nnew: [2]\n", (1, 2)),
        ("old: {a: 1}\nnew: 1\n", (1, 2)),
        ("old: 1\nnew: {a: 1}\n", (1, 2)),
        ("old: {a: 1}\nnew: {a: 2}\n", (1, 2)),
    ],
)
def test_values_that_differ_in_kind_are_a_conflict(text: str, lines: tuple[int, ...]) -> None:
    """A truth value is no number, one list no other, and an object nothing else."""
    assert [("conflict", lines)] == [(kind, at) for kind, _, at in told(plan_update(RENAMED, text, "yaml"))]


@pytest.mark.parametrize(("prefer", "value"), [("new", 6), ("old", 5)])
def test_conflict_is_decided_when_asked(prefer: Any, value: int) -> None:
    """The preferred value stays, at the new key."""
    update = plan_update(RENAMED, "old = 5\nnew = 6 # today's\n", "toml", prefer=prefer)

    assert (f"new = {value} # today's\n", ()) == (update.text_after, update.refused)


def test_what_is_refused_leaves_the_rest_alone() -> None:
    """One declaration that cannot be done does not keep the others from being done."""
    made = settings(
        Legacy(rename("old", to="new"), **WINDOW),
        Legacy(rename("a", to="b"), convert("b", int), was=str, **WINDOW),
        new=(int, 0),
        b=(int, 0),
    )

    update = plan_update(made, "a: five\nold: 1\n", "yaml")

    assert "a: five\nnew: 1\n" == update.text_after
    assert [("conversion-failed", "a", (1,))] == told(update)
    assert "five" not in str(update.refused[0])


def test_lines_are_those_of_the_file_as_it_is() -> None:
    """A change above does not shift what is told of the lines below."""
    made = settings(
        Legacy(split_field("address", into=["host", "port"], separator=":"), **WINDOW),
        Legacy(rename("old", to="new"), **WINDOW),
        host=(str, ""),
        port=(int, 0),
        new=(int, 0),
    )

    update = plan_update(made, "address: a:1\nold: 1\n", "yaml")

    assert [1, 2] == [change.line for change in update.changes]
    assert "host: a\nport: 1\nnew: 1\n" == update.text_after


def test_parts_of_a_text_are_numbers_where_the_class_has_numbers() -> None:
    """What was split is written as somebody would write it; where that is no number of the class it stays a text."""
    made = settings(
        Legacy(split_field("spec", into=["name", "size", "code"], separator="/"), **WINDOW),
        name=(str, ""),
        size=(int, 0),
        code=(str, ""),
    )

    assert 'name = "7"\nsize = 12\ncode = "34"\n' == plan_update(made, 'spec = "7/12/34"\n', "toml").text_after
    assert 'name = "7"\nsize = "012"\ncode = "34"\n' == plan_update(made, 'spec = "7/012/34"\n', "toml").text_after


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (int, 80),
        (int | None, 80),
        (Annotated[int, Field(gt=0)], 80),
        (float, "80"),
        (int | str, "80"),
        (list[int], "80"),
        (str, "80"),
        (None, "80"),
    ],
)
def test_text_becomes_a_number_only_where_it_must_be_one(annotation: Any, value: object) -> None:
    """And where the number is written as the text is."""
    found = natural(annotation, "80")

    assert (value, type(value)) == (found, type(found))


def test_numbers_are_joined_as_they_are_written() -> None:
    """A port is a number in a file, and joined all the same."""
    made = settings(
        Legacy(join_fields(["host", "port"], to="address", separator=":"), defaults={"port": "25"}, **WINDOW),
        address=(str, ""),
    )

    assert 'address = "mail:587"\n' == plan_update(made, 'host = "mail"\nport = 587\n', "toml").text_after


def test_part_of_a_merge_is_left_alone() -> None:
    """Its default does not stand in for what is missing: another source may have that, and would be asked no more."""
    made = settings(
        Legacy(join_fields(["host", "port"], to="address", separator=":"), defaults={"port": "25"}, **WINDOW),
        address=(str, ""),
    )
    update = plan_update(made, 'host = "mail"\n', "toml")

    assert not update.is_needed
    assert [("incomplete", "host", (1,))] == told(update)


def test_lists_are_not_joined() -> None:
    """Nor taken for nothing."""
    made = settings(Legacy(join_fields(["a", "b"], to="c", separator=":"), **WINDOW), c=(str, ""))

    assert [("conversion-failed", "a, b", (1, 2))] == told(plan_update(made, "a: [1]\nb: [2]\n", "yaml"))


def test_incomplete_parts_are_refused() -> None:
    """A part without the other and without a default stays, with its line."""
    made = settings(Legacy(join_fields(["host", "port"], to="address", separator=":"), **WINDOW), address=(str, ""))

    assert [("incomplete", "host", (1,))] == told(plan_update(made, 'host = "mail"\n', "toml"))


def test_removed_key_goes() -> None:
    """With what it holds."""
    made = settings(Legacy(remove("debug"), reason="use --debug", **WINDOW), new=(int, 0))

    assert "new: 1\n" == plan_update(made, "debug:\n  on: true\nnew: 1\n", "yaml").text_after


def test_whole_table_gets_another_header() -> None:
    """Where a table becomes another one its header changes, and nothing in it."""
    made = settings(Legacy(rename("db", to="database"), **WINDOW), database=(Part, Part()))
    text = '# the shop\n[db] # primary\nurl = "x"\n# few\npool = 2\n'

    assert text.replace("[db]", "[database]") == plan_update(made, text, "toml").text_after


def test_only_entry_of_a_table_takes_the_header_along() -> None:
    """Moving the one thing that a table holds to a new table of the same form is a new header."""
    made = settings(Legacy(move("db.url", to="database.url"), **WINDOW), database=(Part, Part()))

    assert '[database] # c\nurl = "x"\n' == plan_update(made, '[db] # c\nurl = "x"\n', "toml").text_after
    assert (
        '[database]\npool = 1\nurl = "x"\n'
        == plan_update(made, '[database]\npool = 1\n[db]\nurl = "x"\n', "toml").text_after
    )


def test_header_stays_where_it_does_not_say_it_all() -> None:
    """An entry moves alone where its table holds more, where its own name changes, and where it stands in none."""
    made = settings(
        Legacy(move("db.url", to="database.url"), **WINDOW),
        Legacy(move("db.link", to="database.secure"), **WINDOW),
        database=(Part, Part()),
    )
    bare = settings(Legacy(move("url", to="database.url"), **WINDOW), database=(Part, Part()))

    more = plan_update(made, 'db: {url: "x", pool: 1}\n', "yaml")
    assert {"db": {"pool": 1}, "database": {"url": "x"}} == yaml.safe_load(more.text_after)
    other = plan_update(made, "db:\n  link: true\n", "yaml")
    assert "database:\n  secure: true\n" == other.text_after
    assert "database:\n  url: x\n" == plan_update(bare, "url: x\n", "yaml").text_after
    inner = plan_update(bare, "shop:\n  url: x\n", "yaml", section=("shop",))
    assert {"shop": {"database": {"url": "x"}}} == yaml.safe_load(inner.text_after)


def test_table_into_another_one_that_is_there() -> None:
    """Each entry goes to the table that is there already; what both have must be the same."""
    made = settings(Legacy(rename("db", to="database"), **WINDOW), database=(Part, Part()))

    done = plan_update(made, "[database]\nsecure = true\n\n[db]\npool = 2\n", "toml")
    clash = plan_update(made, "[database]\npool = 1\n\n[db]\npool = 2\n", "toml")

    assert "[database]\nsecure = true\npool = 2\n" == done.text_after
    assert [("conflict", "db, database.pool", (2, 4))] == told(clash)


def test_value_gets_a_table_around_it() -> None:
    """Reshaping keeps the value as it is written."""
    made = settings(
        Legacy(rename("dsn", to="database"), wrap("database", key="url"), **WINDOW), database=(Part, Part())
    )

    assert '{"database": {"url": "x\\u0041"}}' == plan_update(made, '{"dsn": "x\\u0041"}', "json").text_after


def test_one_declaration_goes_on_with_what_another_made() -> None:
    """Two renames in a row are one in the file."""
    made = settings(
        Legacy(rename("b", to="c"), **WINDOW), Legacy(rename("a", to="b"), since="1.0", remove_in="2.3"), c=(int, 0)
    )

    update = plan_update(made, "a: 1 # one\n", "yaml")

    assert "c: 1 # one\n" == update.text_after
    assert "a: 1 # one\n" == plan_update(made, update.text_after, "yaml", downgrade=True).text_after


def test_retired_value() -> None:
    """A retired value becomes the one that was said; without one somebody has to choose."""
    made = settings(
        RetiredValue("level", "WARN", use="WARNING", **WINDOW),
        RetiredValue("mode", "fast", reason="choose `quick` or `rough`", **WINDOW),
        ChangedDefault("size", was=1, **WINDOW),
        level=(str, ""),
        mode=(str, ""),
        size=(int, 2),
    )

    update = plan_update(made, "level: 'WARN'\nmode: fast\n", "yaml")

    assert "level: 'WARNING'\nmode: fast\n" == update.text_after
    assert [("retired-value", "mode", (2,))] == told(update)
    assert "choose `quick` or `rough`" in str(update.refused[0])


def test_alias_is_the_name_in_files() -> None:
    """A field is written under the name by which the class takes it."""
    made = settings(Legacy(rename("old", to="new"), **WINDOW), new=(int, Field(0, alias="newest")))

    assert "newest: 1\n" == plan_update(made, "old: 1\n", "yaml").text_after
    assert [("conflict", "old, newest", (1, 2))] == told(plan_update(made, "old: 1\nnewest: 2\n", "yaml"))


def test_one_key_by_two_aliases_is_ambiguous() -> None:
    """Which of two spellings counts is not for an update to decide."""
    made = settings(
        Legacy(rename("old", to="new"), **WINDOW),
        config={"populate_by_name": True},
        new=(int, Field(0, alias="newest")),
    )

    assert [("ambiguous", "newest, new", (2, 3))] == told(plan_update(made, "old: 1\nnewest: 2\nnew: 2\n", "yaml"))


def test_section() -> None:
    """Keys outside of the table that the class reads are somebody else's."""
    text = "[tool.shop]\nold = 1\n[tool.other]\nold = 2\n"

    update = plan_update(RENAMED, text, "toml", section=("tool", "shop"))

    assert text.replace("old = 1", "new = 1") == update.text_after
    assert ["old (line 2): becomes new"] == list(map(str, update.changes))
    assert not plan_update(RENAMED, text, "toml", section=("tool", "missing")).is_needed


def test_entry_that_is_written_twice_is_only_renamed() -> None:
    """Both lines get the name; to convert only the one that counts would make nonsense of the other."""
    converted = settings(
        Legacy(rename("minutes", to="seconds"), convert("seconds", seconds), was=int, **WINDOW), seconds=(int, 0)
    )

    assert '{"new": 1, "new": 2}' == plan_update(RENAMED, '{"old": 1, "old": 2}', "json").text_after
    assert [("ambiguous", "APP_MINUTES", (1, 3))] == told(
        plan_update(converted, "APP_MINUTES=1\nA=1\nAPP_MINUTES=5\n", "dotenv")
    )


# --- .env ------------------------------------------------------------------------------------------------------------

NESTED = settings(Legacy(rename("db", to="database"), **WINDOW), database=(Part, Part()))


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("APP_OLD=1\n", "APP_NEW=1\n"),
        ("app_old=1\n", "app_new=1\n"),
        ("export APP_OLD='1' # c\n", "export APP_NEW='1' # c\n"),
        ("OLD=1\n", "OLD=1\n"),
        ("MY_APP_OLD=1\n", "MY_APP_OLD=1\n"),
    ],
)
def test_names_in_env_files(text: str, after: str) -> None:
    """Names keep their prefix, their case and `export`."""
    assert after == plan_update(RENAMED, text, "dotenv").text_after


def test_names_have_the_case_of_the_class_where_it_matters() -> None:
    """A class that minds the case finds and writes names in its own."""
    made = settings(
        Legacy(rename("Old", to="New"), **WINDOW), config={"case_sensitive": True, "env_prefix": "app_"}, New=(int, 0)
    )

    lower = settings(
        Legacy(rename("old", to="New"), **WINDOW), config={"case_sensitive": True, "env_prefix": "app_"}, New=(int, 0)
    )

    assert "app_New=1\nAPP_OLD=2\n" == plan_update(made, "app_Old=1\nAPP_OLD=2\n", "dotenv").text_after
    assert "app_New=1\n" == plan_update(lower, "app_old=1\n", "dotenv").text_after


def test_declared_name_of_an_old_key() -> None:
    """An old name without the prefix is found, and written again on the way back."""
    made = settings(Legacy(rename("old", to="new"), env="LEGACY_OLD", **WINDOW), new=(int, 0))

    assert "APP_NEW=1\n" == plan_update(made, "LEGACY_OLD=1\n", "dotenv").text_after
    assert "LEGACY_OLD=1\n" == plan_update(made, "APP_NEW=1\n", "dotenv", downgrade=True).text_after


def test_object_of_several_names() -> None:
    """Each member has a name, and each is renamed."""
    text = "APP_DB__URL=x\n# few\nAPP_DB__POOL=2\nAPP_DBX=1\n"

    assert text.replace("DB__", "DATABASE__") == plan_update(NESTED, text, "dotenv").text_after


def test_object_in_one_name() -> None:
    """An object that is one JSON text is renamed as a whole."""
    assert "APP_DATABASE='{\"pool\": 2}'\n" == plan_update(NESTED, "APP_DB='{\"pool\": 2}'\n", "dotenv").text_after


def test_object_in_both_forms_is_ambiguous() -> None:
    """A JSON text and names of members overlap in ways that nobody should edit blindly."""
    text = "APP_DB='{\"pool\": 2}'\nAPP_DB__POOL=3\n"

    assert [("ambiguous", "APP_DB, APP_DB__POOL", (1, 2))] == told(plan_update(NESTED, text, "dotenv"))


def test_key_inside_a_json_text_is_refused() -> None:
    """A name could not say where in the text it stands; the line is told."""
    made = settings(Legacy(move("db.url", to="database.url"), **WINDOW), database=(Part, Part()))

    old = plan_update(made, 'APP_DB=\'{"url": "x"}\'\n', "dotenv")
    both = 'APP_DB__URL=x\nAPP_DATABASE=\'{"url": "y"}\'\n'
    new = plan_update(made, both, "dotenv")

    assert [("inside-text", "APP_DB", (1,))] == told(old)
    assert [("conflict", "APP_DB__URL, APP_DATABASE", (1, 2))] == told(new)
    assert told(new) == told(plan_update(made, both, "dotenv", prefer="old"))
    assert 'APP_DATABASE=\'{"url": "y"}\'\n' == plan_update(made, both, "dotenv", prefer="new").text_after


def test_only_what_is_inside_a_text_is_named() -> None:
    """The other part of a join stands on its own line, and is not to blame."""
    made = settings(Legacy(join_fields(["db.head", "tail"], to="whole", separator="-"), **WINDOW), whole=(str, ""))

    assert [("inside-text", "APP_DB", (2,))] == told(
        plan_update(made, 'APP_TAIL=x\nAPP_DB=\'{"head": "x"}\'\n', "dotenv")
    )


def test_object_of_several_names_into_another_one_that_is_there() -> None:
    """Each member goes by itself; what both have must be the same."""
    text = "APP_DATABASE__SECURE=true\nAPP_DB__URL=x # c\nAPP_DATABASE__POOL=2\nAPP_DB__POOL=2\n"

    assert (
        "APP_DATABASE__SECURE=true\nAPP_DATABASE__URL=x # c\nAPP_DATABASE__POOL=2\n"
        == plan_update(NESTED, text, "dotenv").text_after
    )


def test_value_of_other_variables_is_renamed_but_not_replaced() -> None:
    """A reference stays one; what it says today is not written down. In other files it is a text like any other."""
    typed = settings(Legacy(rename("old", to="new"), was=int, **WINDOW), new=(int, 0))
    split = settings(
        Legacy(split_field("address", into=["host", "port"], separator=":"), **WINDOW), host=(str, ""), port=(int, 0)
    )

    assert "N=5\nAPP_NEW=${N}\n" == plan_update(typed, "N=5\nAPP_OLD=${N}\n", "dotenv").text_after
    assert [("cannot-edit", "APP_ADDRESS", (2,))] == told(plan_update(split, "N=5\nAPP_ADDRESS=a:${N}\n", "dotenv"))
    assert 'host = "${H}"\nport = 5\n' == plan_update(split, 'address = "${H}:5"\n', "toml").text_after


def test_nested_key_without_a_delimiter_has_no_name() -> None:
    """Where the class has no delimiter a nested key cannot be written into `.env`."""
    made = settings(
        Legacy(move("db_url", to="database.url"), **WINDOW),
        config={"env_nested_delimiter": None},
        database=(Part, Part()),
    )

    assert [("no-name", "APP_DB_URL", (1,))] == told(plan_update(made, "APP_DB_URL=x\n", "dotenv"))


def test_values_in_env_files_are_texts() -> None:
    """What a function makes is written as a text: truth values in lower case, lists as JSON."""
    made = settings(
        Legacy(
            rename("off", to="on"), convert("on", lambda off: not off, inverse=lambda on: not on), was=bool, **WINDOW
        ),
        Legacy(rename("host", to="hosts"), convert("hosts", lambda host: [host]), was=str, **WINDOW),
        on=(bool, True),
        hosts=(list[str], []),
    )

    update = plan_update(made, "APP_OFF=no\nAPP_HOST=a\n", "dotenv")

    assert 'APP_ON=true\nAPP_HOSTS=["a"]\n' == update.text_after
    back = plan_update(made, "APP_ON=true\n", "dotenv", downgrade=True)
    assert "APP_OFF=false\n" == back.text_after


# --- the way back ----------------------------------------------------------------------------------------------------


def seconds(minutes: int) -> int:
    """Sixty of them."""
    return minutes * 60


def minutes(seconds: int) -> int:
    """Whole ones."""
    return seconds // 60


TIMES = settings(
    Legacy(rename("minutes", to="seconds"), convert("seconds", seconds, inverse=minutes), was=int, **WINDOW),
    seconds=(int, 0),
)


def test_downgrade_that_would_lose_is_refused() -> None:
    """Ninety seconds are no number of minutes."""
    assert "minutes: 2\n" == plan_update(TIMES, "seconds: 120\n", "yaml", downgrade=True).text_after
    assert [("cannot-undo", "seconds", (1,))] == told(plan_update(TIMES, "seconds: 90\n", "yaml", downgrade=True))
    assert [("cannot-undo", "APP_SECONDS", (1,))] == told(
        plan_update(TIMES, "APP_SECONDS=90\n", "dotenv", downgrade=True)
    )


def test_downgrade_that_would_add_is_refused() -> None:
    """Where the old key would bring more than what is there, it is another thing."""
    made = settings(Legacy(rename("a", to="b"), add("mode", "x"), **WINDOW), b=(int, 0), mode=(str, ""))

    assert "b: 1\nmode: x\n" == plan_update(made, "a: 1\n", "yaml").text_after
    assert "a: 1\n" == plan_update(made, "b: 1\nmode: x\n", "yaml", downgrade=True).text_after
    assert [("cannot-undo", "b", (1,))] == told(plan_update(made, "b: 1\n", "yaml", downgrade=True))


def test_downgrade_without_a_way_back_is_refused() -> None:
    """A function without an inverse cannot be undone; nor can half of a split."""
    one_way = settings(Legacy(rename("a", to="b"), convert("b", int), was=str, **WINDOW), b=(int, 0))
    split = settings(
        Legacy(split_field("address", into=["host", "port"], separator=":"), **WINDOW), host=(str, ""), port=(int, 0)
    )

    assert [("cannot-undo", "b", (1,))] == told(plan_update(one_way, "b: 1\n", "yaml", downgrade=True))
    assert [("cannot-undo", "host", (1,))] == told(plan_update(split, "host: a\n", "yaml", downgrade=True))


def test_downgrade_function_that_fails_is_refused_without_its_words() -> None:
    """What a function of the user says may hold the value."""

    def fail(value: Any) -> Any:
        raise ValueError(f"not {value}")

    made = settings(Legacy(rename("a", to="b"), convert("b", str, inverse=fail), was=str, **WINDOW), b=(str, ""))

    update = plan_update(made, "b: hunter2\n", "yaml", downgrade=True)

    assert [("cannot-undo", "b", (1,))] == told(update)
    assert "hunter2" not in str(update.refused)
    assert "ValueError" in str(update.refused[0])


def test_downgrade_gives_functions_what_the_file_has() -> None:
    """A secret is a text to a function, as it was on the way here; and a number of the class a number."""
    made = settings(
        Legacy(rename("a", to="b"), convert("b", str.upper, inverse=str.lower), was=str, **WINDOW), b=(SecretStr, "")
    )

    assert "APP_A=x\n" == plan_update(made, "APP_B=X\n", "dotenv", downgrade=True).text_after
    assert "minutes: 1\n" == plan_update(TIMES, "seconds: '60'\n", "yaml", downgrade=True).text_after


def test_downgrade_tells_what_no_file_can() -> None:
    """What was removed is named; so is a value that several became."""
    made = settings(
        Legacy(remove("debug"), reason="use --debug", **WINDOW),
        RetiredValue("level", "WARN", use="WARNING", **WINDOW),
        RetiredValue("level", "ALERT", use="WARNING", **WINDOW),
        RetiredValue("mode", "fast", reason="choose another", **WINDOW),
        level=(str, ""),
        mode=(str, ""),
    )

    update = plan_update(made, "level: WARNING\n", "yaml", downgrade=True)

    assert "level: WARNING\n" == update.text_after
    assert 2 == len(update.notes)
    assert update.notes[0].startswith("debug: was removed in 2.1.0")
    assert () == plan_update(made, "level: WARNING\n", "yaml").notes


def test_downgrade_of_values() -> None:
    """A value goes back to the one that became it, if that is one; values of other settings do not matter."""
    made = settings(
        RetiredValue("level", "WARN", use="WARNING", **WINDOW),
        RetiredValue("level", "ERR", use="ERROR", **WINDOW),
        RetiredValue("level", "ODD", reason="choose another", **WINDOW),
        RetiredValue("level", "ODDER", reason="choose another", **WINDOW),
        RetiredValue("other", "W", use="WARNING", since="2.0", remove_in="2.3"),
        level=(str, ""),
        other=(str, ""),
    )

    for before, after in (("WARNING", "WARN"), ("ERROR", "ERR"), ("INFO", "INFO")):
        update = plan_update(made, f"APP_LEVEL={before}\n", "dotenv", downgrade=True)
        assert (f"APP_LEVEL={after}\n", ()) == (update.text_after, update.notes)
    text = "level: WARNING\nother: WARNING\n"
    assert "level: WARN\nother: W\n" == plan_update(made, text, "yaml", downgrade=True).text_after
    assert (
        "level: WARN\nother: WARNING\n" == plan_update(made, text, "yaml", downgrade=True, to_release="2.0").text_after
    )


def test_downgrade_undoes_what_came_after_a_release() -> None:
    """Only what the older release does not know is undone; without a release all that today's still takes."""
    made = settings(
        Legacy(rename("a", to="b"), since="2.0", remove_in="2.4"),
        Legacy(rename("c", to="d"), since="2.2", remove_in="2.4"),
        Legacy(rename("e", to="f"), since="1.0", remove_in="2.0"),
        b=(int, 0),
        d=(int, 0),
        f=(int, 0),
    )
    text = "b: 1\nd: 2\nf: 3\n"

    assert "b: 1\nc: 2\nf: 3\n" == plan_update(made, text, "yaml", downgrade=True, to_release="2.1").text_after
    assert "a: 1\nc: 2\nf: 3\n" == plan_update(made, text, "yaml", downgrade=True).text_after
    assert () == plan_update(made, text, "yaml", downgrade=True).notes


@pytest.mark.parametrize(
    "options",
    [
        {"to_release": "2.1"},
        {"to_version": 1},
        {"downgrade": True, "to_release": "x"},
        {"downgrade": True, "to_version": 2},
    ],
)
def test_senseless_arguments_are_refused(options: dict[str, Any]) -> None:
    """The way back is only for a downgrade, and to something that exists."""
    with pytest.raises(ValueError, match=r"to go back to|no release"):
        plan_update(RENAMED, "", "toml", **options)


def test_class_without_a_history_is_refused() -> None:
    """An update needs declarations."""
    with pytest.raises(TypeError, match="versioned"):
        plan_update(BaseSettings, "", "toml")


def test_values_that_several_entries_share_do_not_confuse() -> None:
    """Equal values of neighbours are left where they are."""
    made = settings(
        Legacy(join_fields(["a", "b"], to="c", separator=","), **WINDOW),
        Legacy(rename("d", to="e"), map_values("e", {"x": "y"}), **WINDOW),
        c=(str, ""),
        e=(str, ""),
    )

    assert (
        'z = "x"\nc = "x,x"\ne = "y"\n' == plan_update(made, 'z = "x"\na = "x"\nb = "x"\nd = "x"\n', "toml").text_after
    )


def test_text_that_would_be_read_otherwise_stays() -> None:
    """Where the loader would make other settings of the result, nothing is changed at all."""
    counted = iter(range(100))
    made = settings(Legacy(rename("a", to="b"), convert("b", lambda _: next(counted)), was=int, **WINDOW), b=(int, 0))

    update = plan_update(made, "a: 1\n", "yaml")

    assert not update.is_needed
    assert ["cannot-edit"] == [refused.kind for refused in update.refused]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("configmap.yaml", "apiVersion: v1\nkind: ConfigMap\ndata:\n  APP_OLD: x\n"),
        ("docker-compose.yaml", "services:\n  shop:\n    environment:\n      APP_OLD: x\n"),
    ],
)
def test_manifest_is_no_settings_file(tmp_path: File, name: str, text: str) -> None:
    """It is named as what it is, instead of being told as done."""
    made = settings(Legacy(rename("old", to="new"), **WINDOW), new=(str, ""))
    (tmp_path / name).write_text(text, encoding="utf-8")
    update = plan_file(made, tmp_path / name).update

    assert not update.is_needed
    assert [("manifest", "the file", ())] == told(update)
