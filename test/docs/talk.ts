import { WebSocket } from "ws";
import { until } from "../until.js";
import { differences, readLoose } from "./loose-json.js";
import type { Stage } from "./stage.js";

/** Holds a conversation with the server's WebSocket: sends what is after `→`, with the newest cursor in place of one that is cut short, and waits for something like what is after `←`. */
export async function talk(text: string, { base, token }: Stage): Promise<void> {
  const socket = new WebSocket(`${base.replace("http", "ws")}/v1/ws`, { headers: { authorization: `Bearer ${token}` } });
  const received: unknown[] = [];
  let newestCursor = "";
  socket.on("message", (data) => {
    const message = JSON.parse(String(data)) as { readonly cursor?: string; readonly cursors?: readonly string[] };
    newestCursor = message.cursors?.at(-1) ?? message.cursor ?? newestCursor;
    received.push(message);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
  try {
    for (const line of text.split("\n")) {
      const shown = line.slice(2);
      if (line.startsWith("→ ")) socket.send(shown.replace(/djEv\w*…/, newestCursor));
      else if (line.startsWith("← ")) await answered(readLoose(shown), received);
      else throw new Error(`neither said nor answered: ${line}`);
    }
  } finally {
    socket.terminate();
  }
}

async function answered(shown: unknown, received: unknown[]): Promise<void> {
  const found = () => received.map((real) => differences(shown, real));
  await until(() => found().some((one) => one.length === 0)).catch((cause) => {
    throw new Error(`${JSON.stringify(shown)} is shown, and came were ${JSON.stringify(received).slice(0, 2000)}`, { cause });
  });
  // What is answered twice in a conversation is two messages.
  received.splice(
    found().findIndex((one) => one.length === 0),
    1,
  );
}
