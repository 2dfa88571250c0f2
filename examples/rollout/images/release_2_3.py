"""Release 2.3: the same declaration; from here on the old key is not taken."""

from __future__ import annotations

from pydantic import Field

from images.release_2_0 import Sources
from upcast import rename
from upcast.settings import Legacy, LegacyKeyCounter, versioned

legacy_keys = LegacyKeyCounter()


@versioned(
    Legacy(rename("legacy_cache_timeout", to="cache_ttl_seconds"), since="2.1", remove_in="2.3"),
    release="2.3.0",
    on_use=legacy_keys,
)
class Settings(Sources):
    """Settings of release 2.3."""

    cache_ttl_seconds: int = Field(ge=50, le=3600)

    @property
    def ttl(self) -> int:
        """How long the service caches, in seconds."""
        return self.cache_ttl_seconds
