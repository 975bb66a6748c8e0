/** Realistic answers of the board's API, all derived from one moment: for dev:mock and the tests. */
import type {
  Deployment,
  Environment,
  Metrics,
  Page,
  Release,
  Run,
  RunStatus,
  Stage,
  StageStatus,
  Status,
} from "../src/api/types.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NAMES = ["build", "test", "publish", "staging", "e2e", "production"] as const;

export interface Board {
  status: Status;
  environments: Environment[];
  metrics: Metrics;
  runs: Run[];
  releases: Release[];
}

interface Story {
  number: number;
  minutesAgo: number;
  message: string;
  author: string;
  branch?: string;
  event?: Run["event"];
  seconds: number[];
  /** How it ended; the stage it ended in is the last one of `seconds`. */
  ended?: Exclude<StageStatus, "pending" | "passed" | "skipped">;
  planned?: number;
  detail?: string;
  dirty?: boolean;
}

const E2E_FAILURE = `1 of 14 failed: releases.spec.ts › a release names both digests
  expect(locator).toHaveText(expected)
  Expected: "3f0d9c41b7aa"
  Received: "nothing deployed"
  at testing/e2e/releases.spec.ts:41
next: invoke e2e --env staging --grep "both digests"`;

const TEST_FAILURE = `backend: 2 failed, 211 passed in 9.81s
FAILED tests/test_reports.py::test_posting_twice_changes_nothing - assert 2 == 1
FAILED tests/test_reports.py::test_bad_stage_name_is_named - KeyError: 'stages'
frontend: passed · lint: passed
next: nox -s tests_backend`;

const HEALTH_FAILURE = `backend: not healthy within 120 s (database: connection refused)
staging was put back to 1.4.1-5c2b91d0aa37
next: invoke status --env staging`;

const STORIES: Story[] = [
  { number: 148, minutesAgo: 2.2, message: "Show the digest that each environment runs", author: "Mara Lindqvist", seconds: [21.4, 48.2, 9.7, 23.6, 0], ended: "running", planned: 6 },
  { number: 147, minutesAgo: 52, message: "Refuse a promotion whose E2E did not pass", author: "Teo Okafor", seconds: [20.8, 46.9, 9.1, 24.3, 31.6, 22.8] },
  { number: 146, minutesAgo: 96, message: "Paginate releases by creation time", author: "Mara Lindqvist", branch: "feature/paginate-releases", seconds: [22.0, 51.3, 8.8, 23.9, 38.4], ended: "failed", planned: 5, detail: E2E_FAILURE },
  { number: 145, minutesAgo: 190, message: "Read Redis' password from its environment\n\nSo that it stands in no process list.", author: "Jun Watanabe", event: "pull_request", branch: "fix/redis-acl", seconds: [6.2, 44.7], planned: 2 },
  { number: 144, minutesAgo: 280, message: "Measure lead time from the commit, not from the run", author: "Teo Okafor", seconds: [19.6, 47.5, 9.9, 23.1, 30.2, 21.7] },
  { number: 143, minutesAgo: 1_330, message: "Make reports an upsert by run and stage", author: "Amélie Rousseau", branch: "feature/idempotent-reports", seconds: [20.1, 39.4], ended: "failed", planned: 5, detail: TEST_FAILURE },
  { number: 142, minutesAgo: 1_480, message: "Try the new health gate with local edits", author: "Jun Watanabe", event: "manual", branch: "feature/health-gate", seconds: [7.3, 45.0, 10.4, 22.8, 33.0], planned: 5, dirty: true },
  { number: 141, minutesAgo: 1_612, message: "Wait for the database's query, not its port", author: "Jun Watanabe", branch: "feature/health-gate", seconds: [19.9, 46.1, 9.3, 121.4], ended: "failed", planned: 5, detail: HEALTH_FAILURE },
  { number: 140, minutesAgo: 2_905, message: "Compress static files once, at build time, and let the proxy send what it has already got", author: "Amélie Rousseau", seconds: [21.2, 48.8, 9.0, 24.6, 29.9, 23.4] },
  { number: 139, minutesAgo: 3_020, message: "Cancel steps of the run that a newer push replaced", author: "Teo Okafor", branch: "feature/cancel-replaced", seconds: [20.5, 18.2], ended: "cancelled", planned: 5, detail: "replaced by run 140" },
  { number: 138, minutesAgo: 4_410, message: "Pin host keys of both servers", author: "Mara Lindqvist", seconds: [20.0, 45.5, 9.6, 22.2, 30.8, 22.1] },
  { number: 137, minutesAgo: 5_790, message: "Say which layer a container failed in", author: "Jun Watanabe", seconds: [21.7, 47.7, 9.4, 23.0, 31.1, 24.0] },
];

/** Make the whole board as it looks at `now` (milliseconds). */
export function makeBoard(now: number): Board {
  const runs = STORIES.map((story) => makeRun(story, now));
  const releases = STORIES.filter((story) => story.seconds.length > 3 || story.ended === "running")
    .map((story, index) => makeRelease(story, runs.find((run) => run.number === story.number), index));
  const environments = makeEnvironments(runs, releases);
  const current = environments[1]?.release;
  return {
    status: {
      status: "ok",
      checks: {
        process: { status: "ok" },
        database: { status: "ok", milliseconds: 1.2 },
        redis: { status: "ok", milliseconds: 0.4 },
      },
      version: current?.version ?? "",
      commit: current?.commit ?? "",
      release: current?.id ?? "",
      environment: "production",
    },
    environments,
    metrics: makeMetrics(now),
    runs,
    releases,
  };
}

/** The board before the first run reached it. */
export function makeEmptyBoard(): Board {
  return {
    status: {
      status: "ok",
      checks: { process: { status: "ok" } },
      version: "1.0.0",
      commit: "",
      release: "",
      environment: "staging",
    },
    environments: [],
    metrics: {
      days: 30,
      deployments_per_week: 0,
      change_failure_rate: null,
      median_lead_time_seconds: null,
      median_run_seconds: null,
      runs_passed: 0,
      runs_failed: 0,
      daily: [],
    },
    runs: [],
    releases: [],
  };
}

export function makePage<Item>(items: Item[], limit: number, offset: number): Page<Item> {
  return {
    count: items.length,
    next: offset + limit < items.length ? `?limit=${limit}&offset=${offset + limit}` : null,
    previous: offset > 0 ? `?limit=${limit}&offset=${Math.max(0, offset - limit)}` : null,
    results: items.slice(offset, offset + limit),
  };
}

/** Hex digits that look random and are always the same for the same seed. */
export function hex(seed: number, length: number): string {
  let value = seed * 2_654_435_761 + 97;
  let text = "";
  while (text.length < length) {
    value = (Math.imul(value ^ (value >>> 15), 2_246_822_519) + 0x9e3779b9) | 0;
    text += (value >>> 0).toString(16).padStart(8, "0");
  }
  return text.slice(0, length);
}

function makeRun(story: Story, now: number): Run {
  const started = now - story.minutesAgo * MINUTE;
  const status: RunStatus = story.ended ?? "passed";
  const stages = makeStages(story, started, now);
  const last = stages.findLast((stage) => stage.finished_at !== null);
  return {
    id: `run-${story.number}-${hex(story.number, 6)}`,
    number: story.number,
    event: story.event ?? "push",
    branch: story.branch ?? "main",
    commit: hex(story.number, 40),
    message: story.message,
    author: story.author,
    target: "remote",
    status,
    started_at: iso(started),
    finished_at: status === "running" ? null : (last?.finished_at ?? iso(started)),
    stages,
  };
}

function makeStages(story: Story, started: number, now: number): Stage[] {
  let clock = started + 900;
  return NAMES.slice(0, story.planned ?? 6).map((name, index) => {
    const seconds = story.seconds[index];
    const last = index === story.seconds.length - 1;
    if (seconds === undefined) {
      const status = story.ended === "running" ? "pending" : "skipped";
      return { name, status, started_at: null, finished_at: null, seconds: null, detail: "" };
    }
    const status: StageStatus = last ? (story.ended ?? "passed") : "passed";
    const begin = Math.min(clock, now);
    clock = begin + seconds * 1000 + 600;
    const running = status === "running";
    return {
      name,
      status,
      started_at: iso(begin),
      finished_at: running ? null : iso(begin + seconds * 1000),
      seconds: running ? null : seconds,
      detail: last ? (story.detail ?? "") : "",
    };
  });
}

function makeRelease(story: Story, run: Run | undefined, index: number): Release {
  const commit = hex(story.number, 40);
  const version = story.number > 141 ? "1.4.2" : "1.4.1";
  const dirty = story.dirty ?? false;
  const id = `${version}-${commit.slice(0, 12)}${dirty ? `-dirty-${hex(story.number + 9, 8)}` : ""}`;
  const image = (component: string, seed: number) => ({
    reference: `registry.example.com/acme/app-${component}:${id}`,
    digest: `sha256:${hex(seed, 64)}`,
  });
  return {
    id,
    version,
    commit,
    branch: story.branch ?? "main",
    dirty,
    created_at: run?.stages[2]?.finished_at ?? run?.started_at ?? "",
    run: run?.id ?? null,
    // The frontend changes less often than the backend: neighbours share its digest.
    images: { backend: image("backend", story.number * 31), frontend: image("frontend", 7 + (index >> 1)) },
  };
}

function makeEnvironments(runs: Run[], releases: Release[]): Environment[] {
  return (["staging", "production"] as const).map((name) => {
    const url = name === "staging" ? "https://staging.example.com" : "https://app.example.com";
    const deployments = releases.flatMap((release) => {
      const run = runs.find((candidate) => candidate.id === release.run);
      const stage = run?.stages.find((candidate) => candidate.name === name);
      return run && stage?.finished_at ? [deploymentOf(name, url, run, release, stage)] : [];
    });
    const served = deployments.filter((deployment) => deployment.outcome === "deployed");
    return {
      name,
      url,
      release: releases.find((release) => release.id === served[0]?.release) ?? null,
      deployed_at: served[0]?.finished_at ?? null,
      previous: served[1]?.release ?? null,
      deployments: deployments.slice(0, 5),
    };
  });
}

function deploymentOf(
  environment: string,
  url: string,
  run: Run,
  release: Release,
  stage: Stage,
): Deployment {
  return {
    id: `${run.id}-${environment}`,
    environment,
    url,
    release: release.id,
    run: run.id,
    action: environment === "production" ? "promote" : "deploy",
    outcome: stage.status === "passed" ? "deployed" : "undone",
    started_at: stage.started_at ?? "",
    finished_at: stage.finished_at,
  };
}

function makeMetrics(now: number): Metrics {
  const counts = [2, 3, 1, 4, 2, 0, 0, 3, 5, 2, 3, 4, 0, 1, 2, 4, 6, 3, 2, 0, 0, 4, 3, 5, 2, 3, 1, 0, 4, 3];
  const failures = new Map([[3, 1], [8, 2], [16, 1], [23, 1], [28, 1]]);
  return {
    days: 30,
    deployments_per_week: 16.8,
    change_failure_rate: 6 / 72,
    median_lead_time_seconds: 412,
    median_run_seconds: 163.4,
    runs_passed: 58,
    runs_failed: 9,
    daily: counts.map((deployments, index) => ({
      date: iso(now - (counts.length - 1 - index) * DAY).slice(0, 10),
      deployments,
      failures: failures.get(index) ?? 0,
    })),
  };
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

export const moments = { MINUTE, HOUR, DAY };
