import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

/** A directory for this test file, removed at its end; gives paths in it that were not given before. */
export function useDirectory(): (name: string) => string {
  const dir = mkdtempSync(join(tmpdir(), "dylive-test-"));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));
  let count = 0;
  return (name) => join(dir, `${count++}-${name}`);
}

/** Makes empty folders for this test file, removed at its end. */
export function useFolders(): () => string {
  const path = useDirectory();
  return () => {
    const folder = path("folder");
    mkdirSync(folder);
    return folder;
  };
}
