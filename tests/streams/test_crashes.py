"""Consumers in processes that are killed, stopped, and frozen; afterwards every entry is accounted for.

What a handler has done is known from the server, where the worker notes it before its handler returns.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from streams.site import Site, entry, until, values_of

if TYPE_CHECKING:
    import valkey.asyncio

    from upcast.streams import EmbeddedValkey

WORKER = Path(__file__).with_name("worker.py")
EVENTS, KILLS = 10_000, 20
PATIENCE = 40.0


def asks(does: str) -> dict[bytes, bytes]:
    """An entry that asks a worker for something."""
    return entry("work.asked", 2, json.dumps({"does": does}).encode())


@attrs.define
class Crew:
    """Worker processes, each in a group of its own."""

    socket_path: Path
    settings: Mapping[str, Any]
    processes: list[subprocess.Popen[bytes]] = attrs.field(factory=list)

    def start(self, **changes: Any) -> subprocess.Popen[bytes]:
        """Start a worker."""
        settings = {"socket_path": str(self.socket_path), "name": "crew", **self.settings}
        process = subprocess.Popen(
            [sys.executable, str(WORKER), json.dumps({**settings, **changes})],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            start_new_session=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.processes.append(process)
        return process

    async def ended(self, process: subprocess.Popen[bytes]) -> int:
        """Wait for the end of a worker."""
        await until(lambda: process.poll() is not None, seconds=PATIENCE)
        return process.returncode

    async def dismiss(self) -> None:
        """Stop those that run, in order."""
        running = [process for process in self.processes if process.poll() is None]
        for process in running:
            process.send_signal(signal.SIGTERM)
        for process in running:
            assert 0 == await self.ended(process)

    def none_left(self) -> bool:
        """Whether no process of any worker's group lives."""
        for process in self.processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, 0)
                return False
        return True


@pytest.fixture
def crew(server: EmbeddedValkey, fence: bool) -> Iterator[Callable[..., Crew]]:
    """Make a crew with settings in place of the defaults; nothing of it is left in the end."""
    made: list[Crew] = []

    def make(policy: Mapping[str, Any] | None = None, **settings: Any) -> Crew:
        policy = {"max_attempts": 2, "first_delay": 0.05, "max_delay": 0.1, "newer_delay": 0.1, **(policy or {})}
        defaults = {"policy": policy, "fence": fence, "sync": False, "min_idle": 0.5, "poll": 0.02}
        made.append(Crew(server.socket_path, {**defaults, **settings}))
        return made[-1]

    yield make
    for crew in made:
        for process in crew.processes:
            with process, contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture
async def work(client: valkey.asyncio.Valkey) -> Site:
    """The stream of work, with its group."""
    site = Site(client, "work", "crew")
    await site.create_group()
    return site


async def handled(work: Site) -> dict[str, int]:
    """How often each entry was handled to its end."""
    return {name.decode(): int(count) for name, count in (await work.client.hgetall("handled")).items()}


async def attempts(work: Site) -> dict[str, int]:
    """Which attempt it was, the last time an entry was handled to its end."""
    return {name.decode(): int(count) for name, count in (await work.client.hgetall("attempts")).items()}


def sha256(values: Sequence[bytes]) -> str:
    """The hash of fields and values, each with its length."""
    return hashlib.sha256(b"".join(b"%d:%b" % (len(value), value) for value in values)).hexdigest()


# --- killed at any moment


def poisoned(chance: random.Random) -> tuple[str, dict[bytes, bytes]]:
    """An entry, and what must become of it: of a hundred, ten or so are not handled just like that."""
    number = chance.randrange(1 << 40)
    kind = chance.choices(["good", "old", "later", "malformed", "upcaster", "handler"], [80, 10, 4, 2, 2, 2])[0]
    old, new = json.dumps({"what": "note"}).encode(), json.dumps({"does": "note"}).encode()
    version, data = {
        "good": (2, new),
        "old": (1, old),
        "later": (2, b'{"does": "fail at first"}'),
        "malformed": (2, chance.randbytes(chance.randrange(40)) + b"\xff"),
        "upcaster": (1, b'{"no": %d}' % number),
        "handler": (2, b'{"does": "fail"}'),
    }[kind]
    return kind, entry("work.asked", version, data, number=b"%d" % number)


@pytest.mark.parametrize(
    ("fence", "sync"), [(True, False), (False, True)], ids=["fenced, async handlers", "unfenced, sync handlers"]
)
async def test_killed_at_random_moments(work: Site, crew: Callable[..., Crew], fence: bool, sync: bool) -> None:
    """Twenty deaths in ten thousand events: each is handled or in the office with its bytes; nothing is pending.

    No innocent is given up, what is done twice is bounded by what was in hand, and no process is left.
    """
    chance = random.Random(20)
    asked = [poisoned(chance) for _ in range(EVENTS)]
    ids: list[str] = []
    for start in range(0, EVENTS, 1000):
        ids += await work.add_all([fields for _, fields in asked[start : start + 1000]])
    kinds = dict(zip(ids, (kind for kind, _ in asked), strict=True))
    bytes_of = dict(zip(ids, (sha256(values_of(fields)) for _, fields in asked), strict=True))
    # As many deaths in a row as there are at all do not make a killer of an entry that stood near.
    gang = crew({"max_crashes": KILLS + 1}, sync=sync, concurrency=4, min_idle=0.4, batch=50)

    async def progress() -> int:
        return int(await work.client.hlen("handled"))

    moments = sorted(chance.randrange(EVENTS * 8 // 10) for _ in range(KILLS))
    workers = [gang.start(), gang.start()]
    for moment in moments:
        deadline = time.monotonic() + PATIENCE
        while await progress() < moment:
            assert time.monotonic() < deadline
            await asyncio.sleep(0)
        await asyncio.sleep(chance.random() * 0.02)
        victim = workers.pop(0)
        os.kill(victim.pid, signal.SIGKILL)
        assert -signal.SIGKILL == await gang.ended(victim)
        workers.append(gang.start())
    await until(work.done, seconds=PATIENCE)
    await gang.dismiss()

    done, letters = await handled(work), await work.letters()
    dead = {letter.letter.id: letter for letter in letters}
    assert set(ids) == set(done) | set(dead)
    assert [] == await work.pending()
    assert gang.none_left()
    assert KILLS + 2 == len(gang.processes)
    assert {entry_id: bytes_of[entry_id] for entry_id in dead} == {
        entry_id: sha256(letter.entry) for entry_id, letter in dead.items()
    }
    poison = {"malformed": "malformed", "upcaster": "upcaster-failed", "handler": "handler-raised"}
    assert {entry_id: poison[kind] for entry_id, kind in kinds.items() if kind in poison} == {
        entry_id: letter.letter.reason for entry_id, letter in dead.items()
    }
    # In hand are at most 50, and as many again or twice wait for their acknowledgement.
    assert sum(done.values()) - len(done) <= KILLS * 150
    assert len(letters) - len(dead) <= (0 if fence else KILLS)


# --- stopped


async def test_sigterm_hands_back_what_was_not_begun(work: Site, crew: Callable[..., Crew]) -> None:
    """SIGTERM in the middle of a batch: what is in hand is finished, the rest given back uncharged, exit code 0."""
    ids = await work.add_all([asks(does) for does in ["note", "note", "wait", *["note"] * 7]])
    gang = crew(min_idle=60)
    worker = gang.start()
    await until(lambda: work.client.sismember("started", ids[2]), seconds=PATIENCE)
    worker.send_signal(signal.SIGTERM)
    await until(lambda: work.owned_by("crew~retry", *ids[3:]))
    await work.client.set("go", "")

    assert 0 == await gang.ended(worker)
    assert dict.fromkeys(ids[:3], 1) == await handled(work)
    left = await work.pending()
    assert ids[3:] == [row.id.decode() for row in left]
    assert {(b"crew~retry", 0)} == {(row.owner, row.count) for row in left}
    assert all(row.idle >= 60_000 for row in left)

    gang.start()
    await until(work.done, seconds=PATIENCE)
    await gang.dismiss()
    assert dict.fromkeys(ids, 1) == await attempts(work)
    assert [] == await work.letters()


@pytest.mark.parametrize("way", ["grace is over", "second signal"])
async def test_sigterm_hands_back_what_does_not_end(work: Site, crew: Callable[..., Crew], way: str) -> None:
    """A handler that does not end in its grace, or before a second signal, is cancelled and its entry given back."""
    ids = await work.add_all([asks("hang"), asks("note")])
    gang = crew(min_idle=60, grace=0.2 if way == "grace is over" else 60.0)
    worker = gang.start()
    await until(lambda: work.client.sismember("started", ids[0]), seconds=PATIENCE)
    worker.send_signal(signal.SIGTERM)
    if way == "second signal":
        await until(lambda: work.owned_by("crew~retry", ids[1]))
        worker.send_signal(signal.SIGTERM)

    assert 0 == await gang.ended(worker)
    assert [("crew~retry", 0)] * 2 == [(row.owner.decode(), row.count) for row in await work.pending()]
    assert {} == await handled(work)


# --- frozen


@pytest.mark.parametrize("does", ["wait", "wait, then reject"])
async def test_frozen_consumer_cannot_settle(work: Site, crew: Callable[..., Crew], does: str) -> None:
    """A consumer that was frozen while another took over neither acknowledges nor writes a letter when it thaws."""
    (entry_id,) = await work.add_all([asks(does)])
    gang = crew(policy={"max_crashes": 5}, min_idle=0.6)
    frozen = gang.start()
    await until(lambda: work.client.sismember("started", entry_id), seconds=PATIENCE)
    os.kill(frozen.pid, signal.SIGSTOP)
    await work.client.delete("started")
    second = gang.start()
    await until(lambda: work.client.sismember("started", entry_id), seconds=PATIENCE)
    os.kill(second.pid, signal.SIGSTOP)
    (row,) = await work.pending()
    assert row.owner.endswith(b"~crash1")
    # The first thaws, finishes its handler, settles, and ends.
    await work.client.set("go", "")
    frozen.send_signal(signal.SIGTERM)
    os.kill(frozen.pid, signal.SIGCONT)
    assert 0 == await gang.ended(frozen)

    assert {entry_id: 1} == await handled(work)
    assert {entry_id: row.owner.decode()} == await work.owners()
    assert [] == await work.letters()

    os.kill(second.pid, signal.SIGCONT)
    await until(work.done, seconds=PATIENCE)
    await gang.dismiss()
    assert {entry_id: 2} == await handled(work)
    assert (1 if "reject" in does else 0) == len(await work.letters())


# --- killed by an entry


@pytest.mark.parametrize("place", [0, 4, 9])
async def test_killer_at_any_place_of_a_batch(work: Site, crew: Callable[..., Crew], fence: bool, place: int) -> None:
    """An entry that kills its consumer is one dead letter after two deaths, and all its neighbours are handled."""
    does = ["note"] * 10
    does[place] = "die"
    ids = await work.add_all([asks(each) for each in does])
    gang = crew(min_idle=0.3)

    async def supervised() -> None:
        while not await work.done():
            await gang.ended(gang.start())

    supervisor = asyncio.create_task(supervised())
    try:
        await until(work.done, seconds=PATIENCE)
    finally:
        supervisor.cancel()
        await asyncio.wait([supervisor])
    await gang.dismiss()

    (letter,) = await work.letters()
    assert ("process-killer", "crash", ids[place]) == (letter.letter.reason, letter.letter.stage, letter.letter.id)
    assert values_of(asks("die")) == letter.entry
    assert 2 == letter.letter.crashes == int(await work.client.get("deaths") or 0)
    assert set(ids) - {ids[place]} == set(await handled(work))
    assert gang.none_left()
