import { render } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import axe from "axe-core";
import { MemoryRouter } from "react-router";

import { makeQueryClient } from "../api/queries.ts";
import { App } from "../app.tsx";

/** Draw the whole board at an address. */
export function open(path = "/") {
  const client = makeQueryClient();
  // Retries wait; a test of an error need not.
  client.setDefaultOptions({ queries: { ...client.getDefaultOptions().queries, retry: false } });
  const user = userEvent.setup();
  const view = render(
    <MemoryRouter initialEntries={[path]}>
      <App client={client} />
    </MemoryRouter>,
  );
  return { ...view, client, user };
}

/** Name the rules that the page breaks. Contrast needs a real browser; tokens.test.ts checks it. */
export async function violations(): Promise<string[]> {
  const rules = { "color-contrast": { enabled: false } };
  const result = await axe.run(document, { rules });
  return result.violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`,
  );
}
