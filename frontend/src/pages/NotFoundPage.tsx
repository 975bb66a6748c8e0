import { Link } from "react-router";

import { Notice } from "../components/Notice.tsx";
import { PageHead } from "../components/PageHead.tsx";
import styles from "./ListPage.module.css";

interface Props {
  title?: string;
  children?: React.ReactNode;
}

export function NotFoundPage({ title = "Uncharted water", children }: Props) {
  return (
    <>
      <title>Not found · Shiplane</title>
      <PageHead title={title} />
      <div className={styles.list}>
        <Notice title="There is nothing at this address" action={<Link to="/">To the board</Link>}>
          {children}
        </Notice>
      </div>
    </>
  );
}
