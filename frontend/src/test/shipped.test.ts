import { readFileSync } from "node:fs";

import { expect, it } from "vitest";

import { THEME_KEY } from "../lib/theme.ts";

const read = (path: string) => readFileSync(path, "utf8");

it("sets the theme before the first paint from the key that the switch writes", () => {
  expect(read("public/theme.js")).toContain(`localStorage.getItem("${THEME_KEY}")`);
  expect(read("index.html")).toContain('<script src="/theme.js"></script>');
});

it("has no inline script or style, which the security policy would refuse", () => {
  const html = read("index.html");
  expect(html).not.toMatch(/<script(?![^>]*\bsrc=)[^>]*>/);
  expect(html).not.toMatch(/<style|\sstyle=|\son\w+=/);
  expect(read("nginx.conf")).not.toContain("unsafe-");
});

it("asks nothing of other hosts", () => {
  expect(read("index.html")).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
});

it("locks dependencies without addresses", () => {
  expect(read("package-lock.json")).not.toContain('"resolved"');
});
