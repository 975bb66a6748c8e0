import { expect, test } from "@playwright/test";

const HEADERS: Record<string, RegExp> = {
  "x-content-type-options": /^nosniff$/,
  "x-frame-options": /^DENY$/,
  "referrer-policy": /^same-origin$/,
  "permissions-policy": /camera=\(\)/,
  "content-security-policy": /frame-ancestors 'none'/,
  "x-request-id": /^[0-9a-f]{32}$/,
};

for (const path of ["/", "/api/v1/health/", "/api/v1/absent/", "/nginx-health"]) {
  test(`${path} has each security header once`, async ({ request }) => {
    const answer = await request.get(path);
    for (const [name, pattern] of Object.entries(HEADERS)) {
      const values = answer.headersArray().filter((header) => header.name.toLowerCase() === name);
      expect(values.map(({ value }) => value), name).toEqual([expect.stringMatching(pattern)]);
    }
    expect(answer.headers()["server"]).toBe("nginx");
    expect(answer.headers()["x-powered-by"]).toBeUndefined();
  });
}

test("each request has an id of its own, whatever the client sends", async ({ request }) => {
  const id = "0".repeat(32);
  const first = await request.get("/nginx-health", { headers: { "x-request-id": id } });
  const second = await request.get("/nginx-health");
  expect(new Set([id, first.headers()["x-request-id"], second.headers()["x-request-id"]]).size).toBe(3);
});

test("addresses of the board answer with the page, addresses of the API with JSON", async ({ request }) => {
  const page = await request.get("/runs/any-id", { headers: { accept: "text/html" } });
  expect(page.status()).toBe(200);
  expect(page.headers()["content-type"]).toContain("text/html");
  const absent = await request.get("/api/v1/absent/");
  expect(absent.status()).toBe(404);
  expect(absent.headers()["content-type"]).toContain("application/json");
});

test("a body that is too large is refused before the backend", async ({ request }) => {
  const answer = await request.post("/api/v1/reports/", { data: Buffer.alloc(3 * 1024 * 1024) });
  expect(answer.status()).toBe(413);
});

test("the proxy compresses text", async ({ request }) => {
  const answer = await request.get("/api/v1/schema/", { headers: { "accept-encoding": "gzip" } });
  expect(answer.status()).toBe(200);
  expect(answer.headers()["content-encoding"]).toBe("gzip");
});
