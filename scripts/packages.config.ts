// What packages the program loads by themselves when they are first wanted (src/runtime/packages.ts): only the files that it needs of them, so
// that nobody who installs dylive installs the rest. jieba-wasm has its dictionary four times, and the Model Context Protocol all of zod.
import { cpSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const PACKAGES = `${ROOT}node_modules/`;
const OUT = `${ROOT}${process.env["BUILD_INTO"] ?? "dist"}/packages/`;

/** Files of the same name in dist/packages, put together with what they load. */
const BUNDLED = ["@modelcontextprotocol/server/dist/index", "@modelcontextprotocol/server/dist/stdio"];
/**
 * What the page of the API is made of is Swagger UI's own, which @fastify/swagger-ui has of it without its licence: here as swagger-ui-dist has it, of the
 * version that scripts/sbom.mjs names.
 */
const SWAGGER_UI = "scripts/licenses/swagger-ui/";
/** Files and folders that stay as they are, with their licences. */
const COPIED = [
  "@fastify/swagger-ui/LICENSE",
  ...["favicon-32x32.png", "swagger-ui-bundle.js", "swagger-ui.css"].map((name) => `@fastify/swagger-ui/static/${name}`),
  ...["LICENSE", "pkg/nodejs/jieba_rs_wasm.js", "pkg/nodejs/jieba_rs_wasm_bg.wasm"].map((name) => `jieba-wasm/${name}`),
  ...["LICENSE", "dist/bundles/mediabunny.node.cjs"].map((name) => `mediabunny/${name}`),
];

export default defineConfig({
  root: ROOT,
  publicDir: false,
  logLevel: "warn",
  ssr: { noExternal: true },
  plugins: [{ name: "copy", writeBundle: copy }],
  build: {
    ssr: true,
    outDir: OUT,
    target: "node20",
    minify: false,
    license: { fileName: "LICENSES.md" },
    rollupOptions: {
      input: Object.fromEntries(BUNDLED.map((path) => [path, `${PACKAGES}${path}.mjs`])),
      output: { format: "cjs", entryFileNames: "[name].cjs", chunkFileNames: "@modelcontextprotocol/server/dist/[name]-[hash].cjs" },
    },
  },
});

function copy(): void {
  for (const path of COPIED) {
    mkdirSync(dirname(`${OUT}${path}`), { recursive: true });
    // CommonJS by its name: a package.json that says so could be as unreadable as any file.
    cpSync(`${PACKAGES}${path}`, `${OUT}${path.replace(/nodejs\/(.*)\.js$/, "nodejs/$1.cjs")}`);
  }
  cpSync(`${ROOT}${SWAGGER_UI}`, `${OUT}@fastify/swagger-ui/static/`, { recursive: true });
}
