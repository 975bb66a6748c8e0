import { act, renderHook } from "@testing-library/react";
import { expect, it, vi } from "vitest";

import { ago, atLocalTime, dayAndMonth, secondsBetween, useNow } from "./time.ts";

const NOW = Date.parse("2026-03-14T10:00:00Z");

it.each([
  ["2026-03-14T10:00:05Z", "just now"],
  ["2026-03-14T09:59:20Z", "just now"],
  ["2026-03-14T09:59:10Z", "1 min ago"],
  ["2026-03-14T09:00:01Z", "59 min ago"],
  ["2026-03-14T07:30:00Z", "2 h ago"],
  ["2026-03-12T09:00:00Z", "2 d ago"],
  ["2026-01-02T12:00:00Z", "2 Jan 2026"],
  ["", "unknown"],
])("tells how long ago %s was", (time, words) => {
  expect(ago(time, NOW)).toBe(words);
});

it("keeps calm about times it cannot read", () => {
  expect(atLocalTime("soon")).toBe("unknown");
  expect(dayAndMonth("soon")).toBe("soon");
});

it("measures to the end, or to now while there is none", () => {
  expect(secondsBetween("2026-03-14T09:59:00Z", "2026-03-14T09:59:30Z", NOW)).toBe(30);
  expect(secondsBetween("2026-03-14T09:59:00Z", null, NOW)).toBe(60);
  expect(secondsBetween("2026-03-14T10:01:00Z", null, NOW)).toBe(0);
});

it("ticks once a second while someone looks", () => {
  vi.useFakeTimers({ now: NOW });
  const { result, unmount } = renderHook(() => useNow());
  const first = result.current;
  act(() => {
    vi.advanceTimersByTime(2_000);
  });
  expect(result.current - first).toBe(2_000);
  unmount();
  expect(vi.getTimerCount()).toBe(0);
});
