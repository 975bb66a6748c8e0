import type { Deployment, Environment, Release, Status } from "../api/types.ts";
import type { ShownStatus } from "./pipeline.ts";

export interface Health {
  status: ShownStatus;
  label: string;
  detail: string;
}

export function newestFirst(deployments: Deployment[]): Deployment[] {
  return deployments.toSorted((a, b) => Date.parse(b.started_at) - Date.parse(a.started_at));
}

/**
 * What can honestly be said about an environment's health: the one that serves this board is
 * asked, of the others the board knows what their last deployment found.
 */
export function healthOf(environment: Environment, status: Status | undefined): Health {
  if (status?.environment === environment.name) return healthNow(status);
  const last = newestFirst(environment.deployments)[0];
  if (!last || !environment.release) {
    return { status: "pending", label: "Nothing deployed", detail: "" };
  }
  if (last.outcome === "deployed") {
    return { status: "passed", label: "Verified at deploy", detail: "passed after the deploy" };
  }
  const detail =
    last.outcome === "undone"
      ? `${last.release} was undone; the release before serves on`
      : `${last.release} could not be deployed`;
  return { status: "cancelled", label: "Last deploy failed", detail };
}

function healthNow(status: Status): Health {
  const checks = Object.entries(status.checks);
  if (status.status === "ok") {
    const timed = checks.filter(([, check]) => check.milliseconds !== undefined);
    const detail = timed.map(([name, check]) => `${name} ${check.milliseconds} ms`).join(", ");
    return { status: "passed", label: "Healthy", detail };
  }
  const broken = checks.filter(([, check]) => check.status !== "ok");
  const detail = broken.map(([name, check]) => `${name}: ${check.error ?? "down"}`).join("; ");
  return { status: "failed", label: "Unhealthy", detail };
}

/** How two neighbouring environments stand to each other, in a few words. */
export function relation(from: Environment, to: Environment): string {
  if (!from.release && !to.release) return "nothing deployed";
  if (!from.release || !to.release) return "not promoted yet";
  if (from.release.id === to.release.id) return "same release";
  if (sameImages(from.release, to.release)) return "same images";
  return Date.parse(from.release.created_at) > Date.parse(to.release.created_at)
    ? `${from.name} is ahead`
    : `${to.name} is ahead`;
}

function sameImages(one: Release, other: Release): boolean {
  const digests = (release: Release) =>
    Object.entries(release.images)
      .map(([component, image]) => `${component} ${image.digest}`)
      .toSorted()
      .join("\n");
  return digests(one) !== "" && digests(one) === digests(other);
}
