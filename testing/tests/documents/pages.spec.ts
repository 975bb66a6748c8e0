/** Pages that are files: the documentation's site and reports of runs, looked at without a network. */

import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";

import AxeBuilder from "@axe-core/playwright";
import { expect, test } from "@playwright/test";

import { complaints, overflowing, violations } from "../../support/page.ts";

const root = process.env["PAGES"] ?? "";
const pages = readdirSync(root, { recursive: true, encoding: "utf-8" })
  .filter((name) => name.endsWith(".html") && !name.split("/").includes("_static"))
  .map((name) => join(root, name))
  .sort();

test("there are pages", () => {
  expect(pages.length).toBeGreaterThan(0);
});

for (const file of pages) {
  test(`${relative(root, file)} keeps nobody out`, async ({ page }) => {
    const found = complaints(page);
    const asked: string[] = [];
    page.on("request", (request) => {
      if (!/^(file|data|blob):/.test(request.url())) asked.push(request.url());
    });
    await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
    await page.goto(pathToFileURL(file).href);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    // A page that is a file may not fetch its own styles once more, which is what preloading does.
    expect(await violations(new AxeBuilder({ page }).options({ preload: false })), "light").toEqual([]);
    await page.emulateMedia({ colorScheme: "dark" });
    const contrast = { preload: false, runOnly: ["color-contrast", "link-in-text-block"] };
    expect(await violations(new AxeBuilder({ page }).options(contrast)), "dark").toEqual([]);
    for (const width of [360, 768]) {
      await page.setViewportSize({ width, height: 800 });
      expect(await overflowing(page), `at ${width} px`).toEqual([]);
    }
    expect(asked, "nothing comes from elsewhere").toEqual([]);
    expect(found).toEqual([]);
  });
}

const search = pages.find((file) => file.endsWith("/search.html"));
if (search !== undefined) {
  test("the search finds a page, without a server", async ({ page }) => {
    await page.goto(`${pathToFileURL(search).href}?q=rollback`);
    const results = page.locator("#search-results");
    await expect(results.getByRole("link", { name: "Roll back" }).first()).toBeVisible();
    await results.getByRole("link", { name: "Roll back" }).first().click();
    await expect(page.getByRole("heading", { level: 1 })).toContainText("Roll back");
  });
}
