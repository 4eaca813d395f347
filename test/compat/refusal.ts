import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { type ClientOptions, WebSocket } from "ws";

/** The HTTP answer to a connection that is refused. */
export async function refusal(url: string, options: ClientOptions = {}): Promise<{ status: number | undefined; code: unknown }> {
  const socket = new WebSocket(url, options);
  socket.on("error", () => {});
  socket.on("open", () => socket.emit("unexpected-response", null, { statusCode: 101 }));
  const [, response] = (await once(socket, "unexpected-response")) as [unknown, IncomingMessage];
  if (response.statusCode === 101) {
    socket.terminate();
    return { status: 101, code: "let in" };
  }
  let text = "";
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode, code: (JSON.parse(text) as { error: { code: string } }).error.code };
}
