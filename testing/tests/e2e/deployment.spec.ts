import { expect, test } from "@playwright/test";

import { get, setE2eStage, type Run, type Status } from "../../support/board.ts";
import { expected, isDeployed } from "../../support/environment.ts";
import { underTest } from "../../support/sample.ts";

test("every page names the release that serves it", async ({ page }) => {
  const status = await get<Status>("status/");
  const release = expected.release || status.release;
  const commit = expected.commit || status.commit;
  expect(release, "the environment does not say which release it runs").not.toBe("");
  for (const path of ["/", "/runs", "/releases"]) {
    await page.goto(path);
    const footer = page.getByTestId("board-release");
    await expect(footer).toHaveAttribute("data-release", release);
    await expect(footer).toHaveAttribute("data-commit", commit);
    await expect(footer).toContainText(release);
  }
});

test("the environment's card shows what was deployed, and leads to it", async ({ page }) => {
  const { release } = await underTest();
  const environment = isDeployed ? expected.environment : "staging";
  await page.goto("/");
  await expect(page.getByTestId(`environment-${environment}-release`)).toHaveText(release);
  await page.goto(`/releases/${encodeURIComponent(release)}`);
  await expect(page.getByTestId("release-title")).toHaveText(release);
});

test("a run opens from the board, and a reload shows what the pipeline wrote since", async ({ page }) => {
  const { run } = await underTest();
  const { number } = await get<Run>(`runs/${encodeURIComponent(run)}/`);
  await page.goto("/runs");
  const row = page.getByTestId(`run-row-${run}`);
  await row.getByRole("link", { name: `Run #${number}` }).first().click();
  await expect(page.getByTestId("run-title")).toHaveText(`Run #${number}`);
  await expect(page).toHaveURL(new RegExp(`/runs/${run}$`));

  await setE2eStage(run, "running", new Date().toISOString());
  await page.reload();
  await expect(page.getByTestId("run-stage-e2e")).toHaveAttribute("data-status", "running");

  await page.goto("/runs");
  await expect(row.getByTestId("run-stage-e2e")).toHaveAttribute("data-status", "running");
});
