// Prints what CHANGELOG.md says of a version, for its release: node scripts/release-notes.mjs v0.1.0. Refuses a version that is not that of
// package.json, or of which it says nothing.
import { readFileSync, realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * Returns what a changelog in the form of Keep a Changelog says of a version, without its heading.
 * @param {string} changelog
 * @param {string} version such as 0.1.0, or Unreleased
 * @throws Error when there is no such heading, or nothing below it
 */
export function notesOf(changelog, version) {
  const [, ...sections] = changelog.split(/^## /m);
  const section = sections.find((text) => text.startsWith(`[${version}]`));
  if (section === undefined) throw new Error(`CHANGELOG.md has no heading "## [${version}]": rename "## [Unreleased]"`);
  const text = section
    .slice(section.indexOf("\n") + 1)
    .replace(/^\[[^\]]+\]: .*$/gm, "")
    .trim();
  if (text === "") throw new Error(`CHANGELOG.md says nothing of ${version}`);
  return text;
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const read = (name) => readFileSync(new URL(`../${name}`, import.meta.url), "utf8");
  const asked = (process.argv[2] ?? "").replace(/^v/, "");
  const { version } = JSON.parse(read("package.json"));
  try {
    if (asked !== version) throw new Error(`package.json is of version ${version}, and not of ${asked === "" ? "none" : asked}`);
    console.log(notesOf(read("CHANGELOG.md"), version));
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
