/** A stand-in for the backend inside Vite: `npm run dev:mock`, scenarios by `/api/mock/<name>`. */
import type { Connect, Plugin } from "vite";

import { type Board, makeBoard, makeEmptyBoard, makePage } from "./fixtures.ts";

export type Scenario = "normal" | "empty" | "error" | "unhealthy" | "slow";
const SCENARIOS: readonly Scenario[] = ["normal", "empty", "error", "unhealthy", "slow"];

interface Answer {
  status: number;
  body: unknown;
}

const NOT_FOUND: Answer = { status: 404, body: { detail: "Not found." } };

/** Answer a request path (with its query) below `/api/v1/` from a board. */
export function answer(board: Board, url: string): Answer {
  const { pathname, searchParams } = new URL(url, "http://mock");
  const [resource, id] = pathname.replace(/^\/api\/v1\//, "").split("/").map(decodeURIComponent);
  const limit = Number(searchParams.get("limit") ?? 20);
  const offset = Number(searchParams.get("offset") ?? 0);
  const one = (items: { id: string }[]): Answer => {
    const found = items.find((item) => item.id === id);
    return found ? { status: 200, body: found } : NOT_FOUND;
  };
  switch (resource) {
    case "health":
    case "status":
      return { status: board.status.status === "ok" ? 200 : 503, body: board.status };
    case "environments":
      return { status: 200, body: board.environments };
    case "metrics":
      return { status: 200, body: board.metrics };
    case "releases":
      return id ? one(board.releases) : { status: 200, body: makePage(board.releases, limit, offset) };
    case "runs": {
      const branch = searchParams.get("branch");
      const runs = board.runs.filter((run) => branch === null || run.branch === branch);
      return id ? one(board.runs) : { status: 200, body: makePage(runs, limit, offset) };
    }
    default:
      return NOT_FOUND;
  }
}

function boardOf(scenario: Scenario, started: number): Board {
  if (scenario === "empty") return makeEmptyBoard();
  const board = makeBoard(started);
  if (scenario === "unhealthy") {
    board.status.status = "error";
    board.status.checks["redis"] = { status: "error", error: "connection refused" };
  }
  return board;
}

/** Serve the mock before Vite's own middlewares. */
export function mockApi(): Plugin {
  const started = Date.now();
  let scenario: Scenario = "normal";
  const handle: Connect.NextHandleFunction = (request, response, next) => {
    const url = request.url ?? "";
    const wanted = SCENARIOS.find((name) => url === `/api/mock/${name}`);
    if (wanted) scenario = wanted;
    if (!url.startsWith("/api/")) {
      next();
      return;
    }
    const result: Answer =
      scenario === "error" && !wanted
        ? { status: 502, body: { detail: "bad gateway" } }
        : wanted
          ? { status: 200, body: { scenario } }
          : answer(boardOf(scenario, started), url);
    setTimeout(
      () => {
        response.statusCode = result.status;
        response.setHeader("Content-Type", "application/json");
        response.end(JSON.stringify(result.body));
      },
      scenario === "slow" ? 60_000 : 40,
    );
  };
  return {
    name: "shiplane-mock-api",
    configureServer(server) {
      server.middlewares.use(handle);
    },
  };
}
