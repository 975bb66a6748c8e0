import type { Deployment } from "../api/types.ts";
import type { ShownStatus } from "../lib/pipeline.ts";
import { atLocalTime } from "../lib/time.ts";
import styles from "./DeploymentMarks.module.css";
import { StatusIcon } from "./StatusIcon.tsx";

export const OUTCOME_STATUS: Readonly<Record<Deployment["outcome"], ShownStatus>> = {
  deployed: "passed",
  failed: "failed",
  undone: "cancelled",
};

/** The last deployments of an environment, oldest on the left, as a row of marks. */
export function DeploymentMarks({ deployments }: { deployments: Deployment[] }) {
  if (deployments.length === 0) return null;
  return (
    <ol className={styles.marks} aria-label="Last deployments, oldest first">
      {deployments.toReversed().map((deployment) => {
        const words = `${deployment.action} of ${deployment.release}: ${deployment.outcome}`;
        return (
          <li key={deployment.id} title={`${words}, ${atLocalTime(deployment.started_at)}`}>
            <StatusIcon status={OUTCOME_STATUS[deployment.outcome]} size={14} />
            <span className="visually-hidden">{words}</span>
          </li>
        );
      })}
    </ol>
  );
}
