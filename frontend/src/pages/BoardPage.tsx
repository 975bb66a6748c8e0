import { Link } from "react-router";

import { useEnvironments, useReleases, useRuns } from "../api/queries.ts";
import { Delivery } from "../components/Delivery.tsx";
import { Environments } from "../components/Environments.tsx";
import { Notice } from "../components/Notice.tsx";
import { QueryView } from "../components/QueryView.tsx";
import { ReleaseList } from "../components/ReleaseList.tsx";
import { RunList } from "../components/RunList.tsx";
import { Section } from "../components/Section.tsx";
import { Skeleton } from "../components/Skeleton.tsx";

const RUNS_SHOWN = 8;
const RELEASES_SHOWN = 5;

export function BoardPage() {
  return (
    <>
      <title>Shiplane</title>
      <h1 className="visually-hidden">Board</h1>
      <Environments />
      <Delivery />
      <LatestRuns />
      <LatestReleases />
    </>
  );
}

function LatestRuns() {
  const query = useRuns({ limit: RUNS_SHOWN });
  const all = query.data && query.data.count > RUNS_SHOWN && (
    <Link to="/runs">All {query.data.count} runs</Link>
  );
  return (
    <Section title="Runs" aside={all}>
      <QueryView query={query} what="runs" skeleton={<Skeleton what="runs" rows={4} />}>
        {(page) => (page.results.length > 0 ? <RunList runs={page.results} /> : <NoRuns />)}
      </QueryView>
    </Section>
  );
}

function NoRuns() {
  return (
    <Notice title="No run has reached this board yet">
      The first pipeline run reports here by itself. <code>invoke plan</code> shows what it would
      do.
    </Notice>
  );
}

function LatestReleases() {
  const query = useReleases({ limit: RELEASES_SHOWN });
  const environments = useEnvironments().data ?? [];
  const all = query.data && query.data.count > RELEASES_SHOWN && (
    <Link to="/releases">All {query.data.count} releases</Link>
  );
  return (
    <Section title="Releases" aside={all}>
      <QueryView query={query} what="releases" skeleton={<Skeleton what="releases" />}>
        {(page) =>
          page.results.length > 0 ? (
            <ReleaseList releases={page.results} environments={environments} />
          ) : (
            <Notice title="No release yet">A release is made when a run publishes images.</Notice>
          )
        }
      </QueryView>
    </Section>
  );
}
