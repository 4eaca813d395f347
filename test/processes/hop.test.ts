import { expect, it } from "vitest";
import { hop } from "./hop.js";

it("readers that hop between two servers are given every event once, in order", async () => {
  const { stored, connections, read } = await hop(2, 3, 2500);
  expect(connections).toBeGreaterThan(10);
  expect(read).toBeGreaterThan(3 * stored);
}, 300_000);
