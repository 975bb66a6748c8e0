import { useEffect, useRef } from "react";
import { Outlet, useLocation } from "react-router";

import { ErrorBoundary } from "./ErrorBoundary.tsx";
import { Footer } from "./Footer.tsx";
import { Header } from "./Header.tsx";
import styles from "./Layout.module.css";

export function Layout() {
  const { pathname } = useLocation();
  const main = usePageFocus(pathname);
  return (
    <>
      <a className={styles.skip} href="#main">
        Skip to the content
      </a>
      <Header />
      <main id="main" ref={main} tabIndex={-1} className={styles.main}>
        <ErrorBoundary key={pathname} what="page">
          <Outlet />
        </ErrorBoundary>
      </main>
      <Footer />
    </>
  );
}

/** Move the focus to the new page after a link was followed, as a full page load would. */
function usePageFocus(pathname: string) {
  const main = useRef<HTMLElement>(null);
  const shown = useRef(pathname);
  useEffect(() => {
    if (shown.current === pathname) return;
    shown.current = pathname;
    window.scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [pathname]);
  return main;
}
