import { Link } from "react-router";

import type { Environment, Release, Status } from "../api/types.ts";
import { healthOf, newestFirst } from "../lib/environments.ts";
import { hostOf, shortCommit } from "../lib/format.ts";
import { releasePath } from "../lib/paths.ts";
import { testIds } from "../testids.ts";
import { Ago } from "./Ago.tsx";
import { CopyButton } from "./CopyButton.tsx";
import { DeploymentMarks } from "./DeploymentMarks.tsx";
import { Digest } from "./Digest.tsx";
import { DirtyMark } from "./DirtyMark.tsx";
import styles from "./EnvironmentCard.module.css";
import { LeaveIcon } from "./Icons.tsx";
import { StatusPill } from "./StatusPill.tsx";

interface Props {
  environment: Environment;
  status: Status | undefined;
}

export function EnvironmentCard({ environment, status }: Props) {
  const { name, release } = environment;
  const health = healthOf(environment, status);
  return (
    <article className={styles.card} data-testid={testIds.environment(name)} aria-label={name}>
      <div className={styles.head}>
        <h3 className={styles.name}>{name}</h3>
        <StatusPill status={health.status}>{health.label}</StatusPill>
      </div>
      {release ? (
        <Running
          environment={environment}
          release={release}
          checks={health.status === "passed" ? health.detail : ""}
        />
      ) : (
        <p className={styles.nothing} data-testid={testIds.environmentRelease(name)}>
          nothing deployed
        </p>
      )}
      {health.status !== "passed" && health.detail && (
        <p className={styles.detail} data-status={health.status}>
          {health.detail}
        </p>
      )}
      <Disagreement environment={environment} status={status} />
      <div className={styles.foot}>
        <a href={environment.url} className={styles.address}>
          {hostOf(environment.url)}
          <LeaveIcon size={13} />
        </a>
        <DeploymentMarks deployments={newestFirst(environment.deployments)} />
      </div>
    </article>
  );
}

interface RunningProps {
  environment: Environment;
  release: Release;
  checks: string;
}

function Running({ environment, release, checks }: RunningProps) {
  return (
    <>
      <p className={styles.version}>
        {release.version}
        {release.dirty && <DirtyMark />}
      </p>
      <p className={styles.release}>
        <Link
          to={releasePath(release.id)}
          data-testid={testIds.environmentRelease(environment.name)}
        >
          {release.id}
        </Link>
      </p>
      <dl className={styles.facts}>
        <dt>Commit</dt>
        <dd>
          <code>{shortCommit(release.commit)}</code>
          <CopyButton text={release.commit} what={`${environment.name} commit`} />
        </dd>
        <dt>Deployed</dt>
        <dd>{environment.deployed_at ? <Ago time={environment.deployed_at} /> : "unknown"}</dd>
        {Object.entries(release.images).map(([component, image]) => (
          <DigestFact key={component} component={component} digest={image.digest} />
        ))}
        {checks && (
          <>
            <dt>Checks</dt>
            <dd className={styles.wide}>{checks}</dd>
          </>
        )}
        <dt>Before</dt>
        <dd className={styles.wide}>
          {environment.previous ? (
            <Link to={releasePath(environment.previous)} className={styles.previous}>
              {environment.previous}
            </Link>
          ) : (
            "nothing"
          )}
        </dd>
      </dl>
    </>
  );
}

function DigestFact({ component, digest }: { component: string; digest: string }) {
  return (
    <>
      <dt>{component}</dt>
      <dd>
        <Digest component={component} digest={digest} />
      </dd>
    </>
  );
}

/** The reports say one release, the server answers as another: someone should know. */
function Disagreement({ environment, status }: Props) {
  if (status?.environment !== environment.name) return null;
  if (!status.release || !environment.release) return null;
  if (status.release === environment.release.id) return null;
  return (
    <p className={styles.disagreement}>
      The server answers as <code>{status.release}</code>.
    </p>
  );
}
