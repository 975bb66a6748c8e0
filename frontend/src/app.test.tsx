import { act, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";

import { makeBoard, makeEmptyBoard } from "../dev/fixtures.ts";
import { POLL_MS } from "./api/queries.ts";
import { open, violations } from "./test/render.tsx";
import { NOW, serve } from "./test/server.ts";
import { testIds } from "./testids.ts";

describe("the board", () => {
  it("shows what runs where", async () => {
    const { board } = serve();
    open();
    const [staging, production] = board.environments;
    const card = await screen.findByTestId("environment-staging");
    expect(within(card).getByTestId("environment-staging-release")).toHaveTextContent(
      new RegExp(`^${staging?.release?.id ?? ""}$`),
    );
    expect(within(card).getByText("Verified at deploy")).toBeVisible();
    expect(within(card).getByRole("link", { name: "staging.example.com" })).toHaveAttribute(
      "href",
      "https://staging.example.com",
    );
    const other = screen.getByTestId("environment-production");
    expect(within(other).getByText("Healthy")).toBeVisible();
    expect(within(other).getByText("database 1.2 ms, redis 0.4 ms")).toBeVisible();
    expect(screen.getByTestId("environment-production-release")).toHaveTextContent(
      production?.release?.id ?? "",
    );
    expect(screen.getByText("staging is ahead")).toBeVisible();
  });

  it("says which release and environment it is itself", async () => {
    const { board } = serve();
    open();
    const footer = await screen.findByTestId(testIds.boardRelease);
    await waitFor(() => {
      expect(footer).toHaveAttribute("data-release", board.status.release);
    });
    expect(footer).toHaveAttribute("data-commit", board.status.commit);
    expect(footer).toHaveTextContent(board.status.commit.slice(0, 12));
    expect(screen.getByTestId(testIds.boardEnvironment)).toHaveTextContent(/^production$/);
  });

  it("shows how delivery goes", async () => {
    serve();
    open();
    expect(await screen.findByTestId("metric-deployments-per-week")).toHaveTextContent("16.8");
    expect(screen.getByTestId("metric-change-failure-rate")).toHaveTextContent("8.3 %");
    expect(screen.getByTestId("metric-lead-time")).toHaveTextContent("6 min 52 s");
    expect(screen.getByTestId("metric-run-time")).toHaveTextContent("2 min 43 s");
    const table = screen.getByRole("table", { name: "Days with deployments" });
    expect(within(table).getAllByRole("row")).toHaveLength(25);
  });

  it("shows the runs with every stage in words", async () => {
    const { board } = serve();
    open();
    const row = await screen.findByTestId(`run-row-${board.runs[2]?.id ?? ""}`);
    expect(within(row).getByRole("link", { name: "Run #146" })).toBeVisible();
    expect(within(row).getByText("Paginate releases by creation time")).toBeVisible();
    expect(within(row).getByText("E2E: failed, 38 s")).toBeInTheDocument();
    expect(within(row).getByText("Production: not in this run")).toBeInTheDocument();
    expect(within(row).getByTestId("run-stage-e2e")).toHaveAttribute("data-status", "failed");
    expect(screen.getByRole("link", { name: "All 12 runs" })).toHaveAttribute("href", "/runs");
  });

  it("breaks no accessibility rule", async () => {
    serve();
    open();
    await screen.findByTestId("environment-staging");
    await screen.findAllByText("Teo Okafor");
    expect(await violations()).toEqual([]);
  });
});

describe("an environment", () => {
  it("marks a release made of uncommitted edits", async () => {
    const { board } = serve();
    const dirty = board.releases.find((release) => release.dirty);
    board.environments[0]!.release = dirty ?? null;
    open();
    const card = await screen.findByTestId("environment-staging");
    expect(within(card).getByText("dirty")).toBeVisible();
  });

  it("tells when the server answers as another release", async () => {
    serve().board.status.release = "1.0.0-someoneelse";
    open();
    const card = await screen.findByTestId("environment-production");
    expect(await within(card).findByText("1.0.0-someoneelse")).toBeVisible();
  });

  it("tells what is unhealthy, though the API answers 503", async () => {
    const { board } = serve();
    board.status.status = "error";
    board.status.checks["redis"] = { status: "error", error: "connection refused" };
    open();
    expect(await screen.findByText("Unhealthy")).toBeVisible();
    expect(screen.getByText("redis: connection refused")).toBeVisible();
  });

  it("may have no release yet", async () => {
    const { board } = serve();
    Object.assign(board.environments[1]!, { release: null, deployments: [], previous: null });
    open();
    const release = await screen.findByTestId("environment-production-release");
    expect(release).toHaveTextContent("nothing deployed");
    expect(screen.getByText("not promoted yet")).toBeVisible();
  });

  it("may have had none before", async () => {
    const { board } = serve();
    Object.assign(board.environments[1]!, { previous: null, deployed_at: null });
    open();
    const card = await screen.findByTestId("environment-production");
    expect(within(card).getByText("nothing")).toBeVisible();
    expect(within(card).getByText("unknown")).toBeVisible();
  });
});

describe("without data", () => {
  it("shows where data will stand while it loads", () => {
    serve().silent = true;
    open();
    for (const what of ["environments", "delivery metrics", "runs", "releases"]) {
      expect(screen.getByText(`Loading ${what}…`)).toBeInTheDocument();
    }
    expect(screen.getByTestId(testIds.boardLive)).toHaveAttribute("data-state", "connecting");
  });

  it("tells an empty board what fills it", async () => {
    serve(makeEmptyBoard());
    open();
    expect(await screen.findByText("Nothing has been deployed yet")).toBeVisible();
    expect(await screen.findByText("No run has reached this board yet")).toBeVisible();
    expect(await screen.findByText("No release yet")).toBeVisible();
    expect(await screen.findByText("No deployments yet")).toBeVisible();
    expect(screen.getByTestId("metric-lead-time")).toHaveTextContent("–");
    expect(screen.getByText(/runs version 1.0.0, outside of a release/)).toBeVisible();
    expect(await violations()).toEqual([]);
  });

  it("explains an error and tries again when asked", async () => {
    const server = serve();
    server.failing = 502;
    const { user } = open();
    expect(await screen.findByText("The runs could not be loaded")).toBeVisible();
    expect(screen.getByTestId(testIds.boardLive)).toHaveTextContent("No connection");
    expect(await violations()).toEqual([]);
    server.failing = null;
    const region = screen.getByRole("region", { name: "Runs" });
    await user.click(within(region).getByRole("button", { name: "Try again" }));
    expect(await within(region).findByRole("link", { name: "Run #147" })).toBeVisible();
  });

  it("does not take a proxy's 503 for an unhealthy board", async () => {
    serve();
    const healthy = fetch;
    vi.stubGlobal("fetch", (url: string, init?: RequestInit) =>
      url.endsWith("/status/")
        ? Promise.resolve(new Response('{"detail": "no upstream"}', { status: 503 }))
        : healthy(url, init),
    );
    open();
    await screen.findByTestId("environment-production");
    expect(screen.queryByText("Unhealthy")).toBeNull();
    expect(screen.getByText("This board's release is not known yet")).toBeVisible();
  });
});

describe("polling", () => {
  it("asks every five seconds and shows what is new", async () => {
    vi.useFakeTimers({ now: NOW, shouldAdvanceTime: true });
    const server = serve(makeBoard(NOW));
    open();
    await screen.findByRole("link", { name: "Run #148" });
    expect(screen.getByTestId(testIds.boardLive)).toHaveTextContent("Live");
    server.board.runs[0] = { ...server.board.runs[0]!, number: 149 };
    await act(() => vi.advanceTimersByTimeAsync(POLL_MS + 100));
    expect(await screen.findByRole("link", { name: "Run #149" })).toBeVisible();
  });

  it("keeps the last data and says since when it is stale, until the API is back", async () => {
    vi.useFakeTimers({ now: NOW, shouldAdvanceTime: true });
    const server = serve(makeBoard(NOW));
    open();
    await screen.findByTestId("environment-staging");
    server.down = true;
    await act(() => vi.advanceTimersByTimeAsync(POLL_MS + 1_000));
    const live = screen.getByTestId(testIds.boardLive);
    await waitFor(() => {
      expect(live).toHaveAttribute("data-state", "stale");
    });
    expect(live).toHaveTextContent(/^Stale since \d\d:\d\d:\d\d$/);
    expect(screen.getAllByText(/Stale since .*The API cannot be reached/)).toHaveLength(4);
    expect(screen.getByTestId("environment-staging")).toBeVisible();
    server.down = false;
    await act(() => vi.advanceTimersByTimeAsync(POLL_MS + 1_000));
    await waitFor(() => {
      expect(live).toHaveAttribute("data-state", "live");
    });
    expect(screen.queryByText(/Stale since/)).toBeNull();
  });
});
