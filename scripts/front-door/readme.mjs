// The commands of a README, by its sections.

/** Every line of its `sh` blocks without comments, one list for each heading that has any. */
export function sectionsOf(markdown) {
  return markdown
    .split(/^## /m)
    .map((section) => [...section.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, block]) => linesOf(block)))
    .filter((lines) => lines.length > 0);
}

function linesOf(block) {
  return block
    .replaceAll("\\\n", " ")
    .split("\n")
    .map((line) => line.replace(/(^|\s+)#\s.*$/, "").trim())
    .filter((line) => line !== "");
}
