import { useSyncExternalStore } from "react";

const UNITS: readonly [string, number][] = [
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
];

const absolute = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });
const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const year = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium" });

/** "just now", "3 min ago", then a date: what happened a month ago is found by its date. */
export function ago(time: string, now: number): string {
  const seconds = (now - Date.parse(time)) / 1000;
  if (!Number.isFinite(seconds)) return "unknown";
  if (seconds < 45) return "just now";
  if (seconds > 14 * 86_400) return year.format(Date.parse(time));
  const [unit, size] = UNITS.find(([, length]) => seconds >= length) ?? ["min", 60];
  return `${Math.max(1, Math.floor(seconds / size))} ${unit} ago`;
}

/** The reader's local date and time, for tooltips. */
export function atLocalTime(time: string): string {
  const value = Date.parse(time);
  return Number.isFinite(value) ? absolute.format(value) : "unknown";
}

export function clockTime(milliseconds: number): string {
  return clock.format(milliseconds);
}

export function dayAndMonth(date: string): string {
  const value = Date.parse(date);
  return Number.isFinite(value) ? day.format(value) : date;
}

/** Seconds between two times; a missing end means "until now". */
export function secondsBetween(start: string, end: string | null, now: number): number {
  return Math.max(0, ((end === null ? now : Date.parse(end)) - Date.parse(start)) / 1000);
}

let current = Date.now();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  current = Date.now();
  timer ??= setInterval(() => {
    current = Date.now();
    listeners.forEach((notify) => {
      notify();
    });
  }, 1_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** The current time in milliseconds; one clock for the page, so that all rows tick together. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => current);
}
