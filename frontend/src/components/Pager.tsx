import { Link, useSearchParams } from "react-router";

import styles from "./Pager.module.css";

interface Props {
  page: number;
  count: number;
  size: number;
}

/** Links to the pages before and after; none when everything fits on one. */
export function Pager({ page, count, size }: Props) {
  const last = Math.max(1, Math.ceil(count / size));
  const [search] = useSearchParams();
  if (last === 1 && page === 1) return null;
  const to = (target: number) => {
    const next = new URLSearchParams(search);
    if (target === 1) next.delete("page");
    else next.set("page", String(target));
    return { search: next.toString() };
  };
  return (
    <nav className={styles.pager} aria-label="Pages">
      {page > 1 ? <Link to={to(Math.min(page - 1, last))}>Newer</Link> : <span>Newer</span>}
      <p>
        Page {page} of {last}
      </p>
      {page < last ? <Link to={to(page + 1)}>Older</Link> : <span>Older</span>}
    </nav>
  );
}
