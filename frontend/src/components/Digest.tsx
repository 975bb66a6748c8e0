import { shortDigest } from "../lib/format.ts";
import { CopyButton } from "./CopyButton.tsx";
import styles from "./Digest.module.css";

interface Props {
  component: string;
  digest: string;
}

export function Digest({ component, digest }: Props) {
  return (
    <span className={styles.digest}>
      <code title={digest}>
        <span className={styles.algorithm}>sha256:</span>
        {shortDigest(digest)}
      </code>
      <CopyButton text={digest} what={`${component} digest`} />
    </span>
  );
}
