import { chooseTheme, useTheme } from "../lib/theme.ts";
import styles from "./ThemeSwitch.module.css";
import { MoonIcon, SunIcon } from "./Icons.tsx";

export function ThemeSwitch() {
  const other = useTheme() === "dark" ? "light" : "dark";
  const label = `Switch to ${other} theme`;
  return (
    <button
      type="button"
      className={styles.switch}
      onClick={() => {
        chooseTheme(other);
      }}
      aria-label={label}
      title={label}
    >
      {other === "light" ? <SunIcon size={18} /> : <MoonIcon size={18} />}
    </button>
  );
}
