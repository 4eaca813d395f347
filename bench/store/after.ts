import Database from "better-sqlite3";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { answer } from "../child.js";
import type { claimRatio } from "../claims.js";
import { checked } from "./check.js";
import { counted } from "./count.js";
import { exported } from "./export.js";
import { searched } from "./search.js";
import { sizes } from "./size.js";

/** What is measured on what both sides keep; each in a process of its own. */
export type Task = "size" | "search" | "statistics" | "jsonl" | "csv" | "check";

/** What tasks work on. */
export interface Kept {
  readonly ours: string;
  readonly plain: string;
  /** Room_id of the first broadcast. */
  readonly sessionId: string;
  /** Messages of each side. */
  readonly messages: number;
  /** Events that statistics and exports are measured on. */
  readonly part: number;
  readonly rounds: number;
}

/** Lines to print, and the ratio that the task claims when it has one. */
export interface Msg {
  readonly lines: readonly string[];
  readonly ratio?: Parameters<typeof claimRatio>;
}

answer<Kept & { readonly task: Task }, Msg>(async ({ task, ...kept }) => {
  const store = openSqliteStore({ path: kept.ours });
  const plain = new Database(kept.plain);
  const room = (await store.rooms.list()).find((one) => one.room !== 0)?.room ?? 1;
  try {
    switch (task) {
      case "size":
        return sizes(kept);
      case "search":
        return await searched(store, room, plain, kept);
      case "statistics":
        return await counted(store, room, plain, kept);
      case "check":
        return await checked(store);
      default:
        return await exported(store, room, plain, task, kept);
    }
  } finally {
    plain.close();
    await store.close();
  }
});
