import { expect, it, vi } from "vitest";

import { serve } from "../test/server.ts";
import { ApiError, get } from "./client.ts";

it("asks below /api/v1/", async () => {
  const server = serve();
  await get("environments/");
  expect(server.requests).toEqual(["/api/v1/environments/"]);
});

it.each([
  [404, "The board has no record of this."],
  [502, "The API is not available (HTTP 502)."],
  [500, "The API answered with HTTP 500."],
])("explains HTTP %d", async (status, message) => {
  serve().failing = status;
  await expect(get("runs/")).rejects.toEqual(new ApiError(message, status));
});

it("explains an API that cannot be reached", async () => {
  serve().down = true;
  await expect(get("runs/")).rejects.toThrow("The API cannot be reached.");
});

it("explains an answer that is no JSON", async () => {
  serve().failing = 200;
  await expect(get("runs/")).rejects.toThrow("something other than JSON");
});

it("gives up after ten seconds", async () => {
  vi.useFakeTimers();
  serve().silent = true;
  const failure = expect(get("runs/")).rejects.toThrow("did not answer within 10 s");
  await vi.advanceTimersByTimeAsync(10_001);
  await failure;
});

it("stops when nobody waits any more", async () => {
  serve().silent = true;
  const controller = new AbortController();
  const failure = expect(get("runs/", { signal: controller.signal })).rejects.toThrow(ApiError);
  controller.abort();
  await failure;
});

it("takes a status that counts as an answer", async () => {
  const server = serve();
  server.board.status.status = "error";
  await expect(get("status/", { accept: [503] })).resolves.toMatchObject({ status: "error" });
  await expect(get("status/")).rejects.toThrow("HTTP 503");
});
