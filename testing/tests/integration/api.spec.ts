import { expect, test } from "@playwright/test";

import { readRun, report } from "../../support/board.ts";
import { underTest } from "../../support/sample.ts";

test("the health of process, database and Redis is told apart", async ({ request }) => {
  const answer = await request.get("/api/v1/health/");
  expect(answer.status()).toBe(200);
  const { status, checks } = await answer.json();
  expect(status).toBe("ok");
  for (const name of ["process", "database", "redis"]) expect(checks[name].status, name).toBe("ok");
});

test("the status says what runs", async ({ request }) => {
  const status = await (await request.get("/api/v1/status/")).json();
  expect(status).toMatchObject({ status: "ok", version: expect.stringMatching(/^\d+\.\d+\.\d+/) });
  for (const name of ["commit", "release", "environment"]) expect(typeof status[name], name).toBe("string");
});

test("writing needs the token", async ({ request }) => {
  const attempts: Record<string, string>[] = [{}, { authorization: "Bearer wrong" }];
  for (const headers of attempts) {
    const answer = await request.post("/api/v1/reports/", { headers, data: { runs: [] } });
    expect([401, 403]).toContain(answer.status());
  }
});

test("posting the same report twice changes nothing", async () => {
  const { run } = await underTest();
  const first = await readRun(run);
  await report({ runs: [first] });
  expect(await readRun(run)).toEqual(first);
});

test("a report that is not one is refused whole", async () => {
  await expect(report({ runs: [{ id: "half" }] })).rejects.toThrow(/refused the report: 400/);
  await expect(readRun("half")).rejects.toThrow(/answered 404/);
});
