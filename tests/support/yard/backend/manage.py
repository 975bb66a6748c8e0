"""The release command: each release has a migration, but those called `still-…`; Redis holds what was applied."""

import asyncio
import json
import sys

import server


async def pending() -> list[dict[str, object]]:
    """Give what waits."""
    known = await server.redis("SISMEMBER", "migrations", server.RELEASE) == "1"
    return [] if known or server.RELEASE.startswith("still") else [{"name": f"yard.{server.RELEASE}", "findings": []}]


async def migrate() -> None:
    """Apply what waits; a broken release fails."""
    if server.KIND == "migration":
        raise SystemExit("no such column")
    await server.redis("SADD", "migrations", server.RELEASE)


if __name__ == "__main__":
    if sys.argv[1] == "migrate":
        asyncio.run(migrate())
    elif sys.argv[1] == "pending_migrations":
        sys.stdout.write(json.dumps({"fresh": False, "pending": asyncio.run(pending()), "ahead": []}) + "\n")
    else:
        raise SystemExit(f"unknown command {sys.argv[1]}")
