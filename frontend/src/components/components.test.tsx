import { act, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";

import { THEME_KEY } from "../lib/theme.ts";
import { CopyButton } from "./CopyButton.tsx";
import { ErrorBoundary } from "./ErrorBoundary.tsx";
import { ThemeSwitch } from "./ThemeSwitch.tsx";

describe("the theme switch", () => {
  const theme = () => document.documentElement.dataset["theme"];

  it("goes to the other theme, remembers it, and returns to the system's", async () => {
    const user = userEvent.setup();
    render(<ThemeSwitch />);
    await user.click(screen.getByRole("button", { name: "Switch to dark theme" }));
    expect(theme()).toBe("dark");
    expect(localStorage.getItem(THEME_KEY)).toBe("dark");
    await user.click(screen.getByRole("button", { name: "Switch to light theme" }));
    expect(theme()).toBeUndefined();
    expect(localStorage.getItem(THEME_KEY)).toBeNull();
  });

  it("follows a dark system", () => {
    vi.stubGlobal("matchMedia", () => ({
      matches: true,
      addEventListener: vi.fn(),
      removeEventListener: vi.fn(),
    }));
    render(<ThemeSwitch />);
    expect(screen.getByRole("button", { name: "Switch to light theme" })).toBeVisible();
  });

  it("works where storage is forbidden", async () => {
    vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
      throw new Error("forbidden");
    });
    const user = userEvent.setup();
    render(<ThemeSwitch />);
    await user.click(screen.getByRole("button", { name: "Switch to dark theme" }));
    expect(theme()).toBe("dark");
  });
});

describe("the copy button", () => {
  afterEach(() => {
    Reflect.deleteProperty(document, "execCommand");
  });

  const press = async (works: boolean) => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    const user = userEvent.setup({ advanceTimers: vi.advanceTimersByTime.bind(vi) });
    Object.defineProperty(document, "execCommand", { value: () => works, configurable: true });
    render(<CopyButton text="sha256:1" what="backend digest" />);
    await user.click(screen.getByRole("button", { name: "Copy backend digest" }));
  };

  it("says that it copied, for two seconds", async () => {
    await press(true);
    expect(await screen.findByText("Copied")).toBeInTheDocument();
    act(() => {
      vi.advanceTimersByTime(2_100);
    });
    expect(screen.queryByText("Copied")).toBeNull();
  });

  it("says that it could not", async () => {
    await press(false);
    expect(await screen.findByText("The browser refused to copy")).toBeInTheDocument();
  });
});

it("draws again what failed to be drawn", async () => {
  vi.spyOn(console, "error").mockReturnValue(undefined);
  let broken = true;
  const Part = () => {
    // A defect may throw anything.
    // eslint-disable-next-line @typescript-eslint/only-throw-error
    if (broken) throw "out of paint";
    return <p>drawn</p>;
  };
  render(
    <ErrorBoundary what="chart">
      <Part />
    </ErrorBoundary>,
  );
  expect(screen.getByText("The chart could not be drawn")).toBeVisible();
  expect(screen.getByText(/out of paint/)).toBeVisible();
  broken = false;
  await userEvent.click(screen.getByRole("button", { name: "Draw it again" }));
  expect(screen.getByText("drawn")).toBeVisible();
});
