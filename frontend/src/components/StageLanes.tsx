import type { Run } from "../api/types.ts";
import { compactDuration, duration } from "../lib/format.ts";
import { lanes, type ShownStage, STATUS_WORDS, stageSeconds } from "../lib/pipeline.ts";
import { useNow } from "../lib/time.ts";
import { testIds } from "../testids.ts";
import { StatusIcon } from "./StatusIcon.tsx";
import styles from "./StageLanes.module.css";

/** The stages of a run as six segments of one lane. */
export function StageLanes({ run }: { run: Run }) {
  const now = useNow();
  return (
    <ol className={styles.lanes} aria-label="Stages">
      {lanes(run).map((stage) => (
        <Segment key={stage.name} stage={stage} seconds={stageSeconds(stage, now)} />
      ))}
    </ol>
  );
}

interface SegmentProps {
  stage: ShownStage;
  seconds: number | null;
}

function Segment({ stage, seconds }: SegmentProps) {
  const took = seconds === null ? "" : `, ${duration(seconds)}`;
  const words = `${stage.label}: ${STATUS_WORDS[stage.status]}${took}`;
  return (
    <li
      className={styles.segment}
      data-testid={testIds.runStage(stage.name)}
      data-status={stage.status}
      title={words}
    >
      <span className="visually-hidden">{words}</span>
      <span className={styles.name} aria-hidden="true">
        {stage.name === "production" ? "Prod" : stage.label}
      </span>
      <span className={styles.bar} data-status={stage.status} aria-hidden="true" />
      <span className={styles.state} aria-hidden="true">
        <StatusIcon status={stage.status} size={13} />
        {seconds !== null && compactDuration(seconds)}
      </span>
    </li>
  );
}
