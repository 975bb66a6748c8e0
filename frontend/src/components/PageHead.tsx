import styles from "./PageHead.module.css";

interface Props {
  title: React.ReactNode;
  testId?: string;
  mono?: boolean;
  aside?: React.ReactNode;
  children?: React.ReactNode;
}

export function PageHead({ title, testId, mono = false, aside, children }: Props) {
  return (
    <div className={styles.head}>
      <div className={styles.line}>
        <h1 className={styles.title} data-mono={mono} data-testid={testId}>
          {title}
        </h1>
        {aside}
      </div>
      {children}
    </div>
  );
}
