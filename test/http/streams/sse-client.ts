import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";

/** A message as a browser's EventSource would give it. */
export interface SseMessage {
  readonly event: string;
  readonly data: unknown;
  readonly id: string;
}

/** Parses Server-Sent Events as the HTML standard says; an unfinished message at the end is dropped. */
export class SseParser {
  /** Last-Event-ID of the next connection. */
  lastId: string;
  comments = 0;
  readonly #give: (message: SseMessage) => void;
  #rest = "";
  #event = "";
  #data: string[] = [];
  #id: string;

  constructor(give: (message: SseMessage) => void, lastId = "") {
    this.#give = give;
    this.lastId = lastId;
    this.#id = lastId;
  }

  push(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#line(line);
  }

  #line(line: string): void {
    if (line === "") this.#dispatch();
    else if (line.startsWith(":")) this.comments++;
    else if (line.startsWith("event: ")) this.#event = line.slice(7);
    else if (line.startsWith("data: ")) this.#data.push(line.slice(6));
    else if (line.startsWith("id: ")) this.#id = line.slice(4);
    else if (!line.startsWith("retry: ")) throw new Error(`not a line of Server-Sent Events: ${line}`);
  }

  #dispatch(): void {
    this.lastId = this.#id;
    if (this.#data.length > 0) this.#give({ event: this.#event, data: JSON.parse(this.#data.join("\n")), id: this.lastId });
    this.#event = "";
    this.#data = [];
  }
}

/** A client of a stream. */
export class SseClient {
  readonly messages: SseMessage[] = [];
  readonly response: IncomingMessage;
  readonly parser: SseParser;
  ended = false;

  private constructor(response: IncomingMessage, lastId: string) {
    this.response = response;
    this.parser = new SseParser((message) => this.messages.push(message), lastId);
    response.setEncoding("utf8");
    response.on("data", (text: string) => this.parser.push(text));
    response.on("error", () => {});
    response.once("close", () => {
      this.ended = true;
    });
  }

  static async open(url: string, { token, lastId = "" }: { token: string; lastId?: string }): Promise<SseClient> {
    const headers = { authorization: `Bearer ${token}`, ...(lastId !== "" && { "last-event-id": lastId }) };
    const sent = request(url, { headers, agent: false });
    sent.end();
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    return new SseClient(response, lastId);
  }

  /** Data of the messages that are events of rooms. */
  get events(): { readonly room: number; readonly seq: number; readonly type: string; readonly text?: string }[] {
    return this.messages.map(({ data }) => data as never).filter((data: { seq?: number; id?: string }) => data.id !== undefined);
  }

  named(event: string): SseMessage[] {
    return this.messages.filter((message) => message.event === event);
  }

  close(): void {
    this.response.destroy();
  }
}
