import styles from "./Facts.module.css";

interface Props {
  /** Label and value; a null value is left out. */
  facts: readonly (readonly [string, React.ReactNode])[];
}

/** The facts of a run or release, in columns as many as fit. */
export function Facts({ facts }: Props) {
  return (
    <dl className={styles.facts}>
      {facts
        .filter(([, value]) => value !== null)
        .map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}
