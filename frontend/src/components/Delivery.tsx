import { useMetrics } from "../api/queries.ts";
import type { Metrics } from "../api/types.ts";
import { duration, percent } from "../lib/format.ts";
import { testIds } from "../testids.ts";
import { DailyChart } from "./DailyChart.tsx";
import styles from "./Delivery.module.css";
import { QueryView } from "./QueryView.tsx";
import { Section } from "./Section.tsx";
import { Skeleton } from "./Skeleton.tsx";

export function Delivery() {
  const query = useMetrics();
  return (
    <Section title="Delivery" aside={query.data && `last ${query.data.days} days`}>
      <QueryView
        query={query}
        what="delivery metrics"
        skeleton={<Skeleton what="delivery metrics" rows={3} />}
      >
        {(metrics) => <Figures metrics={metrics} />}
      </QueryView>
    </Section>
  );
}

function Figures({ metrics }: { metrics: Metrics }) {
  const runs = metrics.runs_passed + metrics.runs_failed;
  const deployments = metrics.daily.reduce((total, day) => total + day.deployments, 0);
  return (
    <div className={styles.panel}>
      <dl className={styles.figures}>
        <Figure
          name="deployments-per-week"
          label="Deployments per week"
          value={shown(metrics.deployments_per_week, (value) => String(round(value)))}
          note={`${deployments} in ${metrics.days} days`}
        />
        <Figure
          name="change-failure-rate"
          label="Change failure rate"
          value={shown(metrics.change_failure_rate, percent)}
          note="of changes to production"
        />
        <Figure
          name="lead-time"
          label="Median lead time"
          value={shown(metrics.median_lead_time_seconds, duration)}
          note="from push to production"
        />
        <Figure
          name="run-time"
          label="Median pipeline time"
          value={shown(metrics.median_run_seconds, duration)}
          note={`${metrics.runs_passed} of ${runs} runs passed`}
        />
      </dl>
      <DailyChart daily={metrics.daily} />
    </div>
  );
}

interface FigureProps {
  name: string;
  label: string;
  value: string;
  note: string;
}

function Figure({ name, label, value, note }: FigureProps) {
  return (
    <div className={styles.figure}>
      <dt>{label}</dt>
      <dd className={styles.value} data-testid={testIds.metric(name)}>
        {value}
      </dd>
      <dd className={styles.note}>{note}</dd>
    </div>
  );
}

function shown(value: number | null, format: (value: number) => string): string {
  return value === null ? "–" : format(value);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
