/** An input that was made to cost as much as one can. */
export interface WorstCase {
  readonly name: string;
  /** Makes ready for reading it once, as if it had never come before. */
  readonly ready: () => Reading | Promise<Reading>;
}

/** One reading of an input. */
interface Reading {
  /** What is measured. */
  readonly work: () => unknown;
  /** Clears up after it. */
  readonly after?: () => unknown;
}

/** Returns the case of an input that is read in the same way each time, whatever came before. */
export function alike(name: string, work: () => unknown): WorstCase {
  return { name, ready: () => ({ work }) };
}

/** Longest stretch of work that kept everything else waiting, in ms of the process's CPU time: a busy machine does not change it much. */
export async function longestHold({ ready }: Pick<WorstCase, "ready">): Promise<number> {
  const { work, after } = await ready();
  let longest = 0;
  let over = false;
  let began = process.cpuUsage();
  const look = () => {
    const { user, system } = process.cpuUsage(began);
    longest = Math.max(longest, (user + system) / 1000);
    began = process.cpuUsage();
  };
  const turn = () => {
    look();
    if (!over) setImmediate(turn);
  };
  setImmediate(turn);
  await new Promise((resolve) => setImmediate(resolve));
  began = process.cpuUsage();
  longest = 0;
  try {
    await work();
  } finally {
    look();
    over = true;
  }
  await after?.();
  return longest;
}
