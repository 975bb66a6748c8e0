import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";

import type { Run } from "../api/types.ts";
import { open, violations } from "../test/render.tsx";
import { serve, type Server } from "../test/server.ts";
import { testIds } from "../testids.ts";

function find(server: Server, number: number): Run {
  const run = server.board.runs.find((candidate) => candidate.number === number);
  if (!run) throw new Error(`no run ${number}`);
  return run;
}

/** Make more runs than fit on one page. */
function fill(server: Server, count: number): void {
  const [first] = server.board.runs;
  server.board.runs = Array.from({ length: count }, (_, index) => ({
    ...first!,
    id: `r${count - index}`,
    number: count - index,
  }));
}

describe("a run", () => {
  it("is reached from its row and shows its stages", async () => {
    serve();
    const { user } = open();
    await user.click(await screen.findByRole("link", { name: "Run #146" }));
    expect(await screen.findByTestId(testIds.runTitle)).toHaveTextContent(/^Run #146$/);
    expect(screen.getByRole("main")).toHaveFocus();
    expect(screen.getByTestId(testIds.runStatus)).toHaveAttribute("data-status", "failed");
    const stage = screen.getByTestId("run-stage-e2e");
    expect(stage).toHaveAttribute("data-status", "failed");
    expect(stage).toHaveTextContent("38 s");
    expect(screen.getByTestId("run-stage-production")).toHaveAttribute("data-status", "absent");
    await waitFor(() => {
      expect(document.title).toBe("Run #146 · Shiplane");
    });
  });

  it("shows the last lines of what failed and the release it made", async () => {
    const server = serve();
    open(`/runs/${find(server, 146).id}`);
    expect(await screen.findByRole("heading", { name: "What failed" })).toBeVisible();
    expect(screen.getByRole("region", { name: "E2E detail" })).toHaveTextContent("1 of 14 failed");
    const release = await screen.findByTestId(testIds.runRelease);
    expect(release).toHaveAttribute("href", `/releases/${release.textContent}`);
    expect(await violations()).toEqual([]);
  });

  it("shows the whole commit message", async () => {
    const server = serve();
    open(`/runs/${find(server, 145).id}`);
    expect(await screen.findByText("So that it stands in no process list.")).toBeVisible();
    expect(await screen.findByText("This run published no images.")).toBeVisible();
  });

  it("says what a cancelled run was replaced by", async () => {
    const server = serve();
    open(`/runs/${find(server, 139).id}`);
    expect(await screen.findByText("replaced by run 140")).toBeVisible();
    expect(screen.getByRole("heading", { name: "Details" })).toBeVisible();
  });

  it("counts on while it runs", async () => {
    const server = serve();
    server.board.releases = [];
    open(`/runs/${find(server, 148).id}`);
    expect(await screen.findByText("So far")).toBeVisible();
    expect(await screen.findByText("No release yet")).toBeVisible();
    expect(screen.getByTestId("run-stage-e2e")).toHaveTextContent("running");
  });

  it("without a message says so", async () => {
    const server = serve();
    find(server, 147).message = "";
    open(`/runs/${find(server, 147).id}`);
    expect(await screen.findByText("No message")).toBeVisible();
  });

  it("that the board does not know is not found", async () => {
    serve();
    open("/runs/none%2Fsuch");
    expect(await screen.findByRole("heading", { name: "No such run" })).toBeVisible();
    expect(screen.getByText("none/such")).toBeVisible();
    expect(screen.getByTestId(testIds.boardLive)).toHaveAttribute("data-state", "live");
  });

  it("that cannot be loaded says why", async () => {
    serve().failing = 500;
    open("/runs/r1");
    expect(await screen.findByText("The run could not be loaded")).toBeVisible();
  });

  it("that the board cannot draw leaves the rest of the page", async () => {
    const server = serve();
    Object.assign(find(server, 147), { stages: null });
    open(`/runs/${find(server, 147).id}`);
    expect(await screen.findByText("The run could not be drawn")).toBeVisible();
    expect(screen.getByRole("navigation", { name: "Main" })).toBeVisible();
  });
});

describe("the list of runs", () => {
  it("goes to older pages and back", async () => {
    const server = serve();
    fill(server, 45);
    const { user } = open("/runs");
    expect(await screen.findByText("Page 1 of 3")).toBeVisible();
    await user.click(screen.getByRole("link", { name: "Older" }));
    expect(await screen.findByRole("link", { name: "Run #25" })).toBeVisible();
    await user.click(screen.getByRole("link", { name: "Older" }));
    expect(await screen.findByRole("link", { name: "Run #5" })).toBeVisible();
    expect(screen.queryByRole("link", { name: "Older" })).toBeNull();
    expect(server.requests).toContain("/api/v1/runs/?limit=20&offset=40");
    await user.click(screen.getByRole("link", { name: "Newer" }));
    expect(await screen.findByText("Page 2 of 3")).toBeVisible();
  });

  it("keeps to one branch and lets go of it", async () => {
    serve();
    const { user } = open("/runs");
    const row = await screen.findByRole("link", { name: "Run #142" });
    const item = row.closest("li");
    await user.click(within(item!).getByRole("link", { name: /feature\/health-gate/ }));
    await waitFor(() => {
      expect(screen.queryByRole("link", { name: "Run #147" })).toBeNull();
    });
    expect(screen.getByRole("link", { name: "Run #141" })).toBeVisible();
    await user.click(screen.getByRole("link", { name: "Show all branches" }));
    expect(await screen.findByRole("link", { name: "Run #147" })).toBeVisible();
    expect(await violations()).toEqual([]);
  });

  it.each([
    ["/runs?branch=nowhere", "No runs of nowhere"],
    ["/runs?page=99", "No runs here"],
    ["/runs?page=x", "Run"],
  ])("at %s", async (path, text) => {
    serve();
    open(path);
    expect(await screen.findByText(text)).toBeInTheDocument();
  });
});

describe("a release", () => {
  it("is reached from the list and shows its images, places and history", async () => {
    const { board } = serve();
    const { user } = open("/releases");
    const id = board.environments[1]?.release?.id ?? "";
    const row = await screen.findByTestId(`release-row-${id}`);
    expect(await within(row).findByText("production")).toBeVisible();
    await user.click(within(row).getByRole("link", { name: id }));
    expect(await screen.findByTestId(testIds.releaseTitle)).toHaveTextContent(id);
    expect(screen.getByText(`registry.example.com/acme/app-backend:${id}`)).toBeVisible();
    expect(screen.getAllByRole("button", { name: /digest$/ })).toHaveLength(2);
    expect(await screen.findByText(/Promote to/)).toHaveTextContent("Promote to production");
    expect(await violations()).toEqual([]);
  });

  it("may be far in the past, without images and without a run", async () => {
    const { board } = serve();
    const old = { ...board.releases[0]!, id: "0.1.0-abc", images: {}, run: null };
    board.releases.push(old);
    open("/releases/0.1.0-abc");
    expect(await screen.findByText("No recent deployment")).toBeVisible();
    expect(screen.getByText("This release names no images")).toBeVisible();
    expect(screen.queryByText("Run")).toBeNull();
  });

  it("made of uncommitted edits is marked", async () => {
    const { board } = serve();
    open(`/releases/${board.releases.find((release) => release.dirty)?.id ?? ""}`);
    expect(await screen.findByText("dirty")).toBeVisible();
  });

  it("shows a rollback", async () => {
    const { board } = serve();
    Object.assign(board.environments[1]!.deployments[0]!, { action: "rollback", run: null });
    open(`/releases/${board.environments[1]?.release?.id ?? ""}`);
    expect(await screen.findByText(/Rollback on/)).toBeVisible();
  });

  it("that the board does not know is not found", async () => {
    serve();
    open("/releases/none");
    expect(await screen.findByRole("heading", { name: "No such release" })).toBeVisible();
  });

  it("list says when it is empty", async () => {
    serve().board.releases = [];
    open("/releases");
    expect(await screen.findByText("No releases here")).toBeVisible();
  });
});

it("leads back to the board from an address that is none", async () => {
  serve();
  const { user } = open("/far/away");
  expect(await screen.findByRole("heading", { name: "Uncharted water" })).toBeVisible();
  expect(await violations()).toEqual([]);
  await user.click(screen.getByRole("link", { name: "To the board" }));
  expect(await screen.findByTestId("environment-staging")).toBeVisible();
});
