"""The one place that speaks to the server: nothing sent twice, nothing misread, no cancellation lost."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from streams.proxy import Proxy
from upcast.streams._scripts import Script
from upcast.streams._server import Server, ServerSilent, Trouble, Unreachable, ValkeyError, text_of, trouble_of

if TYPE_CHECKING:
    import valkey.asyncio

    from upcast.streams import EmbeddedValkey

OWN = pytest.mark.parametrize("patience", [None, 5.0], ids=["borrowed", "own"])


@OWN
async def test_a_cancellation_is_never_lost(client: valkey.asyncio.Valkey, patience: float | None) -> None:
    """At whichever step of the loop it comes: the client's own way of sending drops it at some."""
    server = Server(client, timeout=patience)
    await server.call("PING")

    async def ask_for_ever() -> None:
        while True:
            await server.call("PING")

    for steps in range(150):
        asking = asyncio.create_task(ask_for_ever())
        for _ in range(steps):
            await asyncio.sleep(0)
        asking.cancel()
        done, _ = await asyncio.wait([asking], timeout=5)
        assert done, f"lost after {steps} steps"
    await server.close()


@OWN
async def test_a_task_that_has_cancelled_itself_asks_nothing(
    client: valkey.asyncio.Valkey, patience: float | None
) -> None:
    """The cancellation is met at the next round trip."""
    server = Server(client, timeout=patience)

    async def cancel_and_ask() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await server.call("SET", "a", "b")
        await server.call("SET", "a", "b")

    with pytest.raises(asyncio.CancelledError):
        await asyncio.create_task(cancel_and_ask())
    await server.close()


@OWN
async def test_after_a_cancellation_replies_belong_to_their_commands(
    client: valkey.asyncio.Valkey, server: EmbeddedValkey, patience: float | None
) -> None:
    """The connection is given up: what is still to come on it is nobody's."""
    async with Proxy(server.socket_path) as proxy, proxy.client() as through:
        asking = Server(through, timeout=patience)
        held = proxy.expect("ECHO", "first", action="hold the reply")
        first = asyncio.create_task(asking.call("ECHO", "first"))
        await held.happens()
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        held.release()

        assert await asking.call("ECHO", "second") == b"second"
        await asking.close()


async def test_a_server_that_says_nothing_is_silent(server: EmbeddedValkey) -> None:
    """After the time it was given, whatever the client's own time-out."""
    async with Proxy(server.socket_path) as proxy, proxy.client(socket_timeout=None) as through:
        proxy.expect("PING", action="fall silent")
        asking = Server(through, timeout=0.05)

        with pytest.raises(ServerSilent, match=r"no reply within 0\.05 s"):
            await asking.call("PING")
        await asking.close()


async def test_refusals_stand_in_the_place_of_replies(client: valkey.asyncio.Valkey) -> None:
    """The commands around one that is refused are carried out."""
    first, refusal, last = await Server(client).send([("SET", "a", "1"), ("LPUSH", "a", "x"), ("GET", "a")])

    assert (first, last) == (b"OK", b"1")
    assert trouble_of(refusal) is Trouble.REFUSED


async def test_a_script_that_the_server_forgot_is_sent_again(client: valkey.asyncio.Valkey) -> None:
    """With its keys and arguments, among others that it knows."""
    server = Server(client)
    echo, key = Script("return {KEYS[1], ARGV[1]}"), Script("return KEYS[1]")
    assert await server.run_one(echo, [b"k"], ["a"]) == [b"k", b"a"]
    await server.call("SCRIPT", "FLUSH")
    assert await server.run_one(key, [b"k"], []) == b"k"

    assert await server.run([(key, [b"1"], []), (echo, [b"2"], ["b"])]) == [b"1", [b"2", b"b"]]


async def test_a_server_that_is_not_there_got_nothing(server: EmbeddedValkey) -> None:
    """And that is said by the class of the error."""
    client = server.async_client()
    server.stop()

    for patience in (None, 1.0):
        with pytest.raises(Unreachable) as raised:
            await Server(client, timeout=patience).call("PING")
        assert trouble_of(raised.value) is Trouble.PASSING
    await client.aclose()


@pytest.mark.parametrize(
    ("reply", "trouble"),
    [
        ("READONLY You can't write against a read only replica.", Trouble.PASSING),
        ("NOREPLICAS Not enough good replicas to write.", Trouble.PASSING),
        ("LOADING Valkey is loading the dataset in memory", Trouble.PASSING),
        ("BUSY Valkey is busy running a script.", Trouble.PASSING),
        ("BUSYGROUP Consumer Group name already exists", Trouble.REFUSED),
        ("MASTERDOWN Link with MASTER is down", Trouble.PASSING),
        ("MISCONF Errors writing to the AOF file", Trouble.PASSING),
        ("UNBLOCKED force unblock from blocking operation", Trouble.PASSING),
        ("CLUSTERDOWN The cluster is down", Trouble.PASSING),
        ("TRYAGAIN Multiple keys request during rehashing", Trouble.PASSING),
        ("OOM command not allowed when used memory > 'maxmemory'.", Trouble.PASSING),
        ("NOGROUP No such key 'orders' or consumer group 'billing'", Trouble.NO_GROUP),
        ("WRONGTYPE Operation against a key holding the wrong kind of value", Trouble.REFUSED),
        ("NOPERM User weak has no permissions to run the 'xack' command", Trouble.REFUSED),
        ("ERR unknown command 'XYZ', with args beginning with: 'secret'", Trouble.REFUSED),
        ("WRONGPASS invalid username-password pair or user is disabled.", Trouble.REFUSED),
        ("NOAUTH Authentication required.", Trouble.REFUSED),
    ],
    ids=lambda value: value.partition(" ")[0] if isinstance(value, str) else "",
)
async def test_what_the_server_says_is_sorted(server: EmbeddedValkey, reply: str, trouble: Trouble) -> None:
    """As the client really reports each, whether it takes the code away or not; and no argument is repeated."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(f"-{reply}\r\n".encode())
        await writer.drain()
        writer.close()

    import valkey.asyncio

    listener = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    async with listener, valkey.asyncio.Valkey(host="127.0.0.1", port=port, lib_name=None, lib_version=None) as client:
        with pytest.raises(ValkeyError) as raised:
            await Server(client).call("XYZ", "secret")

    assert trouble_of(raised.value) is trouble
    assert "secret" not in text_of(raised.value)
