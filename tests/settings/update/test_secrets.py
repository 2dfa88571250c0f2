"""Diffs show keys and hide secrets: in `.env` all values, elsewhere what looks like one."""

from __future__ import annotations

import re

import pytest
from pydantic import BaseModel, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from upcast import convert, join_fields, move, rename
from upcast.settings import Legacy, versioned
from upcast.settings._update._secrets import MASK
from upcast.settings.documents import Kind
from upcast.settings.update import plan_update

WINDOW = {"since": "2.1", "remove_in": "2.3"}
CANARY = "canary7c1f"


class Inner(BaseModel):
    words: SecretStr = SecretStr("")


@versioned(
    Legacy(rename("old", to="new"), **WINDOW),
    Legacy(rename("phrase", to="words"), **WINDOW),
    Legacy(move("deep", to="inner.words"), **WINDOW),
    Legacy(rename("api_key", to="handle"), **WINDOW),
    Legacy(join_fields(["head", "tail"], to="whole", separator="-"), **WINDOW),
    Legacy(rename("raw", to="done"), convert("done", lambda text: f"{text}!"), was=str, **WINDOW),
    release="2.2",
)
class Shop(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="APP_", env_nested_delimiter="__", extra="ignore")

    new: int = 0
    words: SecretStr = SecretStr("")
    inner: Inner = Inner()
    handle: str = ""
    whole: SecretStr | None = None
    done: str = ""


def diff(text: str, kind: Kind) -> str:
    """What is shown of an update; everything else that can be printed of it is checked on the way."""
    update = plan_update(Shop, text, kind)
    assert update.is_needed
    assert CANARY in update.text_after
    assert CANARY not in repr(update) + str(update.changes) + str(update.refused)
    return update.diff("config")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f'old = 1\nphrase = "{CANARY}"\n', "toml"),
        (f'old = 1\ndeep = "{CANARY}"\n', "toml"),
        (f'old = 1\napi_key = "{CANARY}"\n', "toml"),
        (f'old = 1\nhead = "{CANARY}"\ntail = "x"\n', "toml"),
        (f'old = 1\nhead = "x"\ntail = "{CANARY}"\n', "toml"),
        (f'old = 1\nDB_PASSWORD = "{CANARY}"\n', "toml"),
        (f'old = 1\nmyAuthToken = "{CANARY}"\n', "toml"),
        (f'old = 1\nsmtp_passwd = "{CANARY}"\n', "toml"),
        (f'old = 1\nsentry_dsn = "{CANARY}"\n', "toml"),
        (f'old = 1\n[credentials]\na = "x"\nb = "{CANARY}"\n', "toml"),
        (f'old = 1\nsecret.a = "{CANARY}"\n', "toml"),
        (f'old = 1\npassword = """\none\n{CANARY}\nthree"""\n', "toml"),
        (f'old = 1\npassword = [ # a list\n  "{CANARY}",\n]\n', "toml"),
        (f'old = 1\n[[users]]\npassword = """\n{CANARY}"""\n', "toml"),
        (f'old = 1\nusers = [{{ a = {{ token = """\n{CANARY}""" }} }}]\n', "toml"),
        (f'old = 1\nusers = [{{ password = "{CANARY}" }}]\n', "toml"),
        (f'old = 1\nurl = "postgres://me:{CANARY}@db/shop"\n', "toml"),
        (f"old = 1\nurl = 'postgres://me:\"{CANARY}\"@db/shop'\n", "toml"),
        (f'old = 1\nurls = ["http://a", "http://me:{CANARY}@b"]\n', "toml"),
        (f"old = 1 # password: {CANARY}\n", "toml"),
        (f'# password = "{CANARY}"\nold = 1\n', "toml"),
        (f"# see https://me:{CANARY}@wiki\nold = 1\n", "toml"),
        (f'{{"old": 1, "token": "{CANARY}", "a": 1}}', "json"),
        (f'{{"old": 1,\n "secrets": {{"a": {{"b": ["{CANARY}"]}}}}}}', "json"),
        (f'{{"old": 1,\n "users": [{{"token": "{CANARY}"}}]}}', "json"),
        (f"old: 1\nsecret: {CANARY}\n", "yaml"),
        (f"old: 1\nsecret: |\n  one\n  {CANARY}\n", "yaml"),
        (f"old: 1\nsecret:\n- one\n- {CANARY}\n", "yaml"),
        (f"old: 1\nusers:\n- token: >-\n    {CANARY}\n", "yaml"),
        (f"old: 1\nurl: http://me:{CANARY}@a\n", "yaml"),
        (f"old: 1\nsecret: &a {CANARY}\nother: *a\n", "yaml"),
        (f"APP_OLD=1\nANYTHING={CANARY}\n", "dotenv"),
        (f"APP_OLD=1 # was {CANARY}\n# APP_OLD={CANARY}\n".replace(f" # was {CANARY}", ""), "dotenv"),
        (f"APP_OLD=1\nexport A='one\n{CANARY}\nthree'\n", "dotenv"),
        (f"APP_OLD=1\n{CANARY}\n", "dotenv"),
        (f"APP_OLD=1\nMII{CANARY}==\n", "dotenv"),
        (f'APP_OLD=1\nA="never closed {CANARY}\nB=2\n', "dotenv"),
        (f"APP_OLD=1\n= {CANARY}\n", "dotenv"),
        (f"APP_PHRASE={CANARY}\n", "dotenv"),
    ],
)
def test_secret_is_not_shown(text: str, kind: Kind) -> None:
    """Wherever it stands: in a changed line, beside one, over several lines, in a list or in a comment."""
    shown = diff(text, kind)

    assert CANARY not in shown
    assert MASK in shown


def test_keys_and_other_values_are_shown() -> None:
    """A diff that hides everything would be approved unread."""
    shown = diff(f'old = 17\npassword = "{CANARY}"\n\nhosts = ["a", {{ name = "b" }}]\n', "toml")
    below = diff(f'old = 17\n[credentials]\nuser = "{CANARY}"\n', "toml")

    assert (
        shown
        == f"""\
--- config
+++ config
@@ -1,4 +1,4 @@
-old = 17
+new = 17
 password = {MASK}
\x20
 hosts = ["a", {{ name = "b" }}]
"""
    )
    assert below.endswith(f" [credentials]\n user = {MASK}\n")


def test_env_files_show_names_and_comments() -> None:
    """And no value, secret or not."""
    shown = diff(f"# the shop\nexport APP_OLD='1' # c\n{CANARY}\nA=b\n", "dotenv")

    assert (
        shown
        == f"""\
--- config
+++ config
@@ -1,4 +1,4 @@
 # the shop
-export APP_OLD={MASK} # c
+export APP_NEW={MASK} # c
 {MASK}
 A={MASK}
"""
    )


def test_changed_secret_is_a_changed_line() -> None:
    """That a hidden value changes can be seen."""
    shown = plan_update(Shop, f"APP_RAW={CANARY}\n", "dotenv").diff("config")

    assert f"-APP_RAW={MASK}\n+APP_DONE={MASK}\n" in shown


def test_far_changes_are_hunks_of_their_own() -> None:
    """It is a diff like any other, down to the newline that is missing at the end."""
    text = "".join(f"a{number} = {number}\n" for number in range(20))
    shown = plan_update(Shop, f"old = 1\n{text}raw = 'x'", "toml").diff("config")

    assert ["@@ -1,4 +1,4 @@", "@@ -19,4 +19,4 @@"] == re.findall(r"@@.*@@", shown)
    missing = "\\ No newline at end of file\n"
    assert shown.endswith(f"-raw = 'x'\n{missing}+done = 'x!'\n{missing}")
