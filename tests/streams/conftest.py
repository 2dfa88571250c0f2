"""A server without any key for each test of streams, and a client to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from streams.site import Site

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import valkey.asyncio

    from upcast.streams import EmbeddedValkey


@pytest.fixture
def server(upcast_valkey: EmbeddedValkey) -> EmbeddedValkey:
    """The server of the run, emptied."""
    return upcast_valkey


@pytest.fixture
async def client(server: EmbeddedValkey) -> AsyncIterator[valkey.asyncio.Valkey]:
    """A client to it, as users make one."""
    async with server.async_client() as client:
        yield client


@pytest.fixture
async def site(client: valkey.asyncio.Valkey) -> Site:
    """The stream `orders` with its group `billing`, which is made and has read nothing."""
    site = Site(client)
    await site.create_group()
    return site


@pytest.fixture(params=[True, False], ids=["fenced", "unfenced"])
def fence(request: pytest.FixtureRequest) -> bool:
    """Both ways to settle."""
    return bool(request.param)
