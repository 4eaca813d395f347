import { inject } from "vitest";

declare module "vitest" {
  interface ProvidedContext {
    /** The program of the browser that this project's tests run with. */
    readonly browser: string;
  }
}

/** The browser of this run: see `browsers.ts`. */
export function testBrowser(): string {
  return inject("browser");
}
