import { expect, test } from "@playwright/test";

import { freeze } from "../../support/still.ts";

// The board has every kind of part that the other pages are made of.
const PICTURES = [{ of: "board", path: "/", scheme: "light", width: 1280 }] as const;

// What is drawn on purpose anew is taken by: invoke test --suite visual --update-baseline
for (const { of, path, scheme, width } of PICTURES) {
  test(`${of} looks as in its picture, ${scheme}, ${width} px`, async ({ page }) => {
    await freeze(page);
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    await page.setViewportSize({ width, height: 800 });
    await page.goto(path);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await expect(page.getByTestId("board-release")).toHaveAttribute("data-release", /./);
    await page.evaluate(() => document.fonts.ready);
    await expect(page).toHaveScreenshot(`${of}-${scheme}-${width}.png`, { fullPage: true });
  });
}
