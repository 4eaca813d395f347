import { answer, cpuSeconds } from "../child.js";
import { dylive } from "./dylive.js";
import { grouped, usual } from "./usual.js";

export type Stack = "dylive" | "usual" | "grouped";

/** One run: connect, receive so many frames, and have all of it stored in a database of its own. */
export interface Run {
  readonly url: string;
  readonly frames: number;
  readonly database: string;
  readonly roomId: string;
}

/** What a run took, from connecting until the last commit. */
export interface Took {
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
}

/** A stack that is ready to receive. */
export interface Receiver {
  /** Resolves when everything is committed. */
  receive(): Promise<void>;
  close(): Promise<void>;
}

const stacks: Record<Stack, (run: Run) => Promise<Receiver>> = { dylive, usual, grouped };
const open = stacks[process.argv[2] as Stack];

answer<Run, Took>(async (run) => {
  const receiver = await open(run);
  const cpu = cpuSeconds();
  const wall = performance.now();
  await receiver.receive();
  const took = { cpuSeconds: cpuSeconds() - cpu, wallSeconds: (performance.now() - wall) / 1000 };
  await receiver.close();
  return took;
});
