import type { Run } from "../api/types.ts";
import { compactDuration, duration } from "../lib/format.ts";
import {
  type Bar,
  barOf,
  lanes,
  runSeconds,
  type ShownStage,
  STATUS_WORDS,
  stageSeconds,
  ticks,
} from "../lib/pipeline.ts";
import { useNow } from "../lib/time.ts";
import { testIds } from "../testids.ts";
import { StatusIcon } from "./StatusIcon.tsx";
import styles from "./Timeline.module.css";

const share = (fraction: number) => `${(fraction * 100).toFixed(3)}%`;

/** Each stage in a lane of its own, drawn where it stands in the time of its run. */
export function Timeline({ run }: { run: Run }) {
  const now = useNow();
  const axis = Math.max(1, runSeconds(run, now));
  return (
    <div className={styles.timeline}>
      <Axis seconds={axis} />
      <ol>
        {lanes(run).map((stage) => (
          <Lane
            key={stage.name}
            stage={stage}
            seconds={stageSeconds(stage, now)}
            bar={barOf(stage, run, axis, now)}
          />
        ))}
      </ol>
    </div>
  );
}

function Axis({ seconds }: { seconds: number }) {
  return (
    <div className={styles.axis} aria-hidden="true">
      {ticks(seconds).map((tick) => (
        <span key={tick} className={styles.tick} style={{ left: share(tick / seconds) }}>
          <span className={styles.tickLabel}>{tick === 0 ? "0" : compactDuration(tick)}</span>
        </span>
      ))}
    </div>
  );
}

interface LaneProps {
  stage: ShownStage;
  seconds: number | null;
  bar: Bar | null;
}

function Lane({ stage, seconds, bar }: LaneProps) {
  return (
    <li
      className={styles.lane}
      data-testid={testIds.runStage(stage.name)}
      data-status={stage.status}
    >
      <span className={styles.name}>
        <StatusIcon status={stage.status} />
        {stage.label}
      </span>
      <span className={styles.word}>{STATUS_WORDS[stage.status]}</span>
      <span className={styles.track} aria-hidden="true">
        {bar && (
          <span
            className={styles.bar}
            data-status={stage.status}
            style={{ left: share(bar.start), width: share(bar.width) }}
          />
        )}
      </span>
      <span className={styles.seconds}>{seconds === null ? "" : duration(seconds)}</span>
    </li>
  );
}
