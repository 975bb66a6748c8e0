/** The board's API, as the pipeline uses it. */

import { baseURL, boardToken } from "./environment.ts";

export interface Stage {
  name: string;
  status: "pending" | "running" | "passed" | "failed" | "skipped" | "cancelled";
  started_at: string | null;
  finished_at: string | null;
  seconds: number | null;
  detail: string;
}

export interface Run {
  id: string;
  number: number;
  event: string;
  branch: string;
  commit: string;
  message: string;
  author: string;
  target: string;
  status: string;
  started_at: string;
  finished_at: string | null;
  stages: Stage[];
}

export interface Status {
  status: string;
  version: string;
  commit: string;
  release: string;
  environment: string;
}

export async function get<T>(path: string): Promise<T> {
  const answer = await fetch(new URL(`/api/v1/${path}`, baseURL));
  if (!answer.ok) throw new Error(`GET /api/v1/${path} answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as T;
}

/** Post a report. By Node's own client: Playwright's would write the token into traces. */
export async function report(body: object): Promise<void> {
  const answer = await fetch(new URL("/api/v1/reports/", baseURL), {
    method: "POST",
    headers: { authorization: `Bearer ${boardToken()}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`the board refused the report: ${answer.status} ${await answer.text()}`);
}

/** Return a run as reports take it, without what the board adds when it is read. */
export async function readRun(id: string): Promise<Run> {
  const { number, event, branch, commit, message, author, target, status, started_at, finished_at, stages } =
    await get<Run>(`runs/${encodeURIComponent(id)}/`);
  return {
    id, number, event, branch, commit, message, author, target, status, started_at, finished_at,
    stages: stages.map(({ name, status, started_at, finished_at, seconds, detail }) => ({
      name, status, started_at, finished_at, seconds, detail,
    })),
  };
}

/** Set the run's stage `e2e`; posting the same twice changes nothing. */
export async function setE2eStage(id: string, status: Stage["status"], startedAt: string): Promise<void> {
  const run = await readRun(id);
  const stage: Stage = { name: "e2e", status, started_at: startedAt, finished_at: null, seconds: null, detail: "" };
  const known = run.stages.some(({ name }) => name === "e2e");
  const stages = known ? run.stages.map((old) => (old.name === "e2e" ? stage : old)) : [...run.stages, stage];
  await report({ runs: [{ ...run, stages }] });
}
