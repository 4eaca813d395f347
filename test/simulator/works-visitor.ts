import type { Simulator } from "../../simulator/index.js";
import { hash32 } from "../../simulator/random.js";

type Values = Readonly<Record<string, unknown>>;

/** Reply to a request of a page. */
interface Answer {
  readonly status: number;
  readonly text: string;
  /** null where it is no JSON */
  readonly json: Values | null;
}

/** Somebody who opens pages of works without a browser, and asks what their script would ask. */
export class Visitor {
  readonly #simulator: Simulator;
  readonly #cookie: string;

  constructor(simulator: Simulator, cookie = "") {
    this.#simulator = simulator;
    this.#cookie = cookie;
  }

  /** Opens a path of a host, without following where it leads. */
  open(path: string, host = "www.douyin.com", headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`${this.#simulator.url}/@${host}${path}`, { headers: { cookie: this.#cookie, ...headers }, redirect: "manual" });
  }

  /** Opens a page; `msg` is what its script is given. */
  async page(path: string): Promise<{ readonly status: number; readonly html: string; readonly told: Values }> {
    const reply = await this.open(path);
    const html = await reply.text();
    const told = JSON.parse(/__simulatorWorks=(\{.*?\})<\/script>/.exec(html)?.[1] ?? "{}") as Values;
    return { status: reply.status, html, told };
  }

  /** Asks for data as the script of a page does; `over` is changed or, where it is null, left out before it is sent. */
  async ask(
    path: string,
    parameters: Record<string, string>,
    over: Record<string, string | null> = {},
    host = "www.douyin.com",
  ): Promise<Answer> {
    const { told } = await this.page("/video/7000000000000000000");
    const query = new URLSearchParams({ aid: "6383", ...parameters, uifid: String(told["uifid"]) });
    query.set("timestamp", `${Math.floor(Number(told["now"]) / 1000)}`);
    query.set("a_bogus", hash32(`${told["uifid"]}|${path}|${query}`).toString(16));
    for (const [name, value] of Object.entries(over)) {
      if (value === null) query.delete(name);
      else query.set(name, value);
    }
    return this.plain(`/aweme/v1/web/${path}/?${query}`, host);
  }

  /** Asks without a mark, as a program does. */
  async plain(path: string, host = "www.douyin.com"): Promise<Answer> {
    const reply = await this.open(path, host);
    const text = await reply.text();
    return { status: reply.status, text, json: parsed(text) };
  }

  /** Asks for a file at one of its addresses on the platform's hosts. */
  async file(address: string, headers: Record<string, string> = { referer: "https://www.douyin.com/" }): Promise<Response> {
    const { host, pathname, search } = new URL(address);
    return this.open(`${pathname}${search}`, host, headers);
  }
}

function parsed(text: string): Values | null {
  try {
    return JSON.parse(text) as Values;
  } catch {
    return null;
  }
}

/** The value at a path of what was read from JSON. */
export function at(value: unknown, ...path: (string | number)[]): unknown {
  return path.reduce<unknown>((inner, name) => (inner as Record<string | number, unknown> | null | undefined)?.[name], value);
}

/** Reads the page's streamed state as the platform's own script does: the texts one after the other, and of them the rows that parse. */
export function rowsOf(html: string): unknown[] {
  const calls = [...html.matchAll(/<script>self\.__pace_f\.push\((\[1,"(?:[^"\\]|\\.)*"\])\)<\/script>/g)];
  const text = calls.map((call) => (JSON.parse(call[1] ?? "[]") as [number, string])[1]).join("");
  return text.split("\n").flatMap((row) => parsedRow(row.slice(row.indexOf(":") + 1)));
}

function parsedRow(text: string): unknown[] {
  const value = parsed(text);
  return value === null ? [] : [value];
}

/** Finds the object of a work in the state; undefined where it is not there. */
export function workIn(value: unknown, id: string): Values | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if ("awemeId" in value && value.awemeId === id && ("video" in value || "images" in value)) return value as Values;
  for (const inner of Object.values(value)) {
    const found = workIn(inner, id);
    if (found !== undefined) return found;
  }
  return undefined;
}
