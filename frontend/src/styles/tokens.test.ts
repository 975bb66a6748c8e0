import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

const CSS = readFileSync("src/styles/tokens.css", "utf8");

/** Text on ground; WCAG AA asks 4.5 of text, and 3 of marks that carry a meaning. */
const TEXT: [string, string][] = [
  ["ink", "paper"],
  ["ink", "surface"],
  ["ink", "surface-low"],
  ["ink", "surface-hover"],
  ["ink-soft", "paper"],
  ["ink-soft", "surface"],
  ["ink-soft", "surface-low"],
  ["ink-soft", "surface-hover"],
  ["on-bridge", "bridge"],
  ["on-bridge-soft", "bridge"],
  ["link", "paper"],
  ["link", "surface"],
  ["link", "surface-hover"],
  ["passed", "passed-ground"],
  ["failed", "failed-ground"],
  ["failed", "surface"],
  ["failed", "surface-hover"],
  ["running", "running-ground"],
  ["running", "surface"],
  ["running", "surface-hover"],
  ["caution", "caution-ground"],
  ["idle", "idle-ground"],
];

const MARKS: [string, string][] = [
  ["passed-fill", "surface"],
  ["failed-fill", "surface"],
  ["running-fill", "surface"],
  ["caution-fill", "surface"],
  ["idle", "surface"],
  ["focus", "paper"],
  ["focus", "surface"],
  ["focus-on-bridge", "bridge"],
];

function colour(name: string, theme: "light" | "dark"): string {
  const value = new RegExp(`--${name}: (?:light-dark\\((#\\w{6}), (#\\w{6})\\)|(#\\w{6}));`).exec(CSS);
  const found = value?.[3] ?? value?.[theme === "light" ? 1 : 2];
  if (!found) throw new Error(`tokens.css has no colour --${name}`);
  return found;
}

function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

describe.each(["light", "dark"] as const)("in the %s theme", (theme) => {
  it.each(TEXT)("%s can be read on %s", (text, ground) => {
    expect(contrast(colour(text, theme), colour(ground, theme))).toBeGreaterThanOrEqual(4.5);
  });

  it.each(MARKS)("%s can be seen on %s", (mark, ground) => {
    expect(contrast(colour(mark, theme), colour(ground, theme))).toBeGreaterThanOrEqual(3);
  });
});

it("measures contrast as WCAG does", () => {
  expect(contrast("#000000", "#ffffff")).toBeCloseTo(21);
  expect(contrast("#767676", "#ffffff")).toBeCloseTo(4.54, 2);
});
