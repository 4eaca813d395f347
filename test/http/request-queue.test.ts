// Guards: a flood of requests keeps neither new connections nor health checks waiting.
import { expect, it } from "vitest";
import { RequestQueue } from "../../src/http/request-queue.js";

const turn = () => new Promise((resolve) => setImmediate(resolve));

it("begins a few requests a turn; first requests of a connection pass later ones, and neither starves the other", async () => {
  const queue = new RequestQueue();
  const begun: string[] = [];
  for (let n = 0; n < 100; n++) queue.add("later", () => begun.push("later"));
  for (let n = 0; n < 100; n++) queue.add("first", () => begun.push("first"));
  queue.add("health", () => begun.push("health"));
  expect(begun).toEqual([]);
  await turn();
  expect(begun.slice(0, 3)).toEqual(["health", "first", "later"]);
  expect(begun.length).toBeLessThan(20);
  for (let turns = 0; turns < 20; turns++) await turn();
  expect(begun.length).toBe(201);
});

it("accepts connections first, but not for ever", async () => {
  const queue = new RequestQueue();
  let begun = 0;
  queue.add("first", () => begun++);
  await turn();
  const began = performance.now();
  for (let n = 0; n < 5; n++) queue.add("first", () => begun++);
  let turns = 0;
  for (; begun < 6; turns++) {
    queue.connected();
    await turn();
    if (performance.now() - began < 90) expect(begun).toBe(1);
  }
  expect(turns).toBeGreaterThan(1);
});
