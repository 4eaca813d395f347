import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Value } from "typebox/value";
import { expect } from "vitest";
import { KINDS } from "../../src/events/event.js";
import { compile } from "../../src/events/filter.js";
import { until } from "../until.js";
import { type Command, commandsOf, dialogueOf, ELSEWHERE, ENDLESS, looksLike, PROGRAMS_ELSEWHERE } from "./commands.js";
import { differences, readLoose } from "./loose-json.js";
import type { Block } from "./markdown.js";
import { type Own, withOwn } from "./placeholders.js";
import type { Scripts } from "./scripts.js";
import { interrupt, type Program, type Stage, start } from "./stage.js";
import { talk } from "./talk.js";

/** Somebody who goes through one page from its top to its end, and does what its blocks say. */
export class Reader {
  readonly #stage: Stage;
  readonly #scripts: Scripts;
  readonly #folder: string;
  readonly #env: Record<string, string>;
  readonly #running: Program[] = [];
  #own: Own;
  #output: string | null = null;

  /** @param folder a name for the page's own */
  constructor(stage: Stage, scripts: Scripts, folder: string, own: Own) {
    this.#stage = stage;
    this.#scripts = scripts;
    this.#own = own;
    this.#folder = join(stage.folder, folder);
    mkdirSync(this.#folder);
    this.#env = { ...stage.env };
  }

  /**
   * Does what a block says; fails where it is not so, and for a block that it does not know what to do with.
   * @param next the block after it
   */
  async follow(block: Block, next: Block | undefined): Promise<void> {
    this.#env["DOCUMENT_SHOWS_ERROR"] = next?.language === "json" && next.text.startsWith('{"error"') ? "1" : "";
    switch (block.language) {
      case "sh":
        for (const command of commandsOf(block.text)) await this.#run(command, next);
        return;
      case "console":
        for (const command of dialogueOf(block.text)) await this.#run(command, next);
        return;
      case "http":
        return block.text.startsWith("POST /dylive ") ? this.#delivered(block) : this.#request(block);
      case "json":
        return this.#json(block);
      case "sse":
        return this.#sse(block);
      case "ws":
        return talk(block.text, this.#stage);
      case "cmd":
        return; // Windows is on no machine that runs this: pages.test.ts looks at them
      case "cel":
        for (const expression of block.text.split("\n")) compile(expression);
        return;
      case "ts":
      case "js":
        return this.#script(block);
      default:
        throw new Error(`nobody knows what to do with a block of "${block.language}"`);
    }
  }

  /** Ends what still runs; each program must have printed something until then. */
  async close(): Promise<void> {
    try {
      for (const program of this.#running) {
        await until(() => program.stdout() !== "" || program.process.exitCode !== null);
        expect(program.stdout(), program.printed()).not.toBe("");
      }
    } finally {
      for (const program of this.#running) await interrupt(program);
    }
  }

  #mine(text: string): string {
    return withOwn(text, this.#stage, this.#own);
  }

  async #run({ text, output }: Command, next: Block | undefined): Promise<void> {
    if (ELSEWHERE.some(([pattern]) => pattern.test(text))) return;
    const command = this.#mine(text);
    const set = /^export (\w+)=(\S+)$/.exec(command);
    if (set !== null) {
      this.#env[set[1] ?? ""] = set[2] ?? "";
      return;
    }
    const endless = ENDLESS.find(([pattern]) => pattern.test(text));
    const own = /\bdylive (serve|demo)\b/.test(text);
    const env = own ? { ...this.#env, DYLIVE_DATA: join(this.#folder, "own"), DYLIVE_PORT: "0" } : this.#env;
    const program = start("/bin/sh", ["-ec", endless === undefined ? command : `exec env ${command}`], this.#folder, env);
    if (endless !== undefined) {
      const [, sign] = endless;
      // A stream is read until it has brought a message of every kind that is shown of it.
      const signs = [sign, ...(next?.language === "sse" ? messagesOf(next.text).map(({ event }) => endOf(event)) : [])];
      await until(() => signs.every((one) => one.test(program.printed())) || program.process.exitCode !== null);
      for (const one of signs) expect(program.printed(), text).toMatch(one);
      expect([text, await interrupt(program)]).toEqual([text, 0]);
    } else {
      const code = await program.ended;
      expect(code, `${text}\n${program.printed()}`).toBe(0);
      if (output !== null && output !== "") {
        // In a terminal they are in the order in which they were written; two pipes may be read in another one.
        const shown = looksLike(this.#mine(output));
        const inOrder = `${(program.stderr() + program.stdout()).trim()}\n`;
        expect(shown.test(inOrder) ? inOrder : `${program.printed().trim()}\n`).toMatch(shown);
      }
    }
    this.#output = program.stdout();
    const hook = /hook ([0-9a-f]{12}) /.exec(program.printed())?.[1];
    if (hook !== undefined) this.#own = { ...this.#own, hook };
  }

  /** JSON shows what the command before it printed; where none did, it is an event. */
  #json(block: Block): void {
    const shown = readLoose(block.text);
    const came = this.#output?.trim() ?? "";
    this.#output = null;
    if (/^[{[]/.test(came)) {
      const real = JSON.parse(came.startsWith("{") && came.includes("\n{") ? came.slice(0, came.indexOf("\n{")) : came) as unknown;
      expect(differences(shown, real), came.slice(0, 2000)).toEqual([]);
      return;
    }
    const type = (shown as { type?: unknown }).type;
    const schema = KINDS[type as keyof typeof KINDS];
    if (schema === undefined) throw new Error("it shows neither what a command printed nor an event");
    expect([...Value.Errors(schema, shown)]).toEqual([]);
  }

  async #request(block: Block): Promise<void> {
    const [head = "", ...rest] = this.#mine(block.text).split("\n\n");
    const [first = "", ...lines] = head.split("\n");
    const [, method = "", path = ""] = /^([A-Z]+) (\S+)$/.exec(first) ?? [];
    const headers = Object.fromEntries(lines.map((line) => line.split(/: ?(.*)/s, 2)));
    const body = rest.join("\n\n");
    const response = await fetch(`${this.#stage.base}${path}`, { method, headers, ...(body === "" ? {} : { body }) });
    this.#output = await response.text();
    expect(response.ok, `${first}: ${response.status} ${this.#output}`).toBe(true);
  }

  /** A webhook that the document shows has arrived in the same form. */
  async #delivered(block: Block): Promise<void> {
    const [head = "", body = ""] = block.text.split("\n\n");
    const names = head
      .split("\n")
      .slice(1)
      .map((line) => line.slice(0, line.indexOf(":")));
    const found = () =>
      this.#stage.deliveries.map(({ headers, body: real }) => [
        ...names.filter((name) => headers[name] === undefined),
        ...differences(readLoose(body), real),
      ]);
    await until(() => found().some((one) => one.length === 0));
    expect(found().some((one) => one.length === 0)).toBe(true);
  }

  /** A stream that was read just before had messages of these forms. */
  #sse(block: Block): void {
    const shown = messagesOf(block.text);
    const real = messagesOf(this.#output ?? "");
    expect(shown.length).toBeGreaterThan(0);
    for (const message of shown) {
      const same = real.filter(({ event }) => event === message.event);
      const found = same.map(({ data }) => differences(message.data, data));
      expect(
        found.some((one) => one.length === 0),
        `${message.event}: ${JSON.stringify(found[0])}`,
      ).toBe(true);
    }
  }

  /** A program keeps running while the page is read on; what it printed is looked at in the end. */
  async #script(block: Block): Promise<void> {
    if (PROGRAMS_ELSEWHERE.some(([program]) => program.test(block.text))) return;
    const file = this.#scripts.file(block);
    const env = { ...this.#env, DYLIVE_BASE: this.#stage.base };
    const program = start(process.execPath, ["--import", this.#scripts.preamble, file], this.#folder, env);
    this.#running.push(program);
    await until(() => program.stdout() !== "" || program.process.exitCode !== null);
    expect(program.process.exitCode ?? 0, program.printed()).toBe(0);
  }
}

function endOf(event: string): RegExp {
  return new RegExp(`^event: ${event}\\ndata: .*\\n\\n`, "m");
}

function messagesOf(text: string): readonly { event: string; data: unknown }[] {
  return text.split("\n\n").flatMap((part) => {
    const event = /^event: (.*)$/m.exec(part)?.[1];
    const data = /^data: (.*)$/m.exec(part)?.[1];
    return event === undefined || data === undefined ? [] : [{ event, data: readLoose(data) }];
  });
}
