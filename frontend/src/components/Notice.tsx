import styles from "./Notice.module.css";

interface Props {
  title: string;
  children?: React.ReactNode;
  action?: React.ReactNode;
  kind?: "empty" | "error";
}

/** What stands where data would: nothing there yet, or an error with a way on. */
export function Notice({ title, children, action, kind = "empty" }: Props) {
  return (
    <div className={styles.notice} data-kind={kind} role={kind === "error" ? "alert" : undefined}>
      <Water kind={kind} />
      <div>
        <p className={styles.title}>{title}</p>
        {children && <div className={styles.text}>{children}</div>}
        {action}
      </div>
    </div>
  );
}

/** An empty lane between its marks; broken when something failed. */
function Water({ kind }: { kind: "empty" | "error" }) {
  return (
    <svg className={styles.water} width="64" height="40" viewBox="0 0 64 40" aria-hidden="true">
      <path d="M2 6h60M2 34h60" />
      {kind === "empty" ? (
        <path d="M4 20h9M20 20h9M36 20h9M52 20h8" />
      ) : (
        <path d="M4 20h9M20 20h5M25 14l12 12M37 14L25 26M39 20h6M52 20h8" />
      )}
    </svg>
  );
}
