"""The release command: a migration of each release, of which Redis holds the list."""

import asyncio
import sys

import server


async def migrate() -> None:
    """Note that this release was here; a broken one fails."""
    if server.KIND == "migration":
        raise SystemExit("no such column")
    await server.redis("RPUSH", "migrations", server.RELEASE)


if __name__ == "__main__":
    if sys.argv[1] == "migrate":
        asyncio.run(migrate())
    else:
        raise SystemExit(f"unknown command {sys.argv[1]}")
