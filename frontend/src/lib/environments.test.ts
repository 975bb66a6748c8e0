import { describe, expect, it } from "vitest";

import { makeBoard } from "../../dev/fixtures.ts";
import type { Environment, Status } from "../api/types.ts";
import { healthOf, newestFirst, relation } from "./environments.ts";

const board = makeBoard(Date.parse("2026-03-14T10:00:00Z"));
const [staging, production] = board.environments as [Environment, Environment];

describe("health", () => {
  it("is asked of the environment that serves the board", () => {
    expect(healthOf(production, board.status)).toEqual({
      status: "passed",
      label: "Healthy",
      detail: "database 1.2 ms, redis 0.4 ms",
    });
  });

  it("names the checks that fail", () => {
    const status: Status = {
      ...board.status,
      status: "error",
      checks: { database: { status: "error", error: "refused" }, redis: { status: "error" } },
    };
    expect(healthOf(production, status)).toEqual({
      status: "failed",
      label: "Unhealthy",
      detail: "database: refused; redis: down",
    });
  });

  it("is what the last deployment found, elsewhere", () => {
    expect(healthOf(staging, board.status).label).toBe("Verified at deploy");
    expect(healthOf(staging, undefined).label).toBe("Verified at deploy");
  });

  it.each([
    ["undone", /was undone/],
    ["failed", /could not be deployed/],
  ] as const)("tells of a deployment that was %s", (outcome, detail) => {
    const last = { ...staging.deployments[0]!, outcome, started_at: "2026-03-14T11:00:00Z" };
    const environment = { ...staging, deployments: [...staging.deployments, last] };
    const health = healthOf(environment, undefined);
    expect(health.label).toBe("Last deploy failed");
    expect(health.detail).toMatch(detail);
  });

  it("is nothing where nothing was deployed", () => {
    const bare = { ...staging, release: null, deployments: [] };
    expect(healthOf(bare, undefined).label).toBe("Nothing deployed");
  });
});

describe("the passage between two environments", () => {
  const bare = (environment: Environment) => ({ ...environment, release: null });

  it("tells which one is ahead", () => {
    expect(relation(staging, production)).toBe("staging is ahead");
    expect(relation({ ...staging, release: production.release }, { ...production, release: staging.release })).toBe(
      "production is ahead",
    );
  });

  it("tells same releases, and same images under other names", () => {
    expect(relation(staging, { ...production, release: staging.release })).toBe("same release");
    const renamed = { ...staging.release!, id: "1.4.2-other" };
    expect(relation(staging, { ...production, release: renamed })).toBe("same images");
  });

  it("waits for first releases", () => {
    expect(relation(staging, bare(production))).toBe("not promoted yet");
    expect(relation(bare(staging), bare(production))).toBe("nothing deployed");
  });
});

it("sorts deployments by when they began", () => {
  const sorted = newestFirst(staging.deployments.toReversed());
  expect(sorted.map((item) => item.id)).toEqual(staging.deployments.map((item) => item.id));
});
