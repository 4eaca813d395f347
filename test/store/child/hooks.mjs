import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
// vitest's own transpiler: loads in a fifth of the time of TypeScript's.
import { transformSync } from "rolldown/utils";

export function resolve(specifier, context, next) {
  const ours = context.parentURL?.endsWith(".ts") && specifier.startsWith(".");
  return next(ours ? specifier.replace(/\.js$/, ".ts") : specifier, context);
}

export async function load(url, context, next) {
  if (!url.endsWith(".ts")) return next(url, context);
  const path = fileURLToPath(url);
  const { code } = transformSync(path, await readFile(path, "utf8"), { typescript: { onlyRemoveTypeImports: true } });
  return { format: "module", shortCircuit: true, source: code };
}
