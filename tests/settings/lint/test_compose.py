"""Lint of manifests of compose."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from settings.lint.linted import AppSettings, of_manifest, told
from upcast.settings.lint import lint

if TYPE_CHECKING:
    from pathlib import Path

LIST = """\
services:
  web:
    image: shop
    environment:
      - APP_TOKEN=t
      - APP_CACHE_TIMEOUT=70
      - APP_CACHE_TTL=71
  db:
    image: postgres
    environment: {POSTGRES_DB: x}
"""
MAP = """\
services:
  web:
    image: shop
    environment:
      APP_TOKEN: t
      APP_CACHE_TIMEOUT: 70
      APP_CACHE_TTL: '71'
  db: {environment: {POSTGRES_DB: x}}
"""


@pytest.mark.parametrize("text", [LIST, MAP])
def test_both_forms_of_an_environment(text: str) -> None:
    """Lists and maps say the same; a service of another program is left alone."""
    assert [
        ("legacy-key-used", "warning", "cache_timeout", 6),
        ("legacy-key-conflict", "error", "cache_timeout", 6),
    ] == of_manifest(text)


@pytest.mark.parametrize("value", ["${TTL}", "$TTL", "${TTL:-70}"])
def test_values_of_the_shell_are_not_known(value: str) -> None:
    """Whether an interpolated value differs cannot be seen."""
    text = LIST.replace("APP_CACHE_TTL=71", f"APP_CACHE_TTL={value}")
    assert [("legacy-key-conflict", "warning", "cache_timeout", 6)] == of_manifest(text, "legacy-key-conflict")


@pytest.mark.parametrize("entry", ["- APP_TOKEN", "APP_TOKEN:"])
def test_variable_that_is_handed_through(entry: str) -> None:
    """A name without a value is one of whoever runs compose: it is set as far as can be told."""
    text = f"services:\n  web:\n    environment:\n      {entry}\n"
    assert [] == of_manifest(text)


def test_dollar_that_is_written_twice_is_one() -> None:
    """`$$` is a dollar and no interpolation."""
    text = "services: {web: {environment: {APP_TOKEN: t, APP_DB_URL: 'a$$b', APP_DATABASE__URL: 'a$$c'}}}"
    assert [("legacy-key-conflict", "error", "db_url", 1)] == of_manifest(text, "legacy-key-conflict")


@pytest.mark.parametrize(
    "given", ["env_file: web.env", "env_file: [web.env]", "env_file: [{path: ./web.env, required: true}]"]
)
def test_env_file(tmp_path: Path, given: str) -> None:
    """What an env_file sets is told there; the environment overrides it."""
    (tmp_path / "web.env").write_text("APP_TOKEN=t\n\nAPP_TTL=1\nAPP_LOG_LEVEL=WARN\n", encoding="utf-8")
    file = tmp_path / "compose.yaml"
    file.write_text(f"services:\n  web:\n    {given}\n    environment: [APP_LOG_LEVEL=INFO]\n", encoding="utf-8")
    [found] = [each for each in lint(AppSettings, manifests=[file]) if each.severity != "info"]
    assert ("legacy-key-used", f"{tmp_path}/web.env:3") == (found.slug, found.place)


def test_env_file_that_is_not_there(tmp_path: Path) -> None:
    """A missing env_file is an error, unless it need not be there."""
    file = tmp_path / "compose.yaml"
    text = "services:\n  web:\n    env_file: [{path: gone.env, required: false}]\n    environment: [APP_TOKEN=t]\n"
    file.write_text(text, encoding="utf-8")
    assert [] == told(lint(AppSettings, manifests=[file]))
    file.write_text(text.replace("false", "true"), encoding="utf-8")
    found = lint(AppSettings, manifests=[file])
    assert [("manifest-unresolved", "info", "", 3), ("source-unreadable", "error", "", None)] == told(found)


def test_service_that_extends_another() -> None:
    """A service has the environment of the one it extends, and its own over it; a circle ends."""
    text = """\
services:
  base:
    extends: web
    environment: {APP_TTL: '1', APP_LOG_LEVEL: WARN, APP_TOKEN: t}
  web:
    extends: {service: base}
    environment: {APP_LOG_LEVEL: INFO}
"""
    found = of_manifest(text, containers=["web"])
    assert [("legacy-key-used", "warning", "ttl", 4)] == found


def test_service_of_another_file() -> None:
    """What stands in another file was not looked at, and that is said."""
    text = "services:\n  web:\n    extends: {file: other.yaml, service: base}\n    environment: {APP_HOST: h}\n"
    assert [
        ("required-setting-missing", "warning", "token", 2),
        ("manifest-unresolved", "info", "", 3),
    ] == of_manifest(text)


def test_merged_environments() -> None:
    """The usual way to share variables: an anchor and a merge key."""
    text = """\
x-env: &env
  APP_TOKEN: t
  APP_TTL: '1'
services:
  web:
    environment:
      <<: *env
      APP_HOST: h
"""
    assert [("legacy-key-used", "warning", "ttl", 3)] == of_manifest(text)
