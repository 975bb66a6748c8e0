import { accessSync, constants, mkdirSync } from "node:fs";
import { join } from "node:path";

import { defineConfig } from "@playwright/test";

import { baseURL } from "./support/environment.ts";

const reports = process.env["REPORTS_DIR"] || join(import.meta.dirname, "reports");

/** Fail before the tests rather than after them, when their results could not be written. */
function writable(folder: string): string {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
  } catch {
    throw new Error(
      `cannot write reports to ${folder} as user ${process.getuid?.()}: ` +
        `change the folder's owner or run the container with --user`,
    );
  }
  return folder;
}

// The accessibility checker is a script of ours, which the board's policy rightly refuses.
const own = { bypassCSP: true };
const documents = { name: "documents", testDir: "tests/documents", fullyParallel: true, timeout: 180_000 };

export default defineConfig({
  testDir: "tests",
  outputDir: join(writable(reports), "test-results"),
  reporter: [
    ["list"],
    ["json", { outputFile: join(reports, "results.json") }],
    ["junit", { outputFile: join(reports, "junit.xml"), includeRetries: true }],
    ["html", { outputFolder: join(reports, "html"), open: "never" }],
  ],
  // A test that passes at the second try found something: it counts as failed.
  retries: Number(process.env["RETRIES"] ?? 0),
  workers: Number(process.env["WORKERS"] ?? 2),
  forbidOnly: Boolean(process.env["CI"]),
  timeout: 30_000,
  expect: {
    timeout: 10_000,
    // Another release of the browser draws letters a little differently: a fiftieth of the page may differ.
    toHaveScreenshot: { maxDiffPixelRatio: 0.02, animations: "disabled", caret: "hide" },
  },
  // One set of pictures: the tests run in the container's browser. One that is missing is a failure, not a new picture.
  snapshotPathTemplate: "{testDir}/baseline/{arg}{ext}",
  updateSnapshots: "none",
  use: {
    baseURL,
    browserName: "chromium",
    trace: "retain-on-failure",
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath: process.env["CHROMIUM_PATH"] || "/usr/bin/chromium",
      args: [
        // The container is the sandbox: inside it the browser may not make one of its own.
        "--no-sandbox",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
      ],
    },
  },
  projects: [
    { name: "e2e", testDir: "tests/e2e" },
    { name: "integration", testDir: "tests/integration" },
    { name: "visual", testDir: "tests/visual", use: { ...own, timezoneId: "UTC" } },
    { name: "performance", testDir: "tests/performance", fullyParallel: false },
    // Pages in a folder, which only `nox -s docs -- --browser` names.
    // Their traces would take longer than the tests, and a long page takes its time on a busy machine.
    ...(process.env["PAGES"] ? [{ ...documents, use: { ...own, trace: "off" as const } }] : []),
  ],
});
