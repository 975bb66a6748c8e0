/** What the caller says about the environment under test; see the Dockerfile for the call. */

function text(name: string): string {
  return process.env[name] ?? "";
}

export const baseURL = text("BASE_URL") || "http://127.0.0.1:8081";

/** The deployment under test; all empty in the test environment, which nothing is deployed to. */
export const expected = {
  environment: text("EXPECTED_ENVIRONMENT") || "staging",
  release: text("EXPECTED_RELEASE"),
  commit: text("EXPECTED_COMMIT"),
  run: text("RUN_ID"),
};

export const isDeployed = expected.release !== "";

/** Return the token for writes; its value never reaches a message. */
export function boardToken(): string {
  const token = text("BOARD_TOKEN");
  if (token === "") throw new Error("BOARD_TOKEN is not set: pass the environment's token with -e BOARD_TOKEN");
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new Error("BOARD_TOKEN holds characters that no HTTP header carries: use printable ASCII without spaces");
  }
  return token;
}
