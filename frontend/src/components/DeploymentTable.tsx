import { Link } from "react-router";

import type { Deployment } from "../api/types.ts";
import { duration, sentence } from "../lib/format.ts";
import { runPath } from "../lib/paths.ts";
import { secondsBetween } from "../lib/time.ts";
import { Ago } from "./Ago.tsx";
import { OUTCOME_STATUS } from "./DeploymentMarks.tsx";
import styles from "./DeploymentTable.module.css";
import { StatusPill } from "./StatusPill.tsx";

export function DeploymentTable({ deployments }: { deployments: Deployment[] }) {
  return (
    <ol className={styles.table}>
      {deployments.map((deployment) => (
        <li key={deployment.id}>
          <StatusPill status={OUTCOME_STATUS[deployment.outcome]}>{deployment.outcome}</StatusPill>
          <span>
            {sentence(deployment.action)} {deployment.action === "rollback" ? "on" : "to"}{" "}
            <strong>{deployment.environment}</strong>
          </span>
          <span className={styles.run}>
            {deployment.run && <Link to={runPath(deployment.run)}>{deployment.run}</Link>}
          </span>
          <span className={styles.took}>
            {deployment.finished_at !== null &&
              duration(secondsBetween(deployment.started_at, deployment.finished_at, 0))}
          </span>
          <span className={styles.when}>
            <Ago time={deployment.started_at} />
          </span>
        </li>
      ))}
    </ol>
  );
}
