"""`upcast settings lint`: from the command line to its exit code, in every form, and never with a value."""

from __future__ import annotations

import importlib
import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest

from cli.project import Ran
from upcast.cli import main
from upcast.schemas.reports.documents import report_schema
from upcast.settings.lint import RULES

if TYPE_CHECKING:
    from typing import TypeAlias

SARIF = Path(__file__).parents[2] / "schemas" / "data" / "sarif-2.1.0-used.schema.json"
TARGET = "shop.settings:AppSettings"
CANARY = "canary7f3a"

SETTINGS = """\
from pydantic import BaseModel, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from upcast import convert, join_fields, move, remove, rename
from upcast.settings import ChangedDefault, Legacy, RetiredValue, versioned


class Database(BaseModel):
    url: str = ""


@versioned(
    Legacy(rename("ttl", to="cache_ttl"), was=int, since="2.1", remove_in="2.4"),
    Legacy(rename("secret", to="token"), since="2.1", remove_in="2.4"),
    Legacy(move("db_url", to="database.url"), since="2.1", remove_in="2.4"),
    Legacy(rename("minutes", to="seconds"), convert("seconds", lambda value: value * 60), was=int, since="2.1",
           remove_in="2.4"),
    Legacy(join_fields(["a", "b"], to="c", separator=":"), since="2.1", remove_in="2.4"),
    Legacy(rename("user", to="login"), since="1.9", remove_in="2.2"),
    RetiredValue("level", "canary7f3a", use="x", since="2.1", remove_in="2.4"),
    ChangedDefault("workers", was=4, since="2.1", remove_in="2.4"),
    release="2.2.0",
)
class AppSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="APP_", env_nested_delimiter="__", env_file=".env")

    cache_ttl: int = 60
    token: SecretStr
    database: Database = Database()
    seconds: int = 1
    c: str = ""
    login: str = ""
    level: str = ""
    workers: int = 8
"""

Run: TypeAlias = Callable[..., Ran]


@pytest.fixture
def lint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Runs the command in a folder with a settings class, which is the working folder."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "settings.py").write_text(SETTINGS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path.copy())
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    importlib.invalidate_caches()

    def run(*arguments: str, files: dict[str, str | bytes] | None = None) -> Ran:
        for name, content in (files or {}).items():
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
        capsys.readouterr()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["upcast", "settings", "lint", *arguments])
            code = main()
        return Ran(code, *capsys.readouterr())

    yield run
    for name in [name for name in sys.modules if name.partition(".")[0] == "shop"]:
        del sys.modules[name]


CLEAN = "APP_TOKEN=t\nAPP_WORKERS=1\n"
POD = "apiVersion: v1\nkind: Pod\nspec: {containers: [{name: app, env: [{name: APP_HOST}]}]}\n"


def test_nothing_found(lint: Run) -> None:
    """A clean file needs one line."""
    done = lint(TARGET, ".env", files={".env": CLEAN})
    assert (0, "ok: nothing found; 1 source\n", "") == (done.code, done.out, done.err)


def test_warnings_pass_unless_strict(lint: Run) -> None:
    """An old key that is still taken passes, and blocks with --strict."""
    done = lint(TARGET, "deploy/.env", files={"deploy/.env": f"{CLEAN}APP_TTL=1\n"})
    strict = lint(TARGET, "deploy/.env", "--strict")
    assert (0, 1) == (done.code, strict.code)
    assert (
        "warning[U941] legacy-key-used: shop.settings:AppSettings at /ttl\n"
        "  --> deploy/.env:3\n"
        "  APP_TTL was renamed in 2.1.0 and will not be taken from 2.4.0 on\n"
        "  remedy: Write APP_CACHE_TTL.\n"
        "\n"
        "ok: 1 warning; 1 source\n"
    ) == done.out
    assert strict.out.startswith("error[U941] legacy-key-used")


def test_errors_block(lint: Run) -> None:
    """A contradiction in one file blocks."""
    done = lint(TARGET, ".env", files={".env": f"{CLEAN}APP_TTL=1\nAPP_CACHE_TTL=2\n"})
    assert 1 == done.code
    assert "error[U943] legacy-key-conflict" in done.out
    assert "blocked: 1 blocking finding, 1 warning; 1 source\n" in done.out


def test_document_is_as_published(lint: Run) -> None:
    """`--json` prints what the published schema describes."""
    done = lint(TARGET, ".env", "--json", files={".env": "APP_USER=u\nAPP_TTL=1\nAPP_DATABASE__URL=u\n"})
    jsonschema.Draft202012Validator(report_schema()).validate(done.json)
    assert (1, "lint", False, 1) == (done.code, done.json["command"], done.json["ok"], done.json["counts"]["sources"])
    assert [("U942", "/user", ".env:1", True), ("U941", "/ttl", ".env:2", False), ("U948", "/workers", "", False)] == [
        (each["rule"], each["pointer"], each["place"], each["blocking"]) for each in done.json["findings"]
    ]


def test_code_scanning(lint: Run) -> None:
    """SARIF is valid, names file and line of each key, and a file that is there for what has none."""
    done = lint(
        TARGET, ".env", "--format", "sarif", "--output", "lint.sarif", files={".env": "APP_USER=u\nAPP_DB_URL=x\n"}
    )
    sarif = json.loads(Path("lint.sarif").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(json.loads(SARIF.read_text(encoding="utf-8"))).validate(sarif)
    places = [each["locations"][0]["physicalLocation"] for each in sarif["runs"][0]["results"]]
    assert [(".env", 1), (".env", 2), ("shop/settings.py", 0)] == [
        (each["artifactLocation"]["uri"], each.get("region", {}).get("startLine", 0)) for each in places
    ]
    fingerprints = [each["partialFingerprints"]["upcast/v1"] for each in sarif["runs"][0]["results"]]
    assert 3 == len(set(fingerprints))
    assert (1, True) == (done.code, "blocked: " in done.out)


def test_fingerprints_stay_when_lines_move(lint: Run) -> None:
    """A finding is the same one when something is written above it."""
    first = lint(TARGET, ".env", "--json", files={".env": "APP_USER=u\n"}).json
    second = lint(TARGET, ".env", "--json", files={".env": "# a comment\n\nAPP_USER=other\n"}).json
    prints = [[each["fingerprint"] for each in document["findings"]] for document in (first, second)]
    assert prints[0] == prints[1]


def test_pull_request_gets_annotations(lint: Run) -> None:
    """GitHub is told file and line."""
    done = lint(TARGET, ".env", "--format", "github", files={".env": f"{CLEAN}APP_TTL=1\n"})
    assert done.out.startswith("::warning file=.env,line=3,title=U941 legacy-key-used")


def test_summary_of_a_step(lint: Run) -> None:
    """Markdown counts sources."""
    done = lint(TARGET, ".env", "--format", "markdown", files={".env": f"{CLEAN}APP_TTL=1\n"})
    assert done.out.startswith("**ok** in 1 source\n")


def test_manifests_beside_files(lint: Run) -> None:
    """Manifests are known by what they say or are called, and looked at as such."""
    files = {
        "pod.yaml": POD,
        "compose.yaml": "services: {web: {environment: {APP_TTL: 1}}}",
        "config.yaml": "ttl: 1\nservices: 3",
    }
    done = lint(TARGET, *files, "--json", files=files)
    assert {
        ("U941", "config.yaml:1"),
        ("U941", "compose.yaml:1"),
        ("U950", "compose.yaml:1"),
        ("U950", "pod.yaml:3"),
    } <= {(each["rule"], each["place"]) for each in done.json["findings"]}
    assert 3 == done.json["counts"]["sources"]


def test_manifest_from_standard_input(lint: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """What helm renders can be piped in."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(POD.encode())))
    done = lint(TARGET, "--manifest", "-")
    assert 1 == done.code
    assert "  --> stdin:3\n" in done.out


def test_standard_input_that_is_no_text(lint: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be read from standard input is no verdict."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff" + CANARY.encode())))
    assert Ran(2, "", "upcast: standard input is no text in UTF-8\n") == lint(TARGET, "--manifest", "-")


def test_what_a_start_would_read(lint: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without anything to look at, it is the class's own files and the environment."""
    monkeypatch.setenv("APP_DB_URL", CANARY)
    done = lint(TARGET, files={".env": f"{CLEAN}APP_TTL=1\n"})
    assert ("/db_url", "/ttl") == tuple(line.split(" at ")[1] for line in done.out.splitlines() if " at " in line)
    assert done.out.endswith("ok: 2 warnings; 2 sources\n")


def test_environment_only_if_asked(lint: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """With files given, the environment of this machine is none of theirs."""
    monkeypatch.setenv("APP_DB_URL", CANARY)
    assert "nothing found" in lint(TARGET, ".env", files={".env": CLEAN}).out
    assert "U941" in lint(TARGET, ".env", "--environ").out


def test_other_options(lint: Run) -> None:
    """Env files of any name, secrets directories and named containers."""
    files: dict[str, str | bytes] = {"prod.cfg": "APP_TTL=1\n", "s/app_db_url": "x", "k/pod.yaml": POD}
    arguments = ("--env-file", "prod.cfg", "--secrets-dir", "s", "--manifest", "k", "--container", "app", "--json")
    done = lint(TARGET, *arguments, files=files)
    assert {"prod.cfg:1", "s/app_db_url", "k/pod.yaml:3"} == {each["place"] for each in done.json["findings"]} - {""}
    assert "U955" in lint(TARGET, "--manifest", "k", "--container", "web").out


def test_releases_of_a_list(lint: Run) -> None:
    """A ledger on the command line; what is too short blocks."""
    assert 0 == lint(TARGET, "--releases", "1.9, 2.0, 2.1").code
    done = lint(TARGET, "--releases", "1.9,2.1", "--min-releases", "3")
    assert 1 == done.code
    assert "error[U956] window-too-short" in done.out
    assert "  --> shop/settings.py:" in done.out


def test_releases_of_git_tags(lint: Run) -> None:
    """The tags of the repository are the ledger."""

    def git(*arguments: str) -> None:
        who = ("-c", "user.name=t", "-c", "user.email=t@example.com")
        subprocess.run(["git", *who, *arguments], check=True, capture_output=True)

    git("init", "-q")
    empty = lint(TARGET, "--releases", "git-tags")
    git("commit", "-q", "--allow-empty", "-m", "first")
    for tag in ("v1.9.0", "v2.0.0", "v2.1.0", "latest"):
        git("tag", tag)
    assert (1, True) == (empty.code, "U958" in empty.out)
    assert (0, "ok: nothing found; 0 sources\n") == (
        lint(TARGET, "--releases", "git-tags").code,
        lint(TARGET, "--releases", "git-tags").out,
    )


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (
            (TARGET, "--releases", "1.0,spring"),
            "upcast: --releases: 'spring' is no release: write it as 2.1 or 2.1.0\n",
        ),
        ((TARGET, "--releases", "git-tags"), "is in no git repository"),
        (("shop.settings:Nothing",), "has no attribute 'Nothing'"),
        (("shop.settings:Database",), "is no settings class"),
        ((TARGET, "--output", "no/such/folder"), "cannot be written"),
    ],
)
def test_command_that_cannot_run(lint: Run, arguments: tuple[str, ...], problem: str) -> None:
    """What is no verdict ends with 2."""
    done = lint(*arguments)
    assert 2 == done.code
    assert problem in done.err


def test_interrupted(lint: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends with 130."""

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("upcast.settings._lint._text.text_of", interrupt)
    assert 130 == lint(TARGET, ".env", files={".env": CLEAN}).code


def test_rules_are_explained(lint: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Every rule of lint has its explanation."""
    for slug, (rule, severity) in RULES.items():
        monkeypatch.setattr(sys, "argv", ["upcast", "schema", "rules", rule])
        assert 0 == main()
        assert f"{severity}[{rule}] {slug}\n" in capsys.readouterr().out


# --- no value, anywhere ---------------------------------------------------------------------------------------------

NAMES = (
    "TTL",
    "CACHE_TTL",
    "SECRET",
    "TOKEN",
    "DB_URL",
    "DATABASE__URL",
    "MINUTES",
    "SECONDS",
    "A",
    "USER",
    "CACHE_TLL",
)
ENV = "".join(f"APP_{name}={CANARY}{number}\n" for number, name in enumerate(NAMES)) + f"OTHER={CANARY}\n"
LEAKY: dict[str, str | bytes] = {
    ".env": f"{ENV}APP_LEVEL={CANARY}\n{CANARY}Ab1==\n",
    "quote.env": f"APP_TOKEN='{CANARY}\n",
    "a.toml": "".join(
        f'{name} = "{CANARY}{number}"\n' for number, name in enumerate(["secret", "token", "minutes", "user", "odd"])
    ),
    "b.toml": f"token = {CANARY}\n",
    "c.toml": f'schema_version = "{CANARY}"\n',
    "a.yaml": f"secret: {CANARY}1\ntoken: {CANARY}2\nminutes: {CANARY}3\nnothing: {CANARY}\n",
    "b.yaml": f"token: [{CANARY}\n",
    "c.yaml": f"token: !{CANARY} {CANARY}\n",
    "d.yaml": f"token: *{CANARY}\n",
    "a.json": f'{{"secret": "{CANARY}1", "token": "{CANARY}2", "minutes": "{CANARY}3", "nothing": "{CANARY}"}}',
    "b.json": f'{{"token": {CANARY}}}',
    "c.json": b'{"token": "\xff' + CANARY.encode(),
    "s/app_secret": f"{CANARY}1",
    "s/app_token": f"{CANARY}2",
    "s/app_minutes": b"\xff" + CANARY.encode(),
    "k/pod.yaml": f"""\
kind: Pod
spec:
  containers:
    - name: app
      envFrom: [{{configMapRef: {{name: c}}}}, {{secretRef: {{name: s}}}}]
      env:
        - {{name: APP_SECRET, value: {CANARY}1}}
        - {{name: APP_TOKEN, value: {CANARY}2}}
        - {{name: APP_MINUTES, value: {CANARY}3}}
        - {{name: APP_LEVEL, value: {CANARY}}}
        - {{name: APP_NOTHING, value: {CANARY}}}
---
kind: ConfigMap
metadata: {{name: c}}
data: {{APP_USER: {CANARY}, APP_DB_URL: {CANARY}4, APP_DATABASE: '{{"url": "{CANARY}5"}}'}}
---
kind: Secret
metadata: {{name: s}}
stringData: {{APP_TTL: {CANARY}}}
data: {{APP_CACHE_TTL: {CANARY}}}
""",
    "k/broken.yaml": f"kind: Pod\nspec: [{CANARY}\n",
    "k/template.yaml": f"kind: Pod\nspec: {{{{ {CANARY} }}}}\n",
    "k/compose.yaml": f"""\
services:
  web:
    env_file: [broken.env, ../.env]
    environment: ["APP_SECRET={CANARY}6", "APP_TOKEN={CANARY}7", "APP_TOKEN {CANARY}", "APP_TOKE:{CANARY}"]
""",
    "k/broken.env": b"\xff" + CANARY.encode(),
}


@pytest.mark.parametrize("form", ["text", "json", "sarif", "github", "markdown"])
@pytest.mark.parametrize("strict", [False, True])
def test_no_value_in_any_form(lint: Run, monkeypatch: pytest.MonkeyPatch, form: str, *, strict: bool) -> None:
    """A canary in every value of every kind of source, readable or not, is in no form of the report."""
    for line in ENV.splitlines():
        name, _, value = line.partition("=")
        monkeypatch.setenv(name, value)
    files = [name for name in LEAKY if "/" not in name]
    done = lint(
        TARGET,
        *files,
        *("--environ", "--secrets-dir", "s", "--manifest", "k", "--releases", "2.0", "-v"),
        *("--format", form, "--output", "report", *(["--strict"] if strict else [])),
        files=LEAKY,
    )
    report = Path("report").read_text(encoding="utf-8")
    assert 1 == done.code
    assert {"U941", "U942", "U943", "U944", "U945", "U946", "U949", "U951", "U953"} <= {
        rule for rule in (about[0] for about in RULES.values()) if rule in report + done.out
    }
    assert CANARY not in report
    assert CANARY not in done.out
    assert CANARY not in done.err
