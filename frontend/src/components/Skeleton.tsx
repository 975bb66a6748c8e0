import styles from "./Skeleton.module.css";

interface Props {
  /** What is on its way, for those who cannot see the grey bars. */
  what: string;
  rows?: number;
  tall?: boolean;
}

export function Skeleton({ what, rows = 3, tall = false }: Props) {
  return (
    <div className={styles.skeleton} aria-busy="true" data-tall={tall}>
      <span className="visually-hidden">Loading {what}…</span>
      {Array.from({ length: rows }, (_, index) => (
        <span key={index} className={styles.row} aria-hidden="true" />
      ))}
    </div>
  );
}
