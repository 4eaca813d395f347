// The program as few files: finding and reading the 2,000 files of our own code and of what it uses took half of the time of starting.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const DIST = `${ROOT}${process.env["BUILD_INTO"] ?? "dist"}`;

export default defineConfig({
  root: ROOT,
  publicDir: false,
  logLevel: "warn",
  // What is native, or reads files of its own, is loaded from node_modules: package.json has it as optional.
  ssr: { noExternal: true, external: ["better-sqlite3", "playwright-core"] },
  build: {
    ssr: true,
    outDir: `${DIST}/bin`,
    target: "node20",
    minify: false,
    license: { fileName: "LICENSES.md" },
    rollupOptions: {
      // The worker thread is loaded by its name.
      input: { dylive: `${DIST}/src/cli/main.js`, thread: `${DIST}/src/jobs/thread.js` },
      output: { entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js" },
    },
  },
});
