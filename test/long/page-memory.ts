import type { CDPSession } from "playwright-core";

/** What a page takes in the browser. */
export interface PageMemory {
  /** MB of its JavaScript that are in use. */
  readonly mb: number;
  readonly nodes: number;
}

/** What a page takes after garbage was collected. */
export async function memoryOf(session: CDPSession): Promise<PageMemory> {
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  const { nodes } = await session.send("Memory.getDOMCounters");
  return { mb: usedSize / 1e6, nodes };
}
