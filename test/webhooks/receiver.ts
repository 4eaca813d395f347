import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";
import { onTestFinished } from "vitest";
import type { LiveEvent } from "../../src/events/event.js";

/** A request as it arrived. */
export interface Arrival {
  readonly id: string;
  readonly timestamp: number;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
  readonly body: {
    readonly hook: string;
    readonly log: string;
    readonly room: number;
    readonly from: number;
    readonly to: number;
    readonly replay?: number;
    readonly test?: true;
    readonly removed?: readonly (readonly [number, number])[];
    readonly events: readonly LiveEvent[];
  };
  /** Status that it was answered with; null when it was cut or not answered. */
  status: number | null;
}

/** What a receiver does with a request. */
export type Manner = (response: ServerResponse, arrival: Arrival) => void;

export const answering =
  (status: number, headers: Record<string, string> = {}, text = ""): Manner =>
  (response, arrival) => {
    arrival.status = status;
    response.writeHead(status, headers).end(text);
  };

/** Answers 200 with half of the body that it promises, and is gone. */
export const halfABody: Manner = (response) => {
  response.writeHead(200, { "content-length": "1000" });
  response.write("x".repeat(500), () => response.destroy());
};

/** Somebody who is sent webhooks, on loopback. */
export class Receiver {
  readonly arrivals: Arrival[] = [];
  manner: Manner = answering(204);
  url = "";

  static async start(port = 0): Promise<Receiver> {
    const receiver = new Receiver();
    await receiver.listen(port);
    return receiver;
  }

  async listen(port = 0): Promise<void> {
    const server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on("data", (part: Buffer) => parts.push(part));
      request.on("end", () => {
        const text = Buffer.concat(parts).toString("utf8");
        const { headers } = request;
        const arrival: Arrival = {
          id: String(headers["webhook-id"]),
          timestamp: Number(headers["webhook-timestamp"]),
          path: request.url ?? "",
          headers,
          text,
          body: JSON.parse(text),
          status: null,
        };
        this.arrivals.push(arrival);
        this.manner(response, arrival);
      });
      request.on("error", () => {});
    });
    onTestFinished(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  }

  /** Requests that it took. */
  get taken(): readonly Arrival[] {
    return this.arrivals.filter(({ status }) => status !== null && status < 300);
  }

  /** Events of a room that it took, by seq, each counted once, in the order of their first arrival. */
  seqs(room: number): number[] {
    return [...new Set(this.taken.filter(({ body }) => body.room === room).flatMap(({ body }) => body.events.map(({ seq }) => seq)))];
  }
}

/** Checks a signature with the library that Standard Webhooks gives to receivers; it takes times of the last five minutes only. */
export function verify(secret: string, { headers, text }: Arrival): unknown {
  return new Webhook(secret).verify(text, headers as Record<string, string>);
}

/** 1, 2, … n */
export function upTo(n: number): number[] {
  return Array.from({ length: n }, (_, index) => index + 1);
}
