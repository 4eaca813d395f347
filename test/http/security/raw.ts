import { connect } from "node:net";
import type { Api } from "../../../src/http/server.js";
import { SAMPLES } from "../samples.js";

/** Sends bytes, and gives what comes until the other side closes. */
export function raw(api: Api, text: string): Promise<string> {
  return new Promise((resolve) => {
    let received = "";
    const socket = connect(api.port, "127.0.0.1", () => socket.write(text));
    socket.setEncoding("utf8").on("data", (chunk: string) => {
      received += chunk;
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve(received));
  });
}

/** A request to every route. */
export const requests = Object.entries(SAMPLES).flatMap(([key, samples]) =>
  samples.map(([path, , init]) => ({ method: key.split(" ")[0] ?? "GET", path, init })),
);
