"""Lint of what has names and texts: `.env` files, the environment and secrets directories."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic_settings import BaseSettings, SettingsConfigDict

from settings.lint.linted import AppSettings, env_file, of_env, told
from upcast import rename
from upcast.settings import Legacy, versioned
from upcast.settings.lint import lint

if TYPE_CHECKING:
    from pathlib import Path


def test_todays_keys_are_nothing_to_speak_of(tmp_path: Path) -> None:
    """A file in today's spelling has no findings, whatever its case, quotes and comments."""
    text = "# APP_TTL=1\nexport APP_CACHE_TTL='70'\napp_host=x # note\nAPP_DATABASE__URL=u\nAPP_TAGS='[\"a\"]'\n"
    assert [] == of_env(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "key", "line"),
    [
        ("\n\nAPP_CACHE_TIMEOUT=70", "cache_timeout", 3),
        ("export app_cache_timeout='70' # note", "cache_timeout", 1),
        ("APP_DB_URL=u", "db_url", 1),
        ("APP_ADDRESS=a:1", "address", 1),
        ("APP_TIMEOUT_MINUTES=2", "timeout_minutes", 1),
        ("APP_TTL=70", "ttl", 1),
        ("APP_TOOLBAR=1", "toolbar", 1),
    ],
)
def test_legacy_key_is_a_warning(tmp_path: Path, text: str, key: str, line: int) -> None:
    """A key that is still taken is told with its line, whatever became of it."""
    assert [("legacy-key-used", "warning", key, line)] == of_env(tmp_path, text)


def test_message_tells_what_to_write(tmp_path: Path) -> None:
    """The message names the spelling, since when and until when; the remedy the new spelling."""
    [found] = lint(AppSettings, files=[env_file(tmp_path, "app_db_url=u\nAPP_WORKERS=1")])
    assert "app_db_url was moved in 2.1.0 and will not be taken from 2.4.0 on" == found.message
    assert "Write APP_DATABASE__URL." == found.remedy
    assert f"{tmp_path}/.env:1" == found.place


def test_chain_of_renames_names_todays_key(tmp_path: Path) -> None:
    """A key that was renamed twice is told to be written as it is called today."""
    [found] = lint(AppSettings, files=[env_file(tmp_path, "APP_TTL=1\nAPP_WORKERS=1")])
    assert "Write APP_CACHE_TTL." == found.remedy


def test_reason_is_told(tmp_path: Path) -> None:
    """Where a key has no successor, its reason says what to do."""
    [found] = lint(AppSettings, files=[env_file(tmp_path, "APP_TOOLBAR=1\nAPP_WORKERS=1")])
    assert found.message.endswith("(use --debug)")


def test_removed_key_is_an_error(tmp_path: Path) -> None:
    """A key that the running release does not take any more blocks."""
    assert [("legacy-key-removed", "error", "user", 1)] == of_env(tmp_path, "APP_USER=u")


def test_removed_key_beside_its_successor_is_a_warning(tmp_path: Path) -> None:
    """Releases on both sides of the removal find what they know; the old key is only left over."""
    assert [("legacy-key-removed", "warning", "user", 1)] == of_env(tmp_path, "APP_USER=u\nAPP_LOGIN=v")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("APP_CACHE_TIMEOUT=70", "APP_CACHE_TTL=71"),
        ("APP_TTL=70", "APP_CACHE_TTL=71"),
        ("APP_TIMEOUT_MINUTES=2", "APP_TIMEOUT=2"),
        ("APP_DB_URL=u", "APP_DATABASE__URL=v"),
        ("APP_DB_URL=u", 'APP_DATABASE=\'{"url": "v"}\''),
        ("APP_ADDRESS=a:1", "APP_PORT=2"),
        ("APP_SMTP_HOST=a\nAPP_SMTP_PORT=1", "APP_SMTP=a:2"),
        ("APP_STORE__SIZE=2", "APP_CACHE__SIZE=3"),
        ("APP_LABELS='[\"a\"]'", "APP_TAGS='[\"b\"]'"),
    ],
)
def test_both_spellings_that_differ_are_an_error(tmp_path: Path, old: str, new: str) -> None:
    """One file that says two things blocks, also where values are compared after a conversion."""
    found = of_env(tmp_path, f"{new}\n{old}\n", "legacy-key-conflict")
    assert found
    assert {"error"} == {severity for _, severity, _, _ in found}
    assert 2 == found[0][3]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("APP_CACHE_TIMEOUT=70", "APP_CACHE_TTL=070"),
        ("APP_TIMEOUT_MINUTES=2", "APP_TIMEOUT=120"),
        ("APP_DB_URL=u", 'APP_DATABASE=\'{"url": "u"}\''),
        ("APP_ADDRESS=a:1", "APP_PORT=1"),
        ("APP_SMTP_HOST=a\nAPP_SMTP_PORT=1", "APP_SMTP=a:1"),
        ("APP_STORE__SIZE=2", "APP_CACHE__SIZE=2"),
        ("APP_STORE__SIZE=2", "APP_CACHE='{\"size\": 2}'"),
        ("APP_LABELS='[\"a\", 1]'", "APP_TAGS='[ \"a\",1]'"),
    ],
)
def test_both_spellings_that_agree_are_no_conflict(tmp_path: Path, old: str, new: str) -> None:
    """Values that mean the same are the same."""
    assert [] == of_env(tmp_path, f"{new}\n{old}\n", "legacy-key-conflict")


def test_conflict_names_the_other_line(tmp_path: Path) -> None:
    """The finding stands at the old key and names the line of the new one."""
    text = "APP_CACHE_TTL=71\nAPP_WORKERS=1\nAPP_CACHE_TIMEOUT=70"
    [found] = [each for each in lint(AppSettings, files=[env_file(tmp_path, text)]) if each.severity == "error"]
    told_of = "APP_CACHE_TIMEOUT and its successor APP_CACHE_TTL (line 1) are set to different values"
    assert (told_of, 3) == (found.message, found.line)


def test_one_key_is_one_conflict(tmp_path: Path) -> None:
    """An old key that contradicts several new ones is told once."""
    text = "APP_ADDRESS=a:1\nAPP_HOST=b\nAPP_PORT=2"
    assert [("legacy-key-conflict", "error", "address", 1)] == of_env(tmp_path, text, "legacy-key-conflict")


def test_last_of_a_key_that_is_set_twice_counts(tmp_path: Path) -> None:
    """As python-dotenv reads it: the last line of a name."""
    text = "APP_CACHE_TIMEOUT=1\nAPP_CACHE_TTL=70\nAPP_CACHE_TIMEOUT=70\n"
    assert [("legacy-key-used", "warning", "cache_timeout", 3)] == of_env(tmp_path, text)


def test_value_that_cannot_be_converted(tmp_path: Path) -> None:
    """What the loader would refuse is an error."""
    found = of_env(tmp_path, "APP_TIMEOUT_MINUTES=soon", "legacy-key-not-convertible")
    assert [("legacy-key-not-convertible", "error", "timeout_minutes", 1)] == found


def test_value_that_nobody_needs(tmp_path: Path) -> None:
    """Beside its successor an old key has no effect, whatever it holds."""
    found = of_env(tmp_path, "APP_TIMEOUT_MINUTES=soon\nAPP_TIMEOUT=1", "legacy-key-not-convertible")
    assert [("legacy-key-not-convertible", "warning", "timeout_minutes", 1)] == found


def test_part_of_several_keys(tmp_path: Path) -> None:
    """One of two keys that go together is a warning: the other one may be set where nobody looked."""
    found = of_env(tmp_path, "APP_SMTP_HOST=a", "legacy-key-not-convertible")
    assert [("legacy-key-not-convertible", "warning", "smtp_host", 1)] == found


def test_parts_in_two_sources_go_together(tmp_path: Path) -> None:
    """Old keys of one declaration may stand in several sources."""
    file = env_file(tmp_path, "APP_SMTP_HOST=a")
    found = lint(AppSettings, files=[file], environ={"APP_SMTP_PORT": "1"})
    assert [] == told(found, "legacy-key-not-convertible")


def test_retired_values(tmp_path: Path) -> None:
    """A value that is still taken is a warning, one that is not an error; others are nothing."""
    text = "APP_LOG_LEVEL=WARN\nAPP_MODE=fast\n"
    expected = [("retired-value-used", "warning", "log_level", 1), ("retired-value-removed", "error", "mode", 2)]
    assert expected == of_env(tmp_path, text)
    assert [] == of_env(tmp_path, "APP_LOG_LEVEL=INFO\nAPP_MODE=slow\n")


def test_retired_value_of_an_old_key(tmp_path: Path) -> None:
    """A retired value under an old name is as retired."""
    expected = [("legacy-key-used", "warning", "level", 1), ("retired-value-used", "warning", "log_level", 1)]
    assert expected == of_env(tmp_path, "APP_LEVEL=WARN\n")


def test_changed_default(tmp_path: Path) -> None:
    """Who sets it nowhere gets to know, if they ask for everything."""
    found = lint(AppSettings, files=[env_file(tmp_path, "APP_HOST=a")])
    assert [("changed-default-unset", "info", "workers", None)] == told(found, "changed-default-unset")


@pytest.mark.parametrize(
    ("text", "severity", "remedy"),
    [
        ("APP_CACHE_TLL=1", "error", "Perhaps APP_CACHE_TTL or "),
        ("UNRELATED_NAME=1", "error", "Take it away, or declare what became of it."),
        ("APP_DATABASE__URI=1", "error", "Perhaps APP_DATABASE__URL"),
        ("APP_CACHE__SIZ=1", "warning", "Perhaps APP_CACHE__SIZE"),
        ("APP_PORT__X=1", "warning", "Perhaps APP_PORT"),
    ],
)
def test_unknown_key(tmp_path: Path, text: str, severity: str, remedy: str) -> None:
    """A key that the class refuses blocks; one that is merely not read is a warning; near ones are named."""
    found = lint(AppSettings, files=[env_file(tmp_path, f"APP_WORKERS=1\n{text}")])
    assert [("setting-unknown", severity, "", 2)] == told(found)
    assert found[0].remedy.startswith(remedy)


def test_empty_unknown_key_is_not_handed_on(tmp_path: Path) -> None:
    """An empty value of an unknown name is never refused; with the prefix it is still a slip."""
    assert [("setting-unknown", "warning", "", 1)] == of_env(tmp_path, "APP_NOTHING=\nOTHER=\n")


def test_environment_is_nobodys(tmp_path: Path) -> None:
    """The environment has names of everybody: only those with the prefix are looked at, and none is refused."""
    found = lint(AppSettings, environ={"PATH": "/bin", "APP_CACHE_TLL": "1", "APP_TTL": "1", "APP_WORKERS": "1"})
    assert [("legacy-key-used", "warning", "ttl", None), ("setting-unknown", "warning", "", None)] == told(found)


def test_class_that_takes_everything_has_no_unknown_keys(tmp_path: Path) -> None:
    """Only where the class forbids extras, or the name has its prefix."""

    class Open(BaseSettings):
        model_config = SettingsConfigDict(extra="ignore")
        host: str = ""

    assert () == lint(Open, files=[env_file(tmp_path, "OTHER=1")], environ={"OTHER": "1"})


def test_class_without_prefix() -> None:
    """Without a prefix the environment's other names are nobody's business."""

    class Plain(BaseSettings):
        host: str = ""

    assert () == lint(Plain, environ={"HOSTS": "1", "PATH": "x", "HOST": "a"})


def test_case_that_matters(tmp_path: Path) -> None:
    """A class for which the case matters takes an old key in its own case only."""

    @versioned(Legacy(rename("old", to="new"), since="1.0", remove_in="3.0"))
    class Exact(BaseSettings):
        model_config = SettingsConfigDict(case_sensitive=True, extra="ignore")
        new: str = ""

    found = lint(Exact, files=[env_file(tmp_path, "OLD=1\nold=1\n")])
    assert [("legacy-key-used", "warning", "old", 2)] == told(found)


def test_old_names_of_their_own(tmp_path: Path) -> None:
    """A name that was given with env= is found, and no unknown one."""

    @versioned(Legacy(rename("old", to="new"), env="LEGACY_OLD", since="1.0", remove_in="3.0"))
    class Named(BaseSettings):
        model_config = SettingsConfigDict(env_prefix="APP_")
        new: str = ""

    found = lint(Named, files=[env_file(tmp_path, "LEGACY_OLD=1\n")])
    assert [("legacy-key-used", "warning", "old", 1)] == told(found)


def test_secrets_directory(tmp_path: Path) -> None:
    """A secret by an old name is found at its file, compared with its successor, and unknown only with the prefix."""
    for name, value in {"app_cache_timeout": "70\n", "app_cache_ttl": "71", "other": "x", "app_oops": "y"}.items():
        (tmp_path / name).write_text(value, encoding="utf-8")
    found = lint(AppSettings, secrets_dirs=[tmp_path])
    assert [
        ("legacy-key-used", "warning", "cache_timeout", None),
        ("legacy-key-conflict", "error", "cache_timeout", None),
        ("setting-unknown", "warning", "", None),
    ] == told(found)
    assert str(tmp_path / "app_cache_timeout") == next(each.place for each in found if each.key == "cache_timeout")


def test_conflict_across_sources(tmp_path: Path) -> None:
    """An old key in one source and its successor in another is a warning that names both; the same value is none."""
    file = env_file(tmp_path, "\nAPP_CACHE_TTL=71\nAPP_WORKERS=1")
    found = lint(AppSettings, files=[file], environ={"APP_CACHE_TIMEOUT": "70"})
    [conflict] = [each for each in found if each.slug == "legacy-key-conflict-across-sources"]
    assert "warning" == conflict.severity
    assert (
        f"APP_CACHE_TIMEOUT and its successor APP_CACHE_TTL (.env file, {file}:2) are set to different values: "
        "the higher source wins, whatever the spelling"
    ) == conflict.message
    same = lint(AppSettings, files=[file], environ={"APP_CACHE_TIMEOUT": "71"})
    assert [] == told(same, "legacy-key-conflict-across-sources", "legacy-key-conflict")


def test_class_without_history() -> None:
    """A class that was never decorated has no legacy keys, and can have unknown ones."""

    class Young(BaseSettings):
        model_config = SettingsConfigDict(env_prefix="APP_")
        host: str = ""

    assert [("setting-unknown", "warning", "", None)] == told(lint(Young, environ={"APP_HOTS": "1"}))


def test_quiet_stage(tmp_path: Path) -> None:
    """Before the release that warns, an old key is only worth knowing."""

    @versioned(
        Legacy(rename("old", to="new"), since="1.0", warn_in="1.2", remove_in="3.0"),
        release="1.1.0",
    )
    class Early(BaseSettings):
        new: str = ""

    assert [("legacy-key-used", "info", "old", 1)] == told(lint(Early, files=[env_file(tmp_path, "OLD=1")]))


def test_empty_values_count_only_where_the_class_says_so(tmp_path: Path) -> None:
    """With `env_ignore_empty` an empty old key is no old key."""

    @versioned(Legacy(rename("old", to="new"), since="1.0", remove_in="3.0"))
    class Full(BaseSettings):
        model_config = SettingsConfigDict(env_ignore_empty=True)
        new: str = ""

    assert [] == told(lint(Full, files=[env_file(tmp_path, "OLD=\n")]))
    assert [] != of_env(tmp_path, "APP_TTL=\n")
