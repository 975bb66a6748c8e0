/** The board at one fixed moment: neither the clock nor the API's answers change, so that pictures can be compared. */

import { readFileSync } from "node:fs";

import type { Page } from "@playwright/test";

interface Item {
  id: string;
}

/** Answers that `frontend/dev/fixtures.ts` made for the moment `now`, in milliseconds. */
interface Still {
  now: number;
  status: object;
  environments: object[];
  metrics: object;
  runs: Item[];
  releases: Item[];
}

export const still = JSON.parse(readFileSync(new URL("still.json", import.meta.url), "utf8")) as Still;

function answer(path: string): object | undefined {
  const [resource = "", id = ""] = path.replace(/^\/api\/v1\//, "").split("/").map(decodeURIComponent);
  if (resource === "status" || resource === "environments" || resource === "metrics") return still[resource];
  if (resource !== "runs" && resource !== "releases") return undefined;
  const items = still[resource];
  if (id !== "") return items.find((item) => item.id === id);
  return { count: items.length, next: null, previous: null, results: items };
}

/** Hold the page's clock, and answer for the API. */
export async function freeze(page: Page): Promise<void> {
  await page.clock.setFixedTime(still.now);
  await page.route("**/api/v1/**", (route) => {
    const json = answer(new URL(route.request().url()).pathname);
    return route.fulfill(json ? { json } : { status: 404, json: { detail: "Not found." } });
  });
}
