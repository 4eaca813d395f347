#!/usr/bin/env node
// Here before anything is built: npx in a fresh clone links what is there at its first call, and never looks again.
import { existsSync } from "node:fs";

const main = new URL("../dist/bin/dylive.js", import.meta.url);
// What a build writes last: one that was stopped halfway has the program and not the dashboard.
if (existsSync(new URL("../dist/sbom.json", import.meta.url))) await import(main.href);
else {
  process.stderr.write("dylive is not built yet: run npm start, or npm install and npm run build.\n");
  process.exitCode = 1;
}
