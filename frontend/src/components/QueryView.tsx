import type { UseQueryResult } from "@tanstack/react-query";

import { clockTime } from "../lib/time.ts";
import { ErrorBoundary } from "./ErrorBoundary.tsx";
import { WarningIcon } from "./Icons.tsx";
import { Notice } from "./Notice.tsx";
import styles from "./QueryView.module.css";

interface Props<Data> {
  query: UseQueryResult<Data>;
  /** What is asked for, in the plural: "runs". */
  what: string;
  skeleton: React.ReactNode;
  children: (data: Data) => React.ReactNode;
}

/** Draw a query in each of its states; old data stays on the page and says that it is old. */
export function QueryView<Data>({ query, what, skeleton, children }: Props<Data>) {
  if (query.data === undefined) {
    return query.isError ? <Failure query={query} what={what} /> : skeleton;
  }
  return (
    <ErrorBoundary what={what}>
      {query.isError && <Stale since={query.dataUpdatedAt} cause={query.error.message} />}
      <Drawn data={query.data}>{children}</Drawn>
    </ErrorBoundary>
  );
}

/** A component of its own, so that an error while drawing is caught by the boundary around it. */
function Drawn<Data>({ data, children }: { data: Data; children: Props<Data>["children"] }) {
  return <>{children(data)}</>;
}

function Failure<Data>({ query, what }: Pick<Props<Data>, "query" | "what">) {
  const retry = (
    <button type="button" onClick={() => void query.refetch()}>
      Try again
    </button>
  );
  return (
    <Notice kind="error" title={`The ${what} could not be loaded`} action={retry}>
      {query.error?.message} It is asked again every few seconds.
    </Notice>
  );
}

function Stale({ since, cause }: { since: number; cause: string }) {
  return (
    <p className={styles.stale}>
      <WarningIcon size={14} />
      <span>
        Stale since {clockTime(since)}. {cause}
      </span>
    </p>
  );
}
