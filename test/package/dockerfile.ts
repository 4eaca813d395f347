/** Instructions of a Dockerfile, continued lines joined. */
export function instructions(file: string): readonly (readonly [name: string, rest: string])[] {
  const lines = file
    .replace(/\\\n/g, " ")
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.startsWith("#"));
  return lines.map((line) => {
    const [, name = "", rest = ""] = /^(\w+)\s+(.*)$/.exec(line) ?? [];
    return [name, rest];
  });
}
