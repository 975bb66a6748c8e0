import { Link } from "react-router";

import type { Environment, Release } from "../api/types.ts";
import { shortCommit } from "../lib/format.ts";
import { releasePath } from "../lib/paths.ts";
import { testIds } from "../testids.ts";
import { Ago } from "./Ago.tsx";
import { Digest } from "./Digest.tsx";
import { DirtyMark } from "./DirtyMark.tsx";
import { BranchIcon } from "./Icons.tsx";
import styles from "./ReleaseList.module.css";

interface Props {
  releases: Release[];
  environments: Environment[];
}

export function ReleaseList({ releases, environments }: Props) {
  return (
    <ol className={styles.list}>
      {releases.map((release) => (
        <ReleaseRow key={release.id} release={release} environments={environments} />
      ))}
    </ol>
  );
}

function ReleaseRow({ release, environments }: { release: Release } & Pick<Props, "environments">) {
  const serving = environments.filter((environment) => environment.release?.id === release.id);
  return (
    <li className={styles.row} data-testid={testIds.releaseRow(release.id)}>
      <div className={styles.name}>
        <p className={styles.id}>
          <Link to={releasePath(release.id)}>{release.id}</Link>
        </p>
        <p className={styles.origin}>
          <span className={styles.branch}>
            <BranchIcon size={13} />
            {release.branch}
          </span>
          <code>{shortCommit(release.commit)}</code>
          {release.dirty && <DirtyMark />}
        </p>
      </div>
      <p className={styles.serving}>
        {serving.map((environment) => (
          <ServingMark key={environment.name} name={environment.name} />
        ))}
      </p>
      <ul className={styles.images}>
        {Object.entries(release.images).map(([component, image]) => (
          <li key={component}>
            <span>{component}</span>
            <Digest component={`${component} of ${release.id}`} digest={image.digest} />
          </li>
        ))}
      </ul>
      <p className={styles.when}>
        <Ago time={release.created_at} />
      </p>
    </li>
  );
}

export function ServingMark({ name }: { name: string }) {
  return (
    <span className={styles.mark}>
      <span className="visually-hidden">Runs on </span>
      {name}
    </span>
  );
}
