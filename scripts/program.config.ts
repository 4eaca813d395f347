// The program as few files: TypeBox alone is 700, which took two thirds of the time of a short command. Our own code and TypeBox go into dist/bin;
// every other dependency is loaded from node_modules.
import { copyFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const OUT = `${ROOT}dist/bin`;

export default defineConfig({
  root: ROOT,
  publicDir: false,
  logLevel: "warn",
  plugins: [{ name: "licence", writeBundle: () => copyFileSync(`${ROOT}node_modules/typebox/license`, `${OUT}/LICENSE-typebox`) }],
  ssr: { noExternal: [/^typebox/, "@fastify/type-provider-typebox"] },
  build: {
    ssr: true,
    outDir: OUT,
    target: "node20",
    minify: false,
    rollupOptions: {
      // The worker thread is loaded by its name.
      input: { dylive: `${ROOT}dist/src/cli/main.js`, thread: `${ROOT}dist/src/jobs/thread.js` },
      output: { entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js" },
    },
  },
});
