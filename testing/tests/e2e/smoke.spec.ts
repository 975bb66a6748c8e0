import { expect, test } from "@playwright/test";

import { isDeployed } from "../../support/environment.ts";
import { complaints } from "../../support/page.ts";

const PAGES = [
  { link: "Board", path: "/" },
  { link: "Runs", path: "/runs" },
  { link: "Releases", path: "/releases" },
];

test("the pages load without an error", async ({ page }) => {
  const found = complaints(page);
  for (const { path } of PAGES) {
    await page.goto(path);
    await expect(page.getByRole("navigation", { name: "Main" })).toBeVisible();
    await expect(page.getByTestId("board-release")).toBeVisible();
  }
  expect(found).toEqual([]);
});

test("the navigation leads to each page, and each address opens by itself", async ({ page }) => {
  await page.goto("/");
  for (const { link, path } of [...PAGES].reverse()) {
    await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: link }).click();
    await expect(page).toHaveURL((url) => url.pathname === path);
    await page.reload();
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  }
});

test("the theme that was chosen survives a reload", async ({ page }) => {
  await page.emulateMedia({ colorScheme: "light" });
  await page.goto("/");
  await page.getByRole("button", { name: "Switch to dark theme" }).click();
  await expect(page.getByRole("button", { name: "Switch to light theme" })).toBeVisible();
  await page.reload();
  await expect(page.getByRole("button", { name: "Switch to light theme" })).toBeVisible();
});

test("scripts and styles are the ones the page names, and load", async ({ page, request }) => {
  const html = await (await request.get("/")).text();
  const assets = [...html.matchAll(/(?:src|href)="(\/[^"]+\.(?:js|css|tsx?))"/g)].map((match) => match[1] ?? "");
  const built = assets.filter((asset) => asset.startsWith("/assets/"));
  expect(assets.length).toBeGreaterThan(0);
  if (isDeployed) expect(built.map((asset) => asset.split(".").pop())).toEqual(expect.arrayContaining(["js", "css"]));
  for (const asset of assets) {
    const answer = await request.get(asset);
    expect(answer.status(), asset).toBe(200);
    expect(answer.headers()["content-type"], asset).toMatch(/javascript|css/);
  }
  for (const asset of built) {
    expect(asset, "a built asset carries a hash").toMatch(/-[\w-]{8}\.(js|css)$/);
    expect((await request.get(asset)).headers()["cache-control"], asset).toContain("immutable");
  }
  await page.goto("/");
  await expect(page.getByTestId("board-live")).toHaveAttribute("data-state", /live|connecting/);
});
