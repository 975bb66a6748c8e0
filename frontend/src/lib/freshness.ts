import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useCallback, useSyncExternalStore } from "react";

export type Freshness =
  | { state: "connecting" }
  | { state: "live"; updatedAt: number }
  | { state: "stale"; since: number }
  | { state: "offline" };

/** Summarise what the page shows: stale when any shown query failed, since the oldest data. */
export function summarise(client: QueryClient): Freshness {
  const active = client
    .getQueryCache()
    .getAll()
    .filter((query) => query.getObserversCount() > 0)
    .map((query) => query.state);
  const dated = active.filter((state) => state.dataUpdatedAt > 0);
  // An answer "no such thing" is an answer: the API is there.
  const failed = active.filter((state) => state.error !== null && !isNotFound(state.error));
  if (failed.length > 0) {
    const times = failed.map((state) => state.dataUpdatedAt).filter((time) => time > 0);
    if (times.length > 0) return { state: "stale", since: Math.min(...times) };
    return dated.length > 0
      ? { state: "stale", since: Math.min(...dated.map((state) => state.dataUpdatedAt)) }
      : { state: "offline" };
  }
  if (dated.length === 0) return { state: "connecting" };
  return { state: "live", updatedAt: Math.max(...dated.map((state) => state.dataUpdatedAt)) };
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && "status" in error && error.status === 404;
}

/** Follow the freshness of everything on the page. */
export function useFreshness(): Freshness {
  const client = useQueryClient();
  const subscribe = useCallback(
    (listener: () => void) => client.getQueryCache().subscribe(listener),
    [client],
  );
  // A string compares by value: the page is drawn again only when the summary changed.
  const summary = useSyncExternalStore(subscribe, () => JSON.stringify(summarise(client)));
  return JSON.parse(summary) as Freshness;
}
