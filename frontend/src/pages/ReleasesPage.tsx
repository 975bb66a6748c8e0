import { useSearchParams } from "react-router";

import { PAGE_SIZE, useEnvironments, useReleases } from "../api/queries.ts";
import { Notice } from "../components/Notice.tsx";
import { PageHead } from "../components/PageHead.tsx";
import { Pager } from "../components/Pager.tsx";
import { QueryView } from "../components/QueryView.tsx";
import { ReleaseList } from "../components/ReleaseList.tsx";
import { Skeleton } from "../components/Skeleton.tsx";
import { pageOf } from "../lib/page.ts";
import styles from "./ListPage.module.css";

export function ReleasesPage() {
  const [search] = useSearchParams();
  const page = pageOf(search);
  const query = useReleases({ limit: PAGE_SIZE, page });
  const environments = useEnvironments().data ?? [];
  return (
    <>
      <title>Releases · Shiplane</title>
      <PageHead title="Releases" />
      <section className={styles.list} aria-label="Releases">
        <QueryView query={query} what="releases" skeleton={<Skeleton what="releases" rows={8} />}>
          {({ results, count }) => (
            <>
              {results.length > 0 ? (
                <ReleaseList releases={results} environments={environments} />
              ) : (
                <Notice title="No releases here">
                  A release is made when a run publishes images.
                </Notice>
              )}
              <Pager page={page} count={count} size={PAGE_SIZE} />
            </>
          )}
        </QueryView>
      </section>
    </>
  );
}
