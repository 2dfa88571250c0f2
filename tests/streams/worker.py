"""A consumer in a process of its own, for the tests that kill it: `worker.py SETTINGS`, a JSON object.

Before a handler returns it has noted on the server, with a client of its own, what it handled: `handled` counts by
entry id, `started` holds the ids of those that wait for the key `go`.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import threading
from typing import Any

import msgspec
import valkey
import valkey.asyncio

from upcast import Payload, Registry
from upcast.streams import Consumer, Delivery, Reject, RetryPolicy

events = Registry()


@events.event("work.asked", version=2)
class WorkAsked(msgspec.Struct, frozen=True):
    """What a handler shall do; version 1 called it `what`."""

    does: str


@events.upcaster("work.asked", from_version=1)
def rename_what(payload: Payload) -> Payload:
    """Fails where there is no `what`."""
    return {"does": payload["what"]}


codec = events.codec()


class Worker:
    """Handles work, and notes it."""

    def __init__(self, notes: valkey.Valkey) -> None:
        self._notes = notes

    async def act(self, event: WorkAsked, delivery: Delivery) -> Reject | None:
        """What the event asks for."""
        match event.does:
            case "fail":
                raise ConnectionError
            case "fail at first":
                if delivery.attempt == 1:
                    raise ConnectionError
            case "die":
                self._notes.incr("deaths")
                os.kill(os.getpid(), signal.SIGKILL)
            case "hang":
                self._notes.sadd("started", delivery.id)
                await asyncio.Event().wait()
            case "wait" | "wait, then reject":
                self._notes.sadd("started", delivery.id)
                while not self._notes.exists("go"):  # noqa: ASYNC110  # it is set by another process
                    await asyncio.sleep(0.005)
        self.note(delivery)
        return Reject("asked-to") if event.does == "wait, then reject" else None

    def act_sync(self, event: WorkAsked, delivery: Delivery) -> None:
        """The same, in a thread, for what can be done at once."""
        if event.does == "fail" or (event.does == "fail at first" and delivery.attempt == 1):
            raise ConnectionError
        self.note(delivery)

    def note(self, delivery: Delivery) -> None:
        """Note that an entry was handled."""
        self._notes.hincrby("handled", delivery.id, 1)
        self._notes.hset("attempts", delivery.id, delivery.attempt)


async def main(socket_path: str, policy: dict[str, Any], sync: bool, **settings: Any) -> None:
    """Consume until a signal comes."""
    with valkey.Valkey(unix_socket_path=socket_path, socket_timeout=5.0) as notes:
        async with valkey.asyncio.Valkey(unix_socket_path=socket_path, socket_timeout=5.0) as client:
            worker = Worker(notes)
            consumer = Consumer(
                client, codec, stream="work", group="crew", policy=RetryPolicy(jitter=0, **policy), **settings
            )
            consumer.on(WorkAsked)(worker.act_sync if sync else worker.act)
            await consumer.run()


def end_with_parent() -> None:
    """End when the process that started this one is gone, and its end of the pipe with it."""
    os.read(0, 1)
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=end_with_parent, daemon=True).start()
    sys.setswitchinterval(0.001)  # more places to be killed at
    asyncio.run(main(**json.loads(sys.argv[1])))
