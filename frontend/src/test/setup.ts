import "@testing-library/jest-dom/vitest";

import { readFileSync } from "node:fs";

import { cleanup, configure } from "@testing-library/react";
import { afterEach, beforeEach, vi } from "vitest";

/** jsdom has no media queries: the system prefers light unless a test says otherwise. */
function matchMedia(query: string): MediaQueryList {
  return {
    matches: false,
    media: query,
    addEventListener: vi.fn(),
    removeEventListener: vi.fn(),
  } as unknown as MediaQueryList;
}

// The tests draw into an empty document: give it the language of the page that is shipped.
document.documentElement.lang = /<html lang="(\w+)">/.exec(readFileSync("index.html", "utf8"))?.[1] ?? "";

// Backend tests and builds run beside these on few cores: waiting longer costs nothing.
configure({ asyncUtilTimeout: 5_000 });

beforeEach(() => {
  vi.stubGlobal("matchMedia", matchMedia);
  vi.stubGlobal("scrollTo", vi.fn());
  // jsdom draws nothing, and says so at length when axe measures text.
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(null);
});

afterEach(() => {
  cleanup();
  localStorage.clear();
  delete document.documentElement.dataset["theme"];
  vi.unstubAllGlobals();
  vi.useRealTimers();
});
