import { Link, useParams } from "react-router";

import { ApiError } from "../api/client.ts";
import { useReleaseOfRun, useRun } from "../api/queries.ts";
import type { Run } from "../api/types.ts";
import { Ago } from "../components/Ago.tsx";
import { CopyButton } from "../components/CopyButton.tsx";
import { DirtyMark } from "../components/DirtyMark.tsx";
import { Facts } from "../components/Facts.tsx";
import { Notice } from "../components/Notice.tsx";
import { PageHead } from "../components/PageHead.tsx";
import { QueryView } from "../components/QueryView.tsx";
import { Section } from "../components/Section.tsx";
import { Skeleton } from "../components/Skeleton.tsx";
import { StatusPill } from "../components/StatusPill.tsx";
import { Timeline } from "../components/Timeline.tsx";
import { duration, firstLine, sentence, shortCommit } from "../lib/format.ts";
import { branchPath, releasePath } from "../lib/paths.ts";
import { lanes, runSeconds } from "../lib/pipeline.ts";
import { useNow } from "../lib/time.ts";
import { testIds } from "../testids.ts";
import { NotFoundPage } from "./NotFoundPage.tsx";
import styles from "./RunPage.module.css";

export function RunPage() {
  const { id = "" } = useParams();
  const query = useRun(id);
  if (query.error instanceof ApiError && query.error.status === 404) {
    return (
      <NotFoundPage title="No such run">
        The board has no run <code>{id}</code>. It may not have been reported yet.
      </NotFoundPage>
    );
  }
  return (
    <div className={styles.page}>
      <title>Run · Shiplane</title>
      <QueryView query={query} what="run" skeleton={<Skeleton what="run" rows={6} />}>
        {(run) => <RunDetails run={run} />}
      </QueryView>
    </div>
  );
}

function RunDetails({ run }: { run: Run }) {
  return (
    <>
      <title>{`Run #${run.number} · Shiplane`}</title>
      <PageHead
        title={`Run #${run.number}`}
        testId={testIds.runTitle}
        aside={<StatusPill status={run.status} testId={testIds.runStatus} />}
      >
        <Message text={run.message} />
        <RunFacts run={run} />
      </PageHead>
      <Section title="Stages">
        <Timeline run={run} />
      </Section>
      <Details run={run} />
      <Section title="Release">
        <Produced run={run} />
      </Section>
    </>
  );
}

function Message({ text }: { text: string }) {
  const title = firstLine(text);
  const rest = text.slice(text.indexOf("\n") + 1).trim();
  return (
    <>
      <p className={styles.message}>{title || "No message"}</p>
      {text.includes("\n") && rest !== "" && <p className={styles.body}>{rest}</p>}
    </>
  );
}

function RunFacts({ run }: { run: Run }) {
  const seconds = runSeconds(run, useNow());
  const commit = (
    <>
      <code>{shortCommit(run.commit)}</code>
      <CopyButton text={run.commit} what="commit" />
    </>
  );
  return (
    <Facts
      facts={[
        ["Branch", <Link key="branch" to={branchPath(run.branch)}>{run.branch}</Link>],
        ["Commit", commit],
        ["Author", run.author],
        ["Event", sentence(run.event)],
        ["Target", sentence(run.target)],
        ["Started", <Ago key="started" time={run.started_at} />],
        [run.finished_at === null ? "So far" : "Total", duration(seconds)],
      ]}
    />
  );
}

/** What the stages have to say: for a failure its last lines and the next command to type. */
function Details({ run }: { run: Run }) {
  const telling = lanes(run).filter((stage) => stage.detail !== "");
  if (telling.length === 0) return null;
  return (
    <Section title={run.status === "failed" ? "What failed" : "Details"}>
      {telling.map((stage) => (
        <article key={stage.name} className={styles.detail} data-status={stage.status}>
          <h3>
            {stage.label} <StatusPill status={stage.status} />
          </h3>
          {/* Long lines scroll sideways, which the keyboard can only do with the focus here. */}
          {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
          <pre tabIndex={0} role="region" aria-label={`${stage.label} detail`}>
            {stage.detail}
          </pre>
        </article>
      ))}
    </Section>
  );
}

function Produced({ run }: { run: Run }) {
  const query = useReleaseOfRun(run.id);
  return (
    <QueryView query={query} what="release" skeleton={<Skeleton what="release" rows={1} />}>
      {(release) =>
        release ? (
          <p className={styles.release}>
            <Link to={releasePath(release.id)} data-testid={testIds.runRelease}>
              {release.id}
            </Link>
            {release.dirty && <DirtyMark />}
          </p>
        ) : (
          <Notice title={run.status === "running" ? "No release yet" : "No release"}>
            {run.status === "running"
              ? "It appears here once the images are published."
              : "This run published no images."}
          </Notice>
        )
      }
    </QueryView>
  );
}
