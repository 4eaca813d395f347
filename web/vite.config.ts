import { appendFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vite";

const OUT = fileURLToPath(new URL(`../${process.env["BUILD_INTO"] ?? "dist"}/web`, import.meta.url));
const LICENSES = "LICENSES.md";
/** What asks to be told beside its licence. */
const NOTICE = fileURLToPath(new URL("../node_modules/echarts/NOTICE", import.meta.url));

export default defineConfig({
  // Addresses are relative, so that the dashboard also works behind a proxy that puts it into a folder.
  base: "./",
  plugins: [vue(), { name: "compress", apply: "build", writeBundle: compress }, { name: "notice", apply: "build", writeBundle: notice }],
  build: {
    outDir: OUT,
    emptyOutDir: true,
    license: { fileName: LICENSES },
    // The overlay is a page of its own, so that a browser source loads little.
    rollupOptions: { input: ["index.html", "overlay.html"].map((page) => fileURLToPath(new URL(page, import.meta.url))) },
    // The policy allows no data: scripts or styles, and no worker needs a polyfill.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The charts' own chunk, which is loaded when a chart is looked at.
    chunkSizeWarningLimit: 700,
  },
});

/** Puts .gz and .br beside every text, so that the server compresses nothing while it runs. */
function compress(): void {
  for (const entry of readdirSync(OUT, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.(js|css|html|svg)$/.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    const text = readFileSync(path);
    writeFileSync(`${path}.gz`, gzipSync(text, { level: 9 }));
    writeFileSync(`${path}.br`, brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 10 } }));
  }
}

/** Adds to the licences what the charts' package wants to be told with it. */
function notice(): void {
  appendFileSync(join(OUT, LICENSES), `\n## NOTICE of echarts\n\n${readFileSync(NOTICE, "utf8")}`);
}
