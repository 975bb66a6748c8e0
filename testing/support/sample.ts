/** Data that tests bring where nothing was deployed: a run, its release and where it serves. */

import { randomUUID } from "node:crypto";

import { report, type Stage } from "./board.ts";
import { expected, isDeployed } from "./environment.ts";

export interface Sample {
  run: string;
  release: string;
}

const STAGES = ["build", "test", "publish", "staging", "e2e", "production"];

function stage(name: string, passed: boolean, now: string): Stage {
  return {
    name,
    status: passed ? "passed" : "pending",
    started_at: passed ? now : null,
    finished_at: passed ? now : null,
    seconds: passed ? 1 : null,
    detail: "",
  };
}

/** Post a run whose E2E stage is still to come, with the release that it deployed. */
async function postSample(): Promise<Sample> {
  const id = randomUUID();
  const now = new Date().toISOString();
  const run = `sample-${id}`;
  const release = `1.0.0-${id.slice(0, 12)}`;
  const commit = id.replaceAll("-", "").padEnd(40, "0");
  await report({
    runs: [
      {
        id: run, number: parseInt(id.slice(0, 6), 16), event: "push", branch: "main", commit,
        message: "Sample of the browser tests, with a message long enough to need a second line on a telephone",
        author: "Test", target: "lab", status: "running", started_at: now, finished_at: null,
        stages: STAGES.map((name, index) => stage(name, index < 4, now)),
      },
    ],
    releases: [
      {
        id: release, version: "1.0.0", commit, branch: "main", dirty: false, created_at: now, run,
        images: {
          backend: { reference: `registry.example/owner/app-backend:${release}`, digest: `sha256:${"a".repeat(64)}` },
          frontend: { reference: `registry.example/owner/app-frontend:${release}`, digest: `sha256:${"b".repeat(64)}` },
        },
      },
    ],
    deployments: [
      {
        id: `deployment-${id}`, environment: "staging", url: "http://staging.example", release, run,
        action: "deploy", outcome: "deployed", started_at: now, finished_at: now,
      },
    ],
  });
  return { run, release };
}

/** The run and release under test: the pipeline's where it deployed, which gets no invented data, else a sample. */
export async function underTest(): Promise<Sample> {
  if (!isDeployed) return postSample();
  if (expected.run === "") throw new Error("RUN_ID is not set: pass the id of the run that deployed the release");
  return { run: expected.run, release: expected.release };
}
