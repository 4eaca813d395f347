import type { HookRow } from "./hooks.js";

/** Hook as both engines keep it: all but id and revision as JSON text. */
export interface StoredHook {
  readonly id: string;
  readonly revision: number;
  readonly body: string;
}

/** Returns the body of a hook's row. */
export function hookBody({ id: _id, revision: _revision, ...body }: HookRow): string {
  return JSON.stringify(body);
}

/** Returns the hook of a row. */
export function hookOf({ id, revision, body }: StoredHook): HookRow {
  return { id, revision, ...(JSON.parse(body) as Omit<HookRow, "id" | "revision">) };
}
