import { vi } from "vitest";

import { type Board, makeBoard } from "../../dev/fixtures.ts";
import { answer } from "../../dev/mock-api.ts";

export const NOW = Date.parse("2026-03-14T10:00:00Z");

export interface Server {
  board: Board;
  /** Set to answer every request with this status and no JSON. */
  failing: number | null;
  /** Set to refuse connections. */
  down: boolean;
  /** Set to leave every request unanswered. */
  silent: boolean;
  requests: string[];
}

/** Answer `fetch` from a board, through the same code as the development mock. */
export function serve(board: Board = makeBoard(Date.now())): Server {
  const server: Server = { board, failing: null, down: false, silent: false, requests: [] };
  vi.stubGlobal("fetch", (url: string, init?: RequestInit) => {
    server.requests.push(url);
    if (server.down) return Promise.reject(new TypeError("Failed to fetch"));
    if (server.silent) return unanswered(init?.signal ?? null);
    if (server.failing !== null) {
      return Promise.resolve(new Response("<h1>bad</h1>", { status: server.failing }));
    }
    const { status, body } = answer(server.board, url);
    return Promise.resolve(new Response(JSON.stringify(body), { status }));
  });
  return server;
}

function unanswered(signal: AbortSignal | null): Promise<Response> {
  return new Promise((_, reject) => {
    signal?.addEventListener("abort", () => {
      reject(new DOMException("aborted", "AbortError"));
    });
  });
}
