import { STATUS_WORDS, type ShownStatus } from "../lib/pipeline.ts";
import { StatusIcon } from "./StatusIcon.tsx";
import styles from "./StatusPill.module.css";

interface Props {
  status: ShownStatus;
  /** Another word for the same status: "healthy" for passed. */
  children?: React.ReactNode;
  testId?: string;
}

export function StatusPill({ status, children, testId }: Props) {
  return (
    <span className={styles.pill} data-status={status} data-testid={testId}>
      <StatusIcon status={status} size={14} />
      {children ?? STATUS_WORDS[status]}
    </span>
  );
}
