/**
 * The names that end-to-end tests hold on to. They are part of the board's interface: changing
 * one breaks tests elsewhere.
 *
 * data-testid
 *   board-release              footer of every page; text holds the release and the commit (12
 *                              characters) that GET status/ answered; attributes `data-release`
 *                              and `data-commit` hold both in full, "" while unknown
 *   board-environment          badge in the header; text is the environment that status/ names
 *   board-live                 live indicator; `data-state` is connecting | live | stale | offline
 *   environment-<name>         card of an environment on `/`
 *   environment-<name>-release text is exactly the id of the release it runs ("nothing deployed"
 *                              when there is none)
 *   run-row-<id>               one run in the lists on `/` and `/runs`; holds a link to the run
 *   run-stage-<name>           a stage of a run, inside `run-row-<id>` (many on a list page) and
 *                              once on `/runs/:id`; `data-status` is pending | running | passed |
 *                              failed | skipped | cancelled | absent (not in this run's plan)
 *   run-title                  h1 of `/runs/:id`; text is "Run #<number>"
 *   run-status                 on `/runs/:id`; `data-status` as above
 *   run-release                on `/runs/:id`; link to the release that the run produced
 *   release-row-<id>           one release in the lists
 *   release-title              h1 of `/releases/:id`; text is exactly the release's id
 *   metric-<name>              deployments-per-week | change-failure-rate | lead-time | run-time
 *
 * Accessible names
 *   navigation "Main": links "Board", "Runs", "Releases"
 *   button "Switch to dark theme" / "Switch to light theme"
 *   regions "Environments", "Delivery", "Runs", "Releases"
 *   link "Run #<number>" in each run row
 */
export const testIds = {
  boardRelease: "board-release",
  boardEnvironment: "board-environment",
  boardLive: "board-live",
  environment: (name: string) => `environment-${name}`,
  environmentRelease: (name: string) => `environment-${name}-release`,
  runRow: (id: string) => `run-row-${id}`,
  runStage: (name: string) => `run-stage-${name}`,
  runTitle: "run-title",
  runStatus: "run-status",
  runRelease: "run-release",
  releaseRow: (id: string) => `release-row-${id}`,
  releaseTitle: "release-title",
  metric: (name: string) => `metric-${name}`,
} as const;
