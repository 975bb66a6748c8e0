import { useSyncExternalStore } from "react";

export type Theme = "light" | "dark";

/** The same key stands in public/theme.js, which sets the theme before the first paint. */
export const THEME_KEY = "board-theme";

const listeners = new Set<() => void>();
const systemQuery = () => window.matchMedia("(prefers-color-scheme: dark)");

export function systemTheme(): Theme {
  return systemQuery().matches ? "dark" : "light";
}

export function currentTheme(): Theme {
  const chosen = document.documentElement.dataset["theme"];
  return chosen === "light" || chosen === "dark" ? chosen : systemTheme();
}

/** Show a theme; one that equals the system's is not stored, so that the system leads again. */
export function chooseTheme(theme: Theme): void {
  if (theme === systemTheme()) {
    delete document.documentElement.dataset["theme"];
  } else {
    document.documentElement.dataset["theme"] = theme;
  }
  store(theme === systemTheme() ? null : theme);
  listeners.forEach((notify) => {
    notify();
  });
}

function store(theme: Theme | null): void {
  try {
    if (theme === null) localStorage.removeItem(THEME_KEY);
    else localStorage.setItem(THEME_KEY, theme);
  } catch {
    // Storage can be forbidden; the choice then lasts until the page is left.
  }
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  const media = systemQuery();
  media.addEventListener("change", listener);
  return () => {
    listeners.delete(listener);
    media.removeEventListener("change", listener);
  };
}

export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, currentTheme);
}
