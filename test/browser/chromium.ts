import { inject } from "vitest";

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

/** The browser of this run: see `browsers.ts`. */
export function testBrowser(): string {
  return inject("browser");
}
