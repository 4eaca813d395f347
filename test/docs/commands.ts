/** A line that the shell is given, with the lines that continue it. */
export interface Command {
  readonly text: string;
  /** What a `console` block shows below it; null in other blocks. */
  readonly output: string | null;
}

/** The commands of a `sh` block: every line, without comments. */
export function commandsOf(text: string): readonly Command[] {
  const commands: string[] = [];
  let open = "";
  for (const line of text.split("\n")) {
    if (open === "" && (line.trim() === "" || line.startsWith("#"))) continue;
    open = open === "" ? line : `${open}\n${line}`;
    if (line.endsWith("\\") || !quotesClosed(open)) continue;
    commands.push(open);
    open = "";
  }
  if (open !== "") throw new Error(`does not end: ${open}`);
  return commands.map((command) => ({ text: command, output: null }));
}

/** The commands of a `console` block, after `$ `, each with what it prints. */
export function dialogueOf(text: string): readonly Command[] {
  const parts = text.split(/^\$ /m);
  if (parts[0]?.trim() !== "") throw new Error("a console block begins with a command after $");
  return parts.slice(1).map((part) => {
    const [command = "", ...output] = part.split("\n");
    return { text: command, output: output.join("\n").trim() };
  });
}

function quotesClosed(text: string): boolean {
  const bare = text.replace(/'[^']*'|"(?:[^"\\]|\\.)*"/g, "").replace(/#.*$/gm, "");
  return !/['"]/.test(bare);
}

/** What a command prints, as it is shown: `…` stands for any text of a line, a line of its own for any lines. */
export function looksLike(shown: string): RegExp {
  const lines = shown.split("\n").map((line) => (line.trim() === "…" ? "(?:.*\\n)*?" : `${escaped(line).replaceAll("…", ".*")} *\\n`));
  return new RegExp(`^${lines.join("")}$`);
}

function escaped(text: string): string {
  return text.trimEnd().replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** Commands that are not run here, with the test that does what they do. A command that is in no list here is run. */
export const ELSEWHERE: readonly (readonly [command: RegExp, test: string])[] = [
  [/^npm start\b/, "test/smoke/demo.test.ts"],
  [/^npm test\b|^npm run \S+|^npx vitest /, "scripts/test.mjs"],
  [/^npm (pack|install)\b/, "test/package/installed.test.ts"],
  // Docker and systemd are on few machines that run tests: their files are looked at.
  [/^docker (compose|build|run) |^systemctl /, "test/package/deploy.test.ts"],
  [/^(export )?DATABASE_URL=|^(pg_dump|psql|pg_restore|createdb) |dylive (migrate|restored) /, "test/postgres/move.test.ts"],
  [/^dylive cluster\b/, "test/processes/roles.test.ts"],
  [/^(npx )?dylive login$/, "test/browser/login.test.ts"],
  [/^curl .*\/v1\/authors\/MS4wLjABAAAA…\/works/, "test/http/v1/works.test.ts"],
  [/^dylive work "/, "test/browser/work-doors.test.ts"],
  [/^dylive download "/, "test/browser/download.test.ts"],
  [/^dylive comments "/, "test/browser/comments-command.test.ts"],
  [/^dylive author add "/, "test/cli/author.test.ts"],
  [/^dylive (room|session) delete /, "test/cli/deletion.test.ts"],
  // Redis and others are on few machines that run tests; their lines are looked at.
  [/^(duckdb|mysql) |^dylive tail .* \| /, "test/e2e/tail.test.ts"],
  [/^dylive sidecar\b/, "test/e2e/sidecar.test.ts"],
  [/^dylive works "/, "test/browser/lists-command.test.ts"],
  [/^curl .*\/v1\/works\/\d+\/comments(\/run)?$/, "test/browser/work-doors.test.ts"],
  [/^curl .*\/douyin\/video\/comments\?/, "test/browser/work-doors.test.ts"],
  [/^curl .*\/v1\/(downloads|works\/\d+\/files)$/s, "test/http/v1/downloads.test.ts"],
  [/^chromium --remote-debugging-port/, "test/browser/attach.test.ts"],
];

/** Programs that are not run here, by what they call, with the test that does it: their types are checked. */
export const PROGRAMS_ELSEWHERE: readonly (readonly [program: RegExp, test: string])[] = [
  [/\bawait readWork\(/, "test/browser/read-work.test.ts"],
  [/= works\(/, "test/browser/lists-command.test.ts"],
];

/** Commands that run until they are stopped, with what shows that they do their work. */
export const ENDLESS: readonly (readonly [command: RegExp, sign: RegExp])[] = [
  [/^(\w+=\S+ )*(npx )?dylive serve\b/, /dylive listens on http/],
  [/^(\w+=\S+ )*(npx )?dylive demo\b/, /^curl "/m],
  [/^(npx )?dylive simulate\b/, /^http:\/\//m],
  [/^(npx )?dylive watch\b/, /^.+\n.+\n/],
  [/^(npx )?dylive record\b/, /recording to/],
  [/^(npx )?dylive tail\b/, /room \d+ is followed|all rooms are followed/],
  [/^curl -N /, /^data: .*\n\n/m],
];

/** Commands for the shells of Unix, with what stands in the way of Windows: docs/windows.md says how to write such a one there. */
export const UNIX_ONLY: readonly (readonly [command: RegExp, why: string])[] = [
  [/ -d '\{/, "JSON in an argument"],
  [/^echo '\{\n/, "a file of several lines"],
  [/^(export )?([A-Z_]+=\S+ )+(dylive|npx)|^export [A-Z_]+=\S+$/, "a variable for one command"],
  [/\$[A-Z_]+"/, "the value of a variable"],
  [/^docker compose .* < /, "a file as what is typed"],
  [/^dylive tail .* >> /, "a file that grows"],
];

/** Why `cmd` or PowerShell would not run a command of a page as a shell of Unix does; empty where they would. */
export function unlikeWindows(command: string): readonly string[] {
  const text = command.replace(/(^| )#.*$/gm, "");
  const bare = text.replace(/"[^"]*"/g, '""');
  return [
    [/'/, "single quotes quote nothing in cmd"],
    [/^(export )?[A-Z_]+=/, "there are no variables before a command"],
    [/\\$/m, "a line does not go on after a backslash"],
    [/\*/, "programs are given * as it is"],
    [/&|;|\$|`|\(/, "means something else, outside of double quotes"],
    [/ < /, "PowerShell reads no file as what is typed"],
    [/>>/, "PowerShell changes the bytes"],
  ]
    .flatMap(([pattern, why]) => ((pattern as RegExp).test(bare) ? [String(why)] : []))
    .concat(/"[^"]*[$`\\][^"]*"/.test(text) ? ["PowerShell and shells of Unix look into double quotes in their own ways"] : []);
}
