/** The server's end of a page's WebSocket. */
export class FakeSocket {
  static readonly OPEN = 1;
  /** Sockets of the test, in the order in which they were opened. */
  static opened: FakeSocket[] = [];
  /** What answers a ping; nothing by default. */
  static pong: (socket: FakeSocket) => void = () => {};
  readonly readyState = 1;
  /** Commands other than pings. */
  readonly sent: { readonly op: string; readonly rooms?: readonly unknown[]; readonly after?: string }[] = [];
  isClosed = false;
  onmessage: ((message: { data: string }) => void) | null = null;
  onclose: () => void = () => {};

  constructor() {
    FakeSocket.opened.push(this);
  }

  send(text: string): void {
    const command = JSON.parse(text) as (typeof this.sent)[number];
    if (command.op === "ping") FakeSocket.pong(this);
    else this.sent.push(command);
  }

  close(): void {
    this.isClosed = true;
  }

  say(message: unknown): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}

/** Events as the server sends them: together, each with the cursor after it. */
export function together(...events: readonly { readonly seq: number }[]) {
  return { type: "events", events, cursors: events.map(({ seq }) => `c${seq}`) };
}
