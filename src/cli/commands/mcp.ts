import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Command } from "commander";
import { type GivenSettings, languageOf, loadConfig } from "../../app/config.js";
import type { AskApi } from "../../http/asked-api.js";
import { SCOPE_HEADER } from "../../http/authentication.js";
import { mcpServer } from "../../http/mcp.js";
import { systemClock } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import { loadPackage } from "../../runtime/packages.js";
import { sharedApi, textOf } from "../api.js";
import { data, upstream } from "../options.js";
import { stopSignal } from "../stop.js";
import { say } from "../terminal.js";

interface McpOptions {
  readonly server?: string;
}

/** Adds `dylive mcp`. */
export function addMcpCommand(program: Command): void {
  program
    .command("mcp")
    .description("tools for programs of AI, by the Model Context Protocol on stdin and stdout")
    .option("--server <url>", "a running server to ask, in place of the data folder")
    .option("--token <token>", "what may be read and done (DYLIVE_TOKEN, which keeps it off the command line)")
    .addOption(data())
    .addOption(upstream())
    .action(async ({ server, ...settings }: GivenSettings & McpOptions) => {
      const config = loadConfig(settings);
      const { token } = config;
      if (server !== undefined) return serve(askServer(serverAt(server, token), token ?? ""));
      // The one who has the files and names no token may read all of it.
      const headers = token === null ? { [SCOPE_HEADER]: "read" } : { authorization: `Bearer ${token}` };
      // Open while something is asked: a server that is started meanwhile finds the folder free, and is asked from then on.
      const asking = sharedApi(config);
      await asking((api) => api.ask("GET", "/token", { headers })); // a wrong one is refused at once
      return serve(({ method, url, body }, signal) =>
        asking(async (api) => {
          const answer = await api.send(method, url, { body, headers, signal });
          return { status: answer.statusCode ?? 0, text: await textOf(answer) };
        }),
      );
    });
}

/** Returns the address of a running server without a slash at its end. @throws DyliveError bad_request; no_token without one for it */
export function serverAt(server: string, token: string | null): string {
  if (!URL.canParse(server) || !/^https?:$/.test(new URL(server).protocol))
    throw new DyliveError("bad_request", msg`--server must be an address such as http://127.0.0.1:8787`);
  if (token === null) throw new DyliveError("no_token", "--server needs a token: --token or DYLIVE_TOKEN");
  return server.replace(/\/+$/, "");
}

/** Makes the error of a server that does not answer. */
export function noServer(base: string, error: unknown): DyliveError {
  const { cause } = error as { readonly cause?: unknown };
  const why = String(cause instanceof Error ? cause.message : error instanceof Error ? error.message : error);
  return new DyliveError("bad_config", msg`no dylive server answers at ${base} (--server): ${why}`, error);
}

function askServer(base: string, secret: string): AskApi {
  return async ({ method, url, body }, signal) => {
    const headers = {
      authorization: `Bearer ${secret}`,
      "accept-language": languageOf(),
      ...(body !== undefined && { "content-type": "application/json" }),
    };
    try {
      const answer = await fetch(base + url, {
        ...{ method, headers, signal, redirect: "error" },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      return { status: answer.status, text: await answer.text() };
    } catch (error) {
      signal.throwIfAborted();
      throw noServer(base, error);
    }
  };
}

/** Serves one client on stdin and stdout until it leaves or the command is stopped. */
async function serve(ask: AskApi): Promise<void> {
  const stop = stopSignal();
  if (process.stdin.isTTY) say(msg`this talks with a program of AI, which starts it: docs/mcp.md says how. Ctrl-C ends it`);
  const { serveStdio } = loadPackage("@modelcontextprotocol/server/dist/stdio.cjs") as typeof import("@modelcontextprotocol/server/stdio");
  const left = Promise.race(["end", "close"].map((event) => once(process.stdin, event, { signal: stop }).catch(() => {})));
  const connection = serveStdio(() => mcpServer({ ask, language: languageOf(), clock: systemClock }), {
    maxSubscriptions: 0,
    onerror: ({ message }) => say(message),
  });
  tellUnreadable();
  await left;
  await connection.close();
  process.stdin.destroy();
}

/** Says of each line on stdin that is no JSON that it was passed over, which the package of the protocol does without a word: it may have been a question. */
function tellUnreadable(): void {
  createInterface({ input: process.stdin, crlfDelay: Infinity }).on("line", (line) => {
    try {
      if (line !== "") JSON.parse(line);
    } catch {
      say(msg`a line on stdin is no JSON and was passed over: each message is one line`);
    }
  });
}
