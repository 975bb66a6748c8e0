import { useId } from "react";

import type { DailyDeployments } from "../api/types.ts";
import { dayAndMonth } from "../lib/time.ts";
import styles from "./DailyChart.module.css";

const HEIGHT = 132;
const STEP = 20;
const BAR = 13;
const FOOT = 2;

/** Production by day: what failed stands hatched below what arrived; for readers as a table. */
export function DailyChart({ daily }: { daily: DailyDeployments[] }) {
  const arrived = sum(daily, (day) => day.deployments);
  const failed = sum(daily, (day) => day.failures);
  return (
    <figure className={styles.chart}>
      <figcaption className={styles.caption}>
        Production, day by day
        <span className={styles.legend}>
          <Key kind="ok" /> {arrived} deployed
          <Key kind="failed" /> {failed} failed
        </span>
      </figcaption>
      {arrived + failed > 0 ? <Plot daily={daily} /> : <p className={styles.none}>No deployments yet</p>}
      <Table daily={daily.filter((day) => height(day) > 0)} />
    </figure>
  );
}

function Plot({ daily }: { daily: DailyDeployments[] }) {
  const hatch = useId();
  const top = niceTop(Math.max(...daily.map(height)));
  const width = daily.length * STEP;
  return (
    <div className={styles.plot}>
      <ol className={styles.scale} aria-hidden="true">
        {[top, top / 2, 0].map((value) => (
          <li key={value}>{value}</li>
        ))}
      </ol>
      <svg
        viewBox={`0 0 ${width} ${HEIGHT}`}
        preserveAspectRatio="none"
        className={styles.bars}
        aria-hidden="true"
      >
        <Hatch id={hatch} />
        {[0.5, HEIGHT / 2, HEIGHT - 0.5].map((y) => (
          <path key={y} d={`M0 ${y}H${width}`} className={styles.grid} />
        ))}
        {daily.map((day, index) => (
          <Day key={day.date} day={day} x={index * STEP} unit={(HEIGHT - FOOT) / top} hatch={hatch} />
        ))}
      </svg>
      <p className={styles.days} aria-hidden="true">
        <span>{dayAndMonth(daily[0]?.date ?? "")}</span>
        <span>{dayAndMonth(daily[daily.length >> 1]?.date ?? "")}</span>
        <span>{dayAndMonth(daily.at(-1)?.date ?? "")}</span>
      </p>
    </div>
  );
}

interface DayProps {
  day: DailyDeployments;
  x: number;
  unit: number;
  hatch: string;
}

function Day({ day, x, unit, hatch }: DayProps) {
  const left = x + (STEP - BAR) / 2;
  const high = height(day) * unit;
  const low = day.failures * unit;
  return (
    <g className={styles.day}>
      <title>
        {`${dayAndMonth(day.date)}: ${day.deployments} deployed, ${day.failures} failed`}
      </title>
      <rect x={x} y="0" width={STEP} height={HEIGHT} className={styles.reach} />
      {high - low > 0 && (
        <rect x={left} y={HEIGHT - high} width={BAR} height={high - low} className={styles.good} />
      )}
      {low > 0 && (
        <>
          <rect x={left} y={HEIGHT - low} width={BAR} height={low} className={styles.bad} />
          <rect x={left} y={HEIGHT - low} width={BAR} height={low} fill={`url(#${hatch})`} />
        </>
      )}
    </g>
  );
}

function Hatch({ id }: { id: string }) {
  return (
    <defs>
      <pattern id={id} width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <path d="M0 0V5" className={styles.hatch} />
      </pattern>
    </defs>
  );
}

function Key({ kind }: { kind: "ok" | "failed" }) {
  return <span className={styles.key} data-kind={kind} aria-hidden="true" />;
}

function Table({ daily }: { daily: DailyDeployments[] }) {
  return (
    <table className="visually-hidden">
      <caption>Days with deployments</caption>
      <thead>
        <tr>
          <th scope="col">Day</th>
          <th scope="col">Deployed</th>
          <th scope="col">Failed</th>
        </tr>
      </thead>
      <tbody>
        {daily.map((day) => (
          <tr key={day.date}>
            <th scope="row">{dayAndMonth(day.date)}</th>
            <td>{day.deployments}</td>
            <td>{day.failures}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function height(day: DailyDeployments): number {
  return day.deployments + day.failures;
}

/** The next even number: its half is then a whole number of deployments too. */
function niceTop(highest: number): number {
  return Math.max(2, Math.ceil(highest / 2) * 2);
}

function sum(daily: DailyDeployments[], of: (day: DailyDeployments) => number): number {
  return daily.reduce((total, day) => total + of(day), 0);
}
