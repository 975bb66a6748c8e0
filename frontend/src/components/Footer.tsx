import { useStatus } from "../api/queries.ts";
import type { Status } from "../api/types.ts";
import { shortCommit } from "../lib/format.ts";
import { testIds } from "../testids.ts";
import styles from "./Footer.module.css";

/** Says what the board itself is: the release and commit that its API answers with. */
export function Footer() {
  const { data } = useStatus();
  return (
    <footer className={styles.footer}>
      <div className={styles.inner}>
        <p
          data-testid={testIds.boardRelease}
          data-release={data?.release ?? ""}
          data-commit={data?.commit ?? ""}
        >
          {data ? <Served status={data} /> : "This board's release is not known yet"}
        </p>
        <p>
          Data under <a href="/api/v1/schema/">/api/v1/</a>
        </p>
      </div>
    </footer>
  );
}

function Served({ status }: { status: Status }) {
  if (!status.release) return <>This board runs version {status.version}, outside of a release</>;
  return (
    <>
      This board runs release <code>{status.release}</code>, commit{" "}
      <code>{shortCommit(status.commit)}</code>
    </>
  );
}
