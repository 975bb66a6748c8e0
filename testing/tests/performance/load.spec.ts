import { expect, test } from "@playwright/test";

import { isDeployed } from "../../support/environment.ts";

// The development server sends every module by itself and compiles it on demand; a build is held to more.
const BUDGET = isDeployed
  ? { firstPaint: 1500, load: 2500, requests: 30, script: 250_000, total: 600_000 }
  : { firstPaint: 5000, load: 10_000, requests: 400, script: 20_000_000, total: 25_000_000 };

test("the board loads within its budget", async ({ page }, info) => {
  await page.goto("/"); // Compiles and fills caches on the server's side.
  const fresh = await page.context().browser()!.newContext();
  const visit = await fresh.newPage();
  await visit.goto(page.url(), { waitUntil: "load" });
  await expect(visit.getByRole("heading", { level: 1 })).toBeVisible();
  const measured = await visit.evaluate(() => {
    const [navigation] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
    const resources = performance.getEntriesByType("resource") as PerformanceResourceTiming[];
    const paint = performance.getEntriesByName("first-contentful-paint")[0];
    const size = (list: PerformanceResourceTiming[]) => list.reduce((sum, entry) => sum + entry.transferSize, 0);
    return {
      firstPaint: Math.round(paint?.startTime ?? Infinity),
      load: Math.round(navigation?.loadEventEnd ?? Infinity),
      requests: resources.length + 1,
      script: size(resources.filter(({ initiatorType }) => initiatorType === "script")),
      total: size(resources) + (navigation?.transferSize ?? 0),
    };
  });
  await fresh.close();
  await info.attach("measured", { body: JSON.stringify(measured, null, 2), contentType: "application/json" });
  for (const [name, limit] of Object.entries(BUDGET)) {
    expect(measured[name as keyof typeof BUDGET], `${name}, limit ${limit}`).toBeLessThanOrEqual(limit);
  }
});

test("the API answers within its budget", async ({ request }, info) => {
  const paths = ["status/", "environments/", "runs/?limit=20", "metrics/?days=30"];
  const times: number[] = [];
  for (let round = 0; round < 15; round += 1) {
    for (const path of paths) {
      const start = performance.now();
      expect((await request.get(`/api/v1/${path}`)).status(), path).toBe(200);
      times.push(performance.now() - start);
    }
  }
  times.sort((a, b) => a - b);
  const percentile95 = times[Math.floor(times.length * 0.95)]!;
  await info.attach("measured", { body: JSON.stringify({ percentile95 }), contentType: "application/json" });
  expect(percentile95, "95th percentile, milliseconds").toBeLessThan(500);
});
