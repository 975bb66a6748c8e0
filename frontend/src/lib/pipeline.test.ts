import { describe, expect, it } from "vitest";

import { makeBoard } from "../../dev/fixtures.ts";
import type { Run } from "../api/types.ts";
import { barOf, lanes, runSeconds, STAGES, stageSeconds, ticks } from "./pipeline.ts";

const NOW = Date.parse("2026-03-14T10:00:00Z");

function run(number: number): Run {
  const found = makeBoard(NOW).runs.find((candidate) => candidate.number === number);
  if (!found) throw new Error(`no run ${number}`);
  return found;
}

describe("lanes", () => {
  it("shows six stages in pipeline order, those not planned as absent", () => {
    const shown = lanes(run(145));
    expect(shown.map((stage) => stage.name)).toEqual([...STAGES]);
    expect(shown.map((stage) => stage.status)).toEqual([
      "passed",
      "passed",
      "absent",
      "absent",
      "absent",
      "absent",
    ]);
  });

  it("keeps a stage that the board does not know", () => {
    const extra = { ...run(145) };
    extra.stages = [...extra.stages, { ...extra.stages[0]!, name: "smoke" }];
    expect(lanes(extra).at(-1)).toMatchObject({ name: "smoke", label: "smoke" });
  });
});

describe("seconds", () => {
  it("takes what the pipeline measured", () => {
    expect(stageSeconds(lanes(run(147))[1]!, NOW)).toBe(46.9);
  });

  it("counts a running stage until now", () => {
    const running = lanes(run(148))[4]!;
    expect(running.status).toBe("running");
    const begun = Date.parse(running.started_at ?? "");
    expect(stageSeconds(running, begun + 5_000)).toBe(5);
  });

  it("has none for a stage that never started or never ended", () => {
    const [first] = lanes(run(147));
    const open = { ...first!, seconds: null, finished_at: null };
    expect(stageSeconds({ ...open, started_at: null }, NOW)).toBeNull();
    expect(stageSeconds({ ...open, status: "cancelled" }, NOW)).toBeNull();
  });
});

describe("bars", () => {
  it("stand where the stage stands in the run", () => {
    const { start, width } = barOf(lanes(run(147))[0]!, run(147), 100, NOW)!;
    expect(start).toBeCloseTo(0.009);
    expect(width).toBeCloseTo(0.208);
  });

  it("never leave the axis", () => {
    const { start, width } = barOf(lanes(run(147))[1]!, run(147), 30, NOW)!;
    expect(start + width).toBeLessThanOrEqual(1);
  });

  it("are not drawn for stages that never started", () => {
    expect(barOf(lanes(run(145))[5]!, run(145), 100, NOW)).toBeNull();
    expect(barOf(lanes(run(147))[0]!, run(147), 0, NOW)).toBeNull();
  });
});

it("measures a run from its start to its end", () => {
  expect(runSeconds(run(145), NOW)).toBeCloseTo(52.4);
});

it.each([
  [1, [0, 1]],
  [52, [0, 10, 20, 30, 40, 50]],
  [160, [0, 30, 60, 90, 120, 150]],
  [3_700, [0, 900, 1_800, 2_700, 3_600]],
])("puts round ticks on an axis of %d seconds", (seconds, expected) => {
  expect(ticks(seconds)).toEqual(expected);
});

it("stays at a handful of ticks however long a run took", () => {
  expect(ticks(9_000_000)).toHaveLength(7);
});
