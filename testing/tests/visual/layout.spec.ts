import AxeBuilder from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";

import { overflowing, violations } from "../../support/page.ts";
import { underTest, type Sample } from "../../support/sample.ts";

const WIDTHS = [360, 768, 1280];
const SCHEMES = ["light", "dark"] as const;

let sample: Sample;
test.beforeAll(async () => {
  sample = await underTest();
});

function pages(): Record<string, string> {
  return {
    board: "/",
    runs: "/runs",
    run: `/runs/${sample.run}`,
    releases: "/releases",
    release: `/releases/${sample.release}`,
  };
}

async function open(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await page.waitForLoadState("load");
  await page.evaluate(() => document.fonts.ready);
}

/** Return how light the page's background is, 0 to 255. */
function lightness(page: Page): Promise<number> {
  return page.evaluate(() => {
    const canvas = document.createElement("canvas").getContext("2d")!;
    for (const element of [document.documentElement, document.body]) {
      canvas.fillStyle = getComputedStyle(element).backgroundColor;
      canvas.fillRect(0, 0, 1, 1);
    }
    const [red = 0, green = 0, blue = 0] = canvas.getImageData(0, 0, 1, 1).data;
    return (red + green + blue) / 3;
  });
}

for (const name of ["board", "runs", "run", "releases", "release"]) {
  for (const colorScheme of SCHEMES) {
    test(`${name} fits every width, ${colorScheme}`, async ({ page }, info) => {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 800 });
        await open(page, pages()[name]!);
        const shot = await page.screenshot({ fullPage: true });
        await info.attach(`${name}-${colorScheme}-${width}`, { body: shot, contentType: "image/png" });
        expect(await overflowing(page), `at ${width} px`).toEqual([]);
      }
    });

    test(`${name} is readable, ${colorScheme}`, async ({ page }) => {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await open(page, pages()[name]!);
      expect(await violations(new AxeBuilder({ page }))).toEqual([]);
    });
  }
}

test("light and dark are what the system asks for", async ({ page }) => {
  await page.emulateMedia({ colorScheme: "light" });
  await open(page, "/");
  const light = await lightness(page);
  await page.emulateMedia({ colorScheme: "dark" });
  await open(page, "/");
  expect(light).toBeGreaterThan(200);
  expect(await lightness(page)).toBeLessThan(60);
});
