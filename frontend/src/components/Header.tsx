import { Link, NavLink } from "react-router";

import { useStatus } from "../api/queries.ts";
import { testIds } from "../testids.ts";
import styles from "./Header.module.css";
import { Mark } from "./Icons.tsx";
import { LiveIndicator } from "./LiveIndicator.tsx";
import { ThemeSwitch } from "./ThemeSwitch.tsx";

export function Header() {
  return (
    <header className={styles.header}>
      <div className={styles.inner}>
        <Link to="/" className={styles.brand}>
          <Mark />
          Shiplane
        </Link>
        <EnvironmentBadge />
        <nav className={styles.nav} aria-label="Main">
          <NavLink to="/" end>
            Board
          </NavLink>
          <NavLink to="/runs">Runs</NavLink>
          <NavLink to="/releases">Releases</NavLink>
        </nav>
        <div className={styles.tools}>
          <LiveIndicator />
          <ThemeSwitch />
        </div>
      </div>
    </header>
  );
}

/** Names the environment that serves this very page. */
function EnvironmentBadge() {
  const { data } = useStatus();
  if (!data?.environment) return null;
  return (
    <span className={styles.badge} title={`This board is served by ${data.environment}`}>
      <span className="visually-hidden">Served by </span>
      <span data-testid={testIds.boardEnvironment}>{data.environment}</span>
    </span>
  );
}
