import { answer, cpuSeconds } from "../child.js";
import { dylive } from "./dylive.js";
import { StoreFeed } from "./feed.js";
import { plain } from "./plain.js";
import type { Append, Side, Sided, Took } from "./side.js";

// One side: makes its next chunk, which is not measured, and stores it, which is. The feed is the same on both.
const [name, path = "", seed = ""] = process.argv.slice(2);
const sides: Record<Side, (path: string) => Promise<Sided>> = { dylive, plain };
const side = await sides[name as Side](path);
const feed = new StoreFeed(seed);

answer<Append, Took>(async ({ eachFrame }) => {
  const chunk = feed.next();
  const cpu = cpuSeconds();
  const wall = performance.now();
  await side.append(chunk, eachFrame);
  const took = { messages: chunk.messages, cpuSeconds: cpuSeconds() - cpu, wallSeconds: (performance.now() - wall) / 1000 };
  const indexed = cpuSeconds();
  await side.index();
  return { ...took, indexSeconds: cpuSeconds() - indexed };
});
