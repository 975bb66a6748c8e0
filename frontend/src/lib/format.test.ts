import { describe, expect, it } from "vitest";

import {
  compactDuration,
  duration,
  firstLine,
  hostOf,
  percent,
  sentence,
  shortCommit,
  shortDigest,
} from "./format.ts";

describe("durations", () => {
  it.each([
    [0, "0 s", "0s"],
    [0.42, "0.4 s", "0.4s"],
    [9.94, "9.9 s", "9.9s"],
    [9.96, "10 s", "10s"],
    [59.4, "59 s", "59s"],
    [59.6, "1 min 00 s", "1:00"],
    [187, "3 min 07 s", "3:07"],
    [3599.7, "1 h 00 min", "1:00h"],
    [7_500, "2 h 05 min", "2:05h"],
    [86_399, "1 d 0 h", "1d"],
    [363_600, "4 d 5 h", "4d"],
  ])("writes %d seconds", (seconds, long, short) => {
    expect(duration(seconds)).toBe(long);
    expect(compactDuration(seconds)).toBe(short);
  });

  it("writes a dash for what is no duration", () => {
    expect(duration(Number.NaN)).toBe("–");
    expect(compactDuration(-1)).toBe("–");
  });
});

it.each([
  [0, "0 %"],
  [0.0833, "8.3 %"],
  [0.02, "2 %"],
  [0.5, "50 %"],
  [1, "100 %"],
])("writes the fraction %d as a percentage", (fraction, text) => {
  expect(percent(fraction)).toBe(text);
});

it("shortens commits and digests to twelve digits", () => {
  expect(shortCommit("0123456789abcdef")).toBe("0123456789ab");
  expect(shortDigest("sha256:0123456789abcdef")).toBe("0123456789ab");
  expect(shortDigest("0123")).toBe("0123");
});

it("takes the first line of a message", () => {
  expect(firstLine("Fix it \n\nBecause.")).toBe("Fix it");
  expect(firstLine("")).toBe("");
});

it("names the host of an address, and keeps what is none", () => {
  expect(hostOf("http://board.example.com:8080/x")).toBe("board.example.com:8080");
  expect(hostOf("somewhere")).toBe("somewhere");
});

it("makes a word of the API readable", () => {
  expect(sentence("pull_request")).toBe("Pull request");
});
