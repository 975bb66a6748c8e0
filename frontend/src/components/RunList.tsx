import { Link } from "react-router";

import type { Run } from "../api/types.ts";
import { compactDuration, duration, firstLine, sentence } from "../lib/format.ts";
import { branchPath, runPath } from "../lib/paths.ts";
import { runSeconds, STAGES, STATUS_WORDS, stageLabel } from "../lib/pipeline.ts";
import { useNow } from "../lib/time.ts";
import { testIds } from "../testids.ts";
import { Ago } from "./Ago.tsx";
import { BranchIcon } from "./Icons.tsx";
import styles from "./RunList.module.css";
import { StageLanes } from "./StageLanes.tsx";
import { StatusIcon } from "./StatusIcon.tsx";

export function RunList({ runs }: { runs: Run[] }) {
  return (
    <div className={styles.list}>
      <div className={styles.head} aria-hidden="true">
        <span>Run</span>
        <span />
        <ol className={styles.stages}>
          {STAGES.map((name) => (
            <li key={name}>{stageLabel(name)}</li>
          ))}
        </ol>
        <span className={styles.number}>Total</span>
        <span className={styles.number}>Started</span>
      </div>
      <ol>
        {runs.map((run) => (
          <RunRow key={run.id} run={run} />
        ))}
      </ol>
    </div>
  );
}

function RunRow({ run }: { run: Run }) {
  const seconds = runSeconds(run, useNow());
  return (
    <li className={styles.row} data-testid={testIds.runRow(run.id)} data-status={run.status}>
      <p className={styles.id}>
        <StatusIcon status={run.status} size={18} />
        <Link to={runPath(run.id)} aria-label={`Run #${run.number}`}>
          #{run.number}
        </Link>
        <span className="visually-hidden">{STATUS_WORDS[run.status]}</span>
      </p>
      <div className={styles.change}>
        <p className={styles.message}>{firstLine(run.message) || "No message"}</p>
        <Origin run={run} />
      </div>
      <div className={styles.lanes}>
        <StageLanes run={run} />
      </div>
      <p className={styles.total} title={duration(seconds)}>
        <span className="visually-hidden">Total </span>
        {compactDuration(seconds)}
      </p>
      <p className={styles.when}>
        <Ago time={run.started_at} />
      </p>
    </li>
  );
}

function Origin({ run }: { run: Run }) {
  return (
    <p className={styles.origin}>
      <Link to={branchPath(run.branch)} className={styles.branch}>
        <BranchIcon size={13} />
        <span className="visually-hidden">Runs of branch </span>
        {run.branch}
      </Link>
      <span>{run.author}</span>
      {run.event !== "push" && <span className={styles.event}>{sentence(run.event)}</span>}
    </p>
  );
}
