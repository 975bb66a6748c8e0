import styles from "./DirtyMark.module.css";
import { WarningIcon } from "./Icons.tsx";

/** Marks a release that was built with edits no commit holds. */
export function DirtyMark() {
  return (
    <span className={styles.mark} title="Built with uncommitted edits: no commit holds these sources">
      <WarningIcon size={12} />
      dirty
    </span>
  );
}
