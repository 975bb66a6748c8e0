import { type Freshness, useFreshness } from "../lib/freshness.ts";
import { clockTime } from "../lib/time.ts";
import { testIds } from "../testids.ts";
import styles from "./LiveIndicator.module.css";

function words(freshness: Freshness): string {
  switch (freshness.state) {
    case "connecting":
      return "Connecting";
    case "live":
      return "Live";
    case "stale":
      return `Stale since ${clockTime(freshness.since)}`;
    case "offline":
      return "No connection";
  }
}

/** Says whether what the page shows is current. Its text changes only when the state does. */
export function LiveIndicator() {
  const freshness = useFreshness();
  const title =
    freshness.state === "live" ? `Updated at ${clockTime(freshness.updatedAt)}` : undefined;
  return (
    <span
      className={styles.live}
      data-state={freshness.state}
      data-testid={testIds.boardLive}
      title={title}
      role="status"
    >
      <Lamp state={freshness.state} />
      {words(freshness)}
    </span>
  );
}

function Lamp({ state }: Pick<Freshness, "state">) {
  return (
    <svg className={styles.lamp} width="14" height="14" viewBox="0 0 14 14" aria-hidden="true">
      {state === "live" && (
        <>
          <circle cx="7" cy="7" r="3" fill="currentColor" />
          <circle cx="7" cy="7" r="5.5" className={styles.ring} />
        </>
      )}
      {state === "connecting" && <circle cx="7" cy="7" r="4.5" className={styles.ring} />}
      {(state === "stale" || state === "offline") && (
        <path d="M7 1.5l5.8 10.3H1.2zM7 5.4v3M7 10v.1" className={styles.ring} />
      )}
    </svg>
  );
}
