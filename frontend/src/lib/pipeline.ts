import type { Run, RunStatus, Stage, StageStatus } from "../api/types.ts";
import { secondsBetween } from "./time.ts";

export const STAGES = ["build", "test", "publish", "staging", "e2e", "production"] as const;

/** `absent`: the plan of this run has no such stage (a pull request is not published). */
export type ShownStatus = StageStatus | RunStatus | "absent";

export interface ShownStage extends Omit<Stage, "status"> {
  status: ShownStatus;
  label: string;
}

const LABELS: Readonly<Record<string, string>> = {
  build: "Build",
  test: "Test",
  publish: "Publish",
  staging: "Staging",
  e2e: "E2E",
  production: "Production",
};

export const STATUS_WORDS: Readonly<Record<ShownStatus, string>> = {
  pending: "waiting",
  running: "running",
  passed: "passed",
  failed: "failed",
  skipped: "skipped",
  cancelled: "cancelled",
  absent: "not in this run",
};

export function stageLabel(name: string): string {
  return LABELS[name] ?? name;
}

/** The six lanes in pipeline order, then whatever else the run brought. */
export function lanes(run: Run): ShownStage[] {
  const known = STAGES.map((name) => {
    const stage = run.stages.find((candidate) => candidate.name === name);
    return stage ? shown(stage) : absent(name);
  });
  const others = run.stages.filter((stage) => !STAGES.some((name) => name === stage.name));
  return [...known, ...others.map(shown)];
}

function shown(stage: Stage): ShownStage {
  return { ...stage, label: stageLabel(stage.name) };
}

function absent(name: string): ShownStage {
  return {
    name,
    label: stageLabel(name),
    status: "absent",
    started_at: null,
    finished_at: null,
    seconds: null,
    detail: "",
  };
}

/** How long a stage took, or has taken so far; null when it never started. */
export function stageSeconds(stage: ShownStage, now: number): number | null {
  if (stage.seconds !== null) return stage.seconds;
  if (stage.started_at === null) return null;
  if (stage.finished_at === null && stage.status !== "running") return null;
  return secondsBetween(stage.started_at, stage.finished_at, now);
}

export function runSeconds(run: Run, now: number): number {
  return secondsBetween(run.started_at, run.finished_at, now);
}

export interface Bar {
  /** Both are fractions of the axis, between 0 and 1. */
  start: number;
  width: number;
}

/** Where a stage's bar stands on an axis that begins with the run and is `axisSeconds` long. */
export function barOf(stage: ShownStage, run: Run, axisSeconds: number, now: number): Bar | null {
  const seconds = stageSeconds(stage, now);
  if (stage.started_at === null || seconds === null || axisSeconds <= 0) return null;
  const offset = (Date.parse(stage.started_at) - Date.parse(run.started_at)) / 1000;
  const start = clamp(offset / axisSeconds);
  return { start, width: Math.min(clamp(seconds / axisSeconds), 1 - start) };
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 86_400];

/** Round tick marks for an axis of this many seconds: at most six besides zero. */
export function ticks(axisSeconds: number): number[] {
  const step = STEPS.find((size) => axisSeconds / size <= 6) ?? axisSeconds / 6;
  const count = Math.floor(axisSeconds / step);
  return Array.from({ length: count + 1 }, (_, index) => index * step);
}
