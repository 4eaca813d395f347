import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { BrowserContext } from "playwright-core";
import { makeFolder, writeWhole } from "../../runtime/durable-file.js";

/** What a site keeps in a browser context: cookies and local storage. */
export type ContextState = Awaited<ReturnType<BrowserContext["storageState"]>>;

/** A context's state with the time of its saving. */
export interface SavedState {
  /** ms UTC */
  readonly savedAt: number;
  readonly state: ContextState;
}

/** Reads a state; a file that is missing or damaged is a visitor who is new. */
export async function readState(file: string): Promise<SavedState | null> {
  try {
    const saved = JSON.parse(await readFile(file, "utf8")) as SavedState;
    return typeof saved.savedAt === "number" && Array.isArray(saved.state.cookies) && Array.isArray(saved.state.origins) ? saved : null;
  } catch {
    return null;
  }
}

/** Keeps a state, for its owner only: it holds cookies. */
export async function writeState(file: string, saved: SavedState): Promise<void> {
  await makeFolder(dirname(file));
  await writeWhole(file, JSON.stringify(saved));
}
