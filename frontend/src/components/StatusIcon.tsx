import type { ShownStatus } from "../lib/pipeline.ts";
import styles from "./StatusIcon.module.css";

/** Each status has a shape of its own, so that it can be read without its colour. */
const SHAPES: Readonly<Record<ShownStatus, React.ReactNode>> = {
  passed: (
    <>
      <circle cx="8" cy="8" r="7" className={styles.filled} />
      <path d="M4.8 8.3l2.2 2.2 4.2-4.6" className={styles.cut} />
    </>
  ),
  failed: (
    <>
      <path d="M5.1 1h5.8L15 5.1v5.8L10.9 15H5.1L1 10.9V5.1z" className={styles.filled} />
      <path d="M5.6 5.6l4.8 4.8M10.4 5.6l-4.8 4.8" className={styles.cut} />
    </>
  ),
  running: (
    <>
      <circle cx="8" cy="8" r="6.2" className={styles.faint} />
      <path d="M8 1.8a6.2 6.2 0 0 1 6.2 6.2" className={styles.sweep} />
      <path d="M6.6 5.4L9.6 8l-3 2.6" className={styles.stroke} />
    </>
  ),
  pending: <circle cx="8" cy="8" r="6.2" className={styles.dashed} />,
  skipped: (
    <>
      <circle cx="8" cy="8" r="6.2" className={styles.stroke} />
      <path d="M5 11l6-6" className={styles.stroke} />
    </>
  ),
  cancelled: (
    <>
      <rect x="1.5" y="1.5" width="13" height="13" rx="2.5" className={styles.filled} />
      <path d="M5 8h6" className={styles.cut} />
    </>
  ),
  absent: <path d="M6.2 8h3.6" className={styles.stroke} />,
};

interface Props {
  status: ShownStatus;
  size?: number;
}

export function StatusIcon({ status, size = 16 }: Props) {
  return (
    <svg
      className={styles.icon}
      data-status={status}
      width={size}
      height={size}
      viewBox="0 0 16 16"
      aria-hidden="true"
    >
      {SHAPES[status]}
    </svg>
  );
}
