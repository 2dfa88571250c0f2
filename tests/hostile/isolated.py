"""Decodes hostile input, each case in a process of its own, and tells what came of it.

    python -m hostile.isolated FOLDER < cases

A case is a line of JSON: a file of the corpus and the codec or family it is decoded with. A process that has loaded
everything forks a child per case. The child decodes on its main thread, then on a thread whose stack has 256 KiB,
bounded in memory and processor time. A result is a line of JSON in a file of the folder: what was seen, and how the
child ended.
"""

from __future__ import annotations

import gc
import itertools
import json
import logging
import os
import pickle
import resource
import select
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from hostile.manifest import CODE, FILES
from hostile.registries import (
    FAMILIES,
    FLAT_FAMILIES,
    UNVERSIONED,
    VERSIONS,
    code_codec,
    family_codec,
    unversioned_codec,
)
from upcast import Codec, Flat, JsonEnvelope, RefusedEvent, StreamEntry
from upcast.errors import EncodeError

SMALL_STACK = 256 * 1024
_CPU_SECONDS = 20
_WALL_SECONDS = 120
_ADDRESS_SPACE = 2 * 1024**3
_LARGE = 20_000
_BEFORE_ANY_CLASS = {"oversize/bytes", "oversize/depth", "oversize/digits", "malformed/not-utf8"}
_WORKERS = 2
_COMPARABLE_BRACKETS = 300

Call = Callable[[], object]


# --- what one call comes to ------------------------------------------------------------------------------------------


class _Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.getMessage()} {sorted(vars(record).items(), key=str)}")


def observe(call: Call) -> dict[str, Any]:
    """Everything that can be told of one call: what it returned, or all that its exception says anywhere."""
    logger = logging.getLogger("upcast")
    kept = _Kept()
    logger.addHandler(kept)
    logger.propagate = False
    error: BaseException | None = None
    value: object = None
    try:
        value = call()
    except BaseException as exception:  # whatever gets out is what we want to see
        error = exception
    finally:
        logger.removeHandler(kept)
    seen: dict[str, Any] = {"logs": kept.lines}
    if error is None:
        return seen | {"outcome": "accepted", "value": value}
    seen |= {
        "outcome": "refused" if isinstance(error, RefusedEvent) else "foreign",
        "type": type(error).__qualname__,
        "cause": repr(error.__cause__) if error.__cause__ is not None else None,
        "context": repr(error.__context__) if error.__context__ is not None else None,
        "traceback": "".join(traceback.format_exception(error)),
    }
    if isinstance(error, RefusedEvent):
        again = pickle.loads(pickle.dumps(error))
        seen |= {
            "reason": error.reason,
            "detail": error.detail,
            "paths": error.paths,
            "str": str(error),
            "repr": repr(error),
            "args": repr(error.args),
            "attributes": repr(vars(error)),
            "event_type": error.event_type,
            "event_id": error.event_id,
            "pickles": (type(again), again.args, vars(again), str(again))
            == (type(error), error.args, vars(error), str(error)),
        }
    return seen


def _verdict(seen: dict[str, Any]) -> str:
    if seen["outcome"] == "foreign":
        return f"raises {seen['type']}"
    return "/".join(filter(None, (seen["reason"], seen["detail"]))) if seen["outcome"] == "refused" else "accepted"


def _agreement(codec: Codec[Any], raw: Any, first: dict[str, Any]) -> list[str]:
    """How the other ways to read the same bytes differ from `decode`: not at all."""
    differences: list[str] = []
    verdict = _verdict(first)
    if first["outcome"] == "foreign":
        return []
    ways: dict[str, Call] = {
        "decode_all": lambda: codec.decode_all(raw)[0][0],
        "decode_many": lambda: codec.decode_many([raw])[0],
    }
    if verdict == "not-one-event":
        del ways["decode_all"]
    for way, call in ways.items():
        seen = observe(call)
        if _verdict(seen) != verdict:
            differences.append(f"{way}: {_verdict(seen)}")
        elif first["outcome"] == "accepted" and not _equal(raw, seen["value"], first["value"]):
            differences.append(f"{way}: another object")
    kept = observe(lambda: codec.decode_many([raw], return_errors=True))
    if kept["outcome"] != "accepted" or isinstance(kept["value"][0], RefusedEvent) is (verdict == "accepted"):
        differences.append(f"decode_many with return_errors: {_verdict(kept)}")
    shown = observe(lambda: codec.explain(raw))
    if shown["outcome"] != "accepted":
        return [*differences, f"explain: {_verdict(shown)}"]
    error = shown["value"].error
    found = "accepted" if error is None else "/".join(filter(None, (error.reason, error.detail)))
    if found != verdict and verdict != "not-one-event":
        differences.append(f"explain says {found}")
    text = observe(lambda: str(shown["value"]))
    if text["outcome"] != "accepted":
        differences.append(f"str(explain): {_verdict(text)}")
    return differences


def _equal(raw: Any, one: object, other: object) -> bool:
    text = raw if isinstance(raw, bytes) else raw[b"data"]
    if text.count(b"[") + text.count(b"{") > _COMPARABLE_BRACKETS:
        return type(one) is type(other)  # Python's own comparison of something deep may overflow a small stack
    return type(one) is type(other) and (one == other or repr(one) == repr(other))


def _encoded(codec: Codec[Any], event: object) -> str:
    """What comes of writing an event that was accepted."""
    try:
        codec.encode(event)
    except EncodeError as error:
        return f"EncodeError {error.reason}"
    except BaseException as error:  # what must not get out
        return type(error).__qualname__
    return "ok"


# --- the cases -------------------------------------------------------------------------------------------------------


def _resp(text: bytes) -> dict[bytes, bytes]:
    """The fields of a stream entry, from the array of bulk strings that the server sends."""
    parts: list[bytes] = []
    head, _, rest = text.partition(b"\r\n")
    while rest:
        length, _, rest = rest.partition(b"\r\n")
        size = int(length[1:])
        parts.append(rest[:size])
        rest = rest[size + 2 :]
    assert int(head[1:]) == len(parts)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def _runs(case: dict[str, Any]) -> Iterator[tuple[str, Codec[Any], Call | None, Any]]:
    """The label, codec, call and raw event of everything a case decodes; the call is None for `codec.decode`."""
    name, codec_name = case["name"], case["codec"]
    if codec_name == "code":
        yield name, CODECS["code"], None, _json_event(name, 1, CODE_PAYLOAD)
        return
    file = FILES[name]
    content = file.content()
    if codec_name == "unversioned":
        meaning = case["family"]
        form = "entry" if file.wire == "entry" else "json"
        raw = _resp(content) if file.wire == "entry" else content
        yield f"{meaning}/{file.wire}", UNVERSIONED_CODECS[meaning, form], None, raw
        return
    if file.wire != "payload":
        raw = _resp(content) if file.wire == "entry" else content
        yield file.wire, CODECS[file.wire], None, raw
        return
    family = case["family"]
    for lane, version in VERSIONS.items():
        runs = _payload_runs(family, lane, version, content)
        yield from itertools.islice(runs, 1) if case["large"] else runs


def _payload_runs(
    family: str, lane: str, version: int, content: bytes
) -> Iterator[tuple[str, Codec[Any], Call | None, Any]]:
    json_codec = CODECS["json"]
    yield f"{family}/{lane}/json", json_codec, None, _json_event(family, version, content)
    entry = {b"type": family.encode(), b"schema_version": b"%d" % version, b"data": content}
    yield f"{family}/{lane}/entry", CODECS["entry"], None, entry
    if family in FLAT_FAMILIES and content[:1] == b"{" and content[1:].strip():
        comma = b"" if content[1:].lstrip().startswith(b"}") else b","
        flat = b'{"type":"%s","schema_version":%d%s%s' % (family.encode(), version, comma, content[1:])
        yield f"{family}/{lane}/flat", CODECS["flat"], None, flat
    yield f"{family}/{lane}/bare", json_codec, lambda: json_codec.decode_payload(family, version, content), content


def _json_event(event_type: str, version: int, payload: bytes) -> bytes:
    return b'{"type":"%s","schema_version":%d,"data":%s}' % (event_type.encode(), version, payload)


CODE_PAYLOAD = b'{"order_id":"Vq7wZx","nr":"Vq7wZx","Vq7wZx":"Vq7wZx"}'
CODECS: dict[str, Codec[Any]] = {}
UNVERSIONED_CODECS: dict[tuple[str, str], Codec[Any]] = {}


def load() -> None:
    """Make every codec, before the first fork."""
    CODECS.update(
        json=family_codec(JsonEnvelope()),
        flat=family_codec(Flat()),
        entry=family_codec(StreamEntry()),
        code=code_codec(),
    )
    for name in UNVERSIONED:
        UNVERSIONED_CODECS[name, "json"] = unversioned_codec(name, JsonEnvelope())
        UNVERSIONED_CODECS[name, "entry"] = unversioned_codec(name, StreamEntry())


def _look(case: dict[str, Any], place: str, report: Callable[[dict[str, Any]], None]) -> None:
    for label, codec, call, raw in _runs(case):
        report({"begun": label, "place": place})
        started = time.process_time()
        seen = observe(call or (lambda codec=codec, raw=raw: codec.decode(raw)))  # type: ignore[misc]  # bound early
        value = seen.pop("value", None)
        seen["cpu_seconds"] = time.process_time() - started
        if call is None and not case.get("large"):
            seen["differences"] = _agreement(codec, raw, {**seen, "value": value})
        if seen["outcome"] == "accepted":
            seen |= {"of": type(value).__qualname__, "encode": _encoded(codec, value)}
        report({"seen": label, "place": place, "verdict": _verdict(seen), **seen})


def _child(case: dict[str, Any], write: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    def report(line: dict[str, Any]) -> None:
        data = json.dumps(line).encode() + b"\n"
        while data:
            data = data[os.write(write, data) :]

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    _look(case, "main", report)
    threading.stack_size(SMALL_STACK)
    thread = threading.Thread(target=_look, args=(case, "thread", report))
    thread.start()
    thread.join()
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    report({"finished": True, "grown_kib": grown})


def run(case: dict[str, Any]) -> dict[str, Any]:
    """Run a case in a child of its own."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.close(read)
            _child(case, write)
            status = 0
        except BaseException:  # nothing may go up into the parent's loop
            traceback.print_exc()
        finally:
            os._exit(status)
    os.close(write)
    text = bytearray()
    deadline = time.monotonic() + _WALL_SECONDS
    timed_out = False
    while True:
        ready, _, _ = select.select([read], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            timed_out = True
            os.kill(pid, signal.SIGKILL)
            break
        chunk = os.read(read, 1 << 16)
        if not chunk:
            break
        text += chunk
    os.close(read)
    _, status = os.waitpid(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    ended = "timed out" if timed_out else signal.Signals(-code).name if code < 0 else f"exit {code}"
    lines = [json.loads(line) for line in bytes(text).splitlines() if line.endswith(b"}")]
    return {"case": case, "ended": ended, "seconds": time.monotonic() - deadline + _WALL_SECONDS, "lines": lines}


def all_cases() -> Iterator[dict[str, Any]]:
    """Every case of the manifest."""
    for file in FILES.values():
        if file.codec == "unversioned":
            for meaning in UNVERSIONED if "unversioned" in file.name else ("one",):
                yield {"name": file.name, "codec": "unversioned", "family": meaning}
        elif file.wire == "payload":
            # What is large is about time and memory, and what the bounds refuse never meets a class.
            large = len(file.content()) > _LARGE
            alike = large or (file.expect.keys() == {"*"} and file.expect["*"] in _BEFORE_ANY_CLASS)
            for family in ("pydantic", "struct") if alike else FAMILIES:
                yield {"name": file.name, "codec": "families", "family": family, "large": large}
        else:
            yield {"name": file.name, "codec": "families", "large": len(file.content()) > _LARGE}
    for entry in CODE.values():
        yield from ({"name": event, "codec": "code"} for event in entry.event_types)


def main() -> None:
    """Read cases, load everything, and share the cases among a few workers."""
    cases = [json.loads(line) for line in sys.stdin]
    folder = Path(sys.argv[1])
    load()
    gc.collect()
    gc.freeze()
    workers: list[int] = []
    for number in range(_WORKERS):
        pid = os.fork()
        if pid == 0:
            with (folder / f"{number}.jsonl").open("w", encoding="utf-8") as results:
                for case in cases[number::_WORKERS]:
                    results.write(json.dumps(run(case)) + "\n")
                    results.flush()
            os._exit(0)
        workers.append(pid)
    sys.exit(max(os.waitpid(pid, 0)[1] for pid in workers) > 0)


if __name__ == "__main__":
    main()
