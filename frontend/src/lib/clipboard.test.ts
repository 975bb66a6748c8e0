import { afterEach, expect, it, vi } from "vitest";

import { copyText } from "./clipboard.ts";

function offer(secure: boolean, writeText: (text: string) => Promise<void>) {
  vi.stubGlobal("isSecureContext", secure);
  Object.defineProperty(navigator, "clipboard", { value: { writeText }, configurable: true });
}

function allowCommand(result: () => boolean) {
  const command = vi.fn(result);
  Object.defineProperty(document, "execCommand", { value: command, configurable: true });
  return command;
}

afterEach(() => {
  Reflect.deleteProperty(navigator, "clipboard");
  Reflect.deleteProperty(document, "execCommand");
});

it("uses the clipboard where the context is secure", async () => {
  const write = vi.fn(() => Promise.resolve());
  offer(true, write);
  await expect(copyText("sha256:1")).resolves.toBe(true);
  expect(write).toHaveBeenCalledWith("sha256:1");
});

it("selects the text on plain http, and gives the focus back", async () => {
  offer(false, () => Promise.reject(new Error("not here")));
  let selected = "";
  allowCommand(() => {
    selected = document.querySelector("textarea")?.value ?? "";
    return true;
  });
  const button = document.body.appendChild(document.createElement("button"));
  button.focus();
  await expect(copyText("sha256:2")).resolves.toBe(true);
  expect(selected).toBe("sha256:2");
  expect(document.querySelector("textarea")).toBeNull();
  expect(button).toHaveFocus();
  button.remove();
});

it("falls back when the clipboard refuses, and says when nothing works", async () => {
  offer(true, () => Promise.reject(new Error("denied")));
  allowCommand(() => {
    throw new Error("no");
  });
  await expect(copyText("x")).resolves.toBe(false);
});
