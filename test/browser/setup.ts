import type { TestProject } from "vitest/node";
import { type BrowserProject, browserOf, browserProjects } from "./browsers.js";

/** Gives the project's tests their browser, and says which it is: what passed with one browser tells little of another. */
export function setup(project: TestProject): void {
  const program = browserOf(project.name as BrowserProject);
  project.provide("browser", program);
  console.log(`${project.name}: ${program}`);
  if (!browserProjects().includes("browser-npm")) console.log("browser-npm: does not exist here, as this machine has one browser alone");
}
