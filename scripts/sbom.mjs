// What others made that is in the package: a bill of materials in CycloneDX's form, from the lock file and what is named below, so that one source gives one text.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const read = (file) => JSON.parse(readFileSync(`${ROOT}${file}`, "utf8"));

/**
 * What is inside a package of another and is in no lock file: the page of the API, which @fastify/swagger-ui has in `static`, byte by byte. A test compares the
 * version with the one that it was made with.
 */
export const WITHIN = {
  "swagger-ui-dist": {
    version: "5.32.1",
    license: "Apache-2.0",
    integrity: "sha512-6HQoo7+j8PA2QqP5kgAb9dl1uxUjvR0SAoL/WUp1sTEvm0F6D5npgU2OGCLwl++bIInqGlEUQ2mpuZRZYtyCzQ==",
  },
};

/** Returns the packages that are installed with the program, or are built into it or the dashboard, by their paths in the lock file, in order. */
export function packagesInside() {
  const { packages } = read("package-lock.json");
  const inside = new Map();
  const take = (name, from) => {
    const path = found(packages, name, from);
    if (path === null || inside.has(path)) return;
    const entry = packages[path];
    inside.set(path, entry);
    for (const each of Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })) take(each, path);
    // One that the user is to bring is inside only if it is installed for something else, too.
    for (const each of Object.keys(entry.peerDependencies ?? {}))
      if (entry.peerDependenciesMeta?.[each]?.optional !== true) take(each, path);
  };
  for (const name of importedNames()) take(name, "");
  return new Map([...inside].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Returns the bill of materials as text. */
export function bill() {
  const { name, version, description, license } = read("package.json");
  const packages = [...packagesInside()];
  const locked = packages.map(([path, entry]) => componentOf(path.slice(path.lastIndexOf("node_modules/") + 13), entry));
  const components = [...locked, ...Object.entries(WITHIN).map(([name, entry]) => componentOf(name, entry))];
  const unlike = new Map(components.map((component) => [component["bom-ref"], component]));
  const own = { ...componentOf(name, { version, license }), type: "application", description };
  const contents = { metadata: { component: own }, components: [...unlike.values()] };
  const digest = createHash("sha256").update(JSON.stringify(contents)).digest("hex");
  const uuid = `${digest.slice(0, 8)}-${digest.slice(8, 12)}-5${digest.slice(13, 16)}-a${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
  const head = { $schema: "http://cyclonedx.org/schema/bom-1.5.schema.json", bomFormat: "CycloneDX", specVersion: "1.5" };
  return `${JSON.stringify({ ...head, serialNumber: `urn:uuid:${uuid}`, version: 1, ...contents }, null, 2)}\n`;
}

function componentOf(name, { version, license, integrity }) {
  const purl = `pkg:npm/${name.replace("@", "%40")}@${version}`;
  const [, hash] = /^sha512-(\S+)/.exec(integrity ?? "") ?? [];
  return {
    type: "library",
    "bom-ref": purl,
    name,
    version,
    ...(license !== undefined && { licenses: [/[ (]/.test(license) ? { expression: license } : { license: { id: license } }] }),
    purl,
    ...(hash !== undefined && { hashes: [{ alg: "SHA-512", content: Buffer.from(hash, "base64").toString("hex") }] }),
  };
}

/** Finds a package as Node does: beside who asks, else in a folder around it; null for one of another platform that is not locked. */
function found(packages, name, from) {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf("/node_modules/")))) {
    const path = `${folder}${folder === "" ? "" : "/"}node_modules/${name}`;
    if (packages[path] !== undefined) return path;
    if (folder === "") return null;
  }
}

/** Returns the packages that files of the program and of the dashboard import, types aside. */
function importedNames() {
  const texts = ["src", "simulator", "web/src"].flatMap((folder) =>
    readdirSync(`${ROOT}${folder}`, { recursive: true, encoding: "utf8" })
      .filter((file) => /\.(ts|vue)$/.test(file))
      .map((file) => readFileSync(`${ROOT}${folder}/${file}`, "utf8")),
  );
  const found = texts.flatMap((text) => [
    ...text.matchAll(/^(?:import|export) (?!type )[^;]*?from "([^".][^"]*)"/gm),
    ...text.matchAll(/\bimport\("([^".][^"]*)"\)/g),
    // Loaded by its name (src/runtime/packages.ts).
    ...text.matchAll(/(?:loadPackage|packageFile)\("([^"]+)"\)/g),
  ]);
  const names = found.map(([, from]) => from).filter((from) => !from.startsWith("node:"));
  return [...new Set(names.map((from) => /^(@[^/]+\/)?[^/]+/.exec(from)[0]))].sort();
}
