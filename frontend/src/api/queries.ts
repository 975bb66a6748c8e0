import { keepPreviousData, QueryClient, useQuery } from "@tanstack/react-query";

import { ApiError, get } from "./client.ts";
import type { Environment, Metrics, Page, Release, Run, Status } from "./types.ts";

export const POLL_MS = 5_000;
export const PAGE_SIZE = 20;
/** How far back to look for the release that a run produced. */
const RELEASE_WINDOW = 100;

/** Make the client: poll while the tab is seen, keep the last data, and never pause on "offline". */
export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        refetchInterval: POLL_MS,
        refetchIntervalInBackground: false,
        staleTime: POLL_MS - 1_000,
        // A paused query reports no error, and the board could not say that it is stale.
        networkMode: "always",
        retry: (failures, error) =>
          failures < 1 && !(error instanceof ApiError && error.status === 404),
        retryDelay: 500,
      },
    },
  });
}

export const useStatus = () =>
  useQuery({
    queryKey: ["status"],
    queryFn: ({ signal }) => get<Status>("status/", { signal, accept: [503] }).then(checked),
  });

/** Tell an unhealthy board's 503 from a proxy's 503, whose JSON has no checks. */
function checked(status: Status): Status {
  if (typeof status !== "object" || !("checks" in status)) {
    throw new ApiError("The API is not available (HTTP 503).", 503);
  }
  return status;
}

export const useEnvironments = () =>
  useQuery({
    queryKey: ["environments"],
    queryFn: ({ signal }) => get<Environment[]>("environments/", { signal }),
  });

export const useMetrics = (days = 30) =>
  useQuery({
    queryKey: ["metrics", days],
    queryFn: ({ signal }) => get<Metrics>(`metrics/?days=${days}`, { signal }),
  });

export interface ListWindow {
  limit: number;
  page?: number;
  branch?: string;
}

function listQuery({ limit, page = 1, branch = "" }: ListWindow): string {
  const query = new URLSearchParams({
    limit: String(limit),
    offset: String((page - 1) * limit),
  });
  if (branch !== "") query.set("branch", branch);
  return query.toString();
}

export const useRuns = (window: ListWindow) =>
  useQuery({
    queryKey: ["runs", window],
    queryFn: ({ signal }) => get<Page<Run>>(`runs/?${listQuery(window)}`, { signal }),
    placeholderData: keepPreviousData,
  });

export const useRun = (id: string) =>
  useQuery({
    queryKey: ["run", id],
    queryFn: ({ signal }) => get<Run>(`runs/${encodeURIComponent(id)}/`, { signal }),
  });

export const useReleases = (window: ListWindow) =>
  useQuery({
    queryKey: ["releases", window],
    queryFn: ({ signal }) => get<Page<Release>>(`releases/?${listQuery(window)}`, { signal }),
    placeholderData: keepPreviousData,
  });

export const useRelease = (id: string) =>
  useQuery({
    queryKey: ["release", id],
    queryFn: ({ signal }) => get<Release>(`releases/${encodeURIComponent(id)}/`, { signal }),
  });

/** The release that a run produced, or null: the API lists releases, a run does not name its own. */
export const useReleaseOfRun = (run: string) =>
  useQuery({
    queryKey: ["releases", { limit: RELEASE_WINDOW }],
    queryFn: ({ signal }) =>
      get<Page<Release>>(`releases/?${listQuery({ limit: RELEASE_WINDOW })}`, { signal }),
    select: (page) => page.results.find((release) => release.run === run) ?? null,
  });
