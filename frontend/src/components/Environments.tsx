import { Fragment } from "react";

import { useEnvironments, useStatus } from "../api/queries.ts";
import type { Environment, Status } from "../api/types.ts";
import { relation } from "../lib/environments.ts";
import { EnvironmentCard } from "./EnvironmentCard.tsx";
import styles from "./Environments.module.css";
import { Notice } from "./Notice.tsx";
import { QueryView } from "./QueryView.tsx";
import { Section } from "./Section.tsx";
import { Skeleton } from "./Skeleton.tsx";

export function Environments() {
  const query = useEnvironments();
  const status = useStatus().data;
  return (
    <Section title="Environments">
      <QueryView
        query={query}
        what="environments"
        skeleton={<Skeleton what="environments" rows={2} tall />}
      >
        {(environments) => <Channel environments={environments} status={status} />}
      </QueryView>
    </Section>
  );
}

interface ChannelProps {
  environments: Environment[];
  status: Status | undefined;
}

/** The environments in the order that releases pass them, and how each stands to the next. */
function Channel({ environments, status }: ChannelProps) {
  if (environments.length === 0) {
    return (
      <Notice title="Nothing has been deployed yet">
        An environment appears here with its first deployment:{" "}
        <code>invoke pipeline --target lab</code>.
      </Notice>
    );
  }
  return (
    <div className={styles.channel}>
      {environments.map((environment, index) => {
        const before = environments[index - 1];
        return (
          <Fragment key={environment.name}>
            {before && <Passage words={relation(before, environment)} />}
            <EnvironmentCard environment={environment} status={status} />
          </Fragment>
        );
      })}
    </div>
  );
}

function Passage({ words }: { words: string }) {
  return (
    <p className={styles.passage}>
      <svg width="72" height="16" viewBox="0 0 72 16" aria-hidden="true">
        <path d="M2 8h54" className={styles.lane} />
        <path d="M60 2l7 6-7 6" className={styles.head} />
      </svg>
      <span>{words}</span>
    </p>
  );
}
