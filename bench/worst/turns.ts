/** Longest stretch of work that kept everything else waiting, in ms of the process's CPU time: a busy machine does not change it much. */
export async function longestHold(work: () => unknown): Promise<number> {
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
  return longest;
}
