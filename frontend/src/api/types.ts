/** The shapes that the board's API answers with (`/api/v1/`). Times are ISO 8601 in UTC. */

export type StageStatus =
  | "pending"
  | "running"
  | "passed"
  | "failed"
  | "skipped"
  | "cancelled";

export type RunStatus = "running" | "passed" | "failed" | "cancelled";

export interface Stage {
  name: string;
  status: StageStatus;
  started_at: string | null;
  finished_at: string | null;
  seconds: number | null;
  detail: string;
}

export interface Run {
  id: string;
  number: number;
  event: "push" | "pull_request" | "manual";
  branch: string;
  commit: string;
  message: string;
  author: string;
  target: "lab" | "remote";
  status: RunStatus;
  started_at: string;
  finished_at: string | null;
  stages: Stage[];
}

export interface Image {
  reference: string;
  digest: string;
}

export interface Release {
  id: string;
  version: string;
  commit: string;
  branch: string;
  dirty: boolean;
  created_at: string;
  run: string | null;
  images: Record<string, Image>;
}

export interface Deployment {
  id: string;
  environment: string;
  url: string;
  release: string;
  run: string | null;
  action: "deploy" | "promote" | "rollback";
  outcome: "deployed" | "failed" | "undone";
  started_at: string;
  finished_at: string | null;
}

export interface Environment {
  name: string;
  url: string;
  release: Release | null;
  deployed_at: string | null;
  previous: string | null;
  deployments: Deployment[];
}

/** One day in production: changes that arrived, and beside them those that failed. */
export interface DailyDeployments {
  date: string;
  deployments: number;
  failures: number;
}

export interface Metrics {
  days: number;
  deployments_per_week: number | null;
  /** Between 0 and 1; null when nothing was deployed. */
  change_failure_rate: number | null;
  median_lead_time_seconds: number | null;
  median_run_seconds: number | null;
  runs_passed: number;
  runs_failed: number;
  daily: DailyDeployments[];
}

export interface Check {
  status: "ok" | "error";
  milliseconds?: number;
  error?: string;
}

export interface Status {
  status: "ok" | "error";
  checks: Record<string, Check>;
  version: string;
  commit: string;
  release: string;
  environment: string;
}

export interface Page<Item> {
  count: number;
  next: string | null;
  previous: string | null;
  results: Item[];
}
