import { inject } from "vitest";
import { browserOf } from "./browsers.js";

declare module "vitest" {
  interface ProvidedContext {
    /** The program of the browser that this project's tests run with. */
    readonly browser: string;
  }
}

/** Arguments of a test's own browser. Without a GPU: what stands in for one takes a good part of a core. */
export const TEST_ARGUMENTS: readonly string[] = [
  ...["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
];

/** The browser of this run: see `browsers.ts`. Projects that give none (`long`) have the first. */
export function testBrowser(): string {
  const given: string | undefined = inject("browser");
  return given ?? browserOf("browser");
}
