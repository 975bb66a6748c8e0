import { Link, useSearchParams } from "react-router";

import { PAGE_SIZE, useRuns } from "../api/queries.ts";
import { Notice } from "../components/Notice.tsx";
import { PageHead } from "../components/PageHead.tsx";
import { Pager } from "../components/Pager.tsx";
import { QueryView } from "../components/QueryView.tsx";
import { RunList } from "../components/RunList.tsx";
import { Skeleton } from "../components/Skeleton.tsx";
import { pageOf } from "../lib/page.ts";
import styles from "./ListPage.module.css";

export function RunsPage() {
  const [search] = useSearchParams();
  const page = pageOf(search);
  const branch = search.get("branch") ?? "";
  const query = useRuns({ limit: PAGE_SIZE, page, branch });
  return (
    <>
      <title>Runs · Shiplane</title>
      <PageHead title="Runs" aside={branch !== "" && <BranchFilter branch={branch} />} />
      <section className={styles.list} aria-label="Runs">
        <QueryView query={query} what="runs" skeleton={<Skeleton what="runs" rows={8} />}>
          {({ results, count }) => (
            <>
              {results.length > 0 ? (
                <RunList runs={results} />
              ) : (
                <Notice title={branch === "" ? "No runs here" : `No runs of ${branch}`} />
              )}
              <Pager page={page} count={count} size={PAGE_SIZE} />
            </>
          )}
        </QueryView>
      </section>
    </>
  );
}

function BranchFilter({ branch }: { branch: string }) {
  return (
    <p className={styles.filter}>
      of branch <strong>{branch}</strong> <Link to="/runs">Show all branches</Link>
    </p>
  );
}
