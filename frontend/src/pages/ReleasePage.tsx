import { Link, useParams } from "react-router";

import { ApiError } from "../api/client.ts";
import { useEnvironments, useRelease } from "../api/queries.ts";
import type { Deployment, Environment, Release } from "../api/types.ts";
import { Ago } from "../components/Ago.tsx";
import { CopyButton } from "../components/CopyButton.tsx";
import { Digest } from "../components/Digest.tsx";
import { DirtyMark } from "../components/DirtyMark.tsx";
import { DeploymentTable } from "../components/DeploymentTable.tsx";
import { Facts } from "../components/Facts.tsx";
import { Notice } from "../components/Notice.tsx";
import { PageHead } from "../components/PageHead.tsx";
import { QueryView } from "../components/QueryView.tsx";
import { ServingMark } from "../components/ReleaseList.tsx";
import { Section } from "../components/Section.tsx";
import { Skeleton } from "../components/Skeleton.tsx";
import { newestFirst } from "../lib/environments.ts";
import { shortCommit } from "../lib/format.ts";
import { branchPath, runPath } from "../lib/paths.ts";
import { testIds } from "../testids.ts";
import { NotFoundPage } from "./NotFoundPage.tsx";
import styles from "./ReleasePage.module.css";

export function ReleasePage() {
  const { id = "" } = useParams();
  const query = useRelease(id);
  if (query.error instanceof ApiError && query.error.status === 404) {
    return (
      <NotFoundPage title="No such release">
        The board has no release <code>{id}</code>.
      </NotFoundPage>
    );
  }
  return (
    <div className={styles.page}>
      <title>Release · Shiplane</title>
      <QueryView query={query} what="release" skeleton={<Skeleton what="release" rows={5} />}>
        {(release) => <ReleaseDetails release={release} />}
      </QueryView>
    </div>
  );
}

function ReleaseDetails({ release }: { release: Release }) {
  const environments = useEnvironments();
  return (
    <>
      <title>{`${release.id} · Shiplane`}</title>
      <PageHead
        title={release.id}
        testId={testIds.releaseTitle}
        mono
        aside={<Marks release={release} environments={environments.data ?? []} />}
      >
        <ReleaseFacts release={release} />
      </PageHead>
      <Section title="Images">
        <Images release={release} />
      </Section>
      <Section title="Deployments" aside="from the last five of each environment">
        <QueryView query={environments} what="deployments" skeleton={<Skeleton what="deployments" />}>
          {(list) => <History deployments={deploymentsOf(release, list)} />}
        </QueryView>
      </Section>
    </>
  );
}

function deploymentsOf(release: Release, environments: Environment[]): Deployment[] {
  const all = environments.flatMap((environment) => environment.deployments);
  return newestFirst(all.filter((deployment) => deployment.release === release.id));
}

function Marks({ release, environments }: { release: Release; environments: Environment[] }) {
  return (
    <span className={styles.marks}>
      {environments
        .filter((environment) => environment.release?.id === release.id)
        .map((environment) => (
          <ServingMark key={environment.name} name={environment.name} />
        ))}
      {release.dirty && <DirtyMark />}
    </span>
  );
}

function ReleaseFacts({ release }: { release: Release }) {
  const commit = (
    <>
      <code>{shortCommit(release.commit)}</code>
      <CopyButton text={release.commit} what="commit" />
    </>
  );
  return (
    <Facts
      facts={[
        ["Version", release.version],
        ["Commit", commit],
        ["Branch", <Link key="branch" to={branchPath(release.branch)}>{release.branch}</Link>],
        ["Made", <Ago key="made" time={release.created_at} />],
        ["Run", release.run ? <Link key="run" to={runPath(release.run)}>{release.run}</Link> : null],
      ]}
    />
  );
}

function Images({ release }: { release: Release }) {
  const images = Object.entries(release.images);
  if (images.length === 0) return <Notice title="This release names no images" />;
  return (
    <ul className={styles.images}>
      {images.map(([component, image]) => (
        <li key={component}>
          <h3>{component}</h3>
          <code className={styles.reference}>{image.reference}</code>
          <Digest component={component} digest={image.digest} />
        </li>
      ))}
    </ul>
  );
}

function History({ deployments }: { deployments: Deployment[] }) {
  if (deployments.length === 0) {
    return (
      <Notice title="No recent deployment">
        It is not among the last five deployments of any environment.
      </Notice>
    );
  }
  return <DeploymentTable deployments={deployments} />;
}
