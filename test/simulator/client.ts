import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import protobuf from "protobufjs";
import WebSocket from "ws";

const PROTO = fileURLToPath(new URL("../../proto/", import.meta.url));

/** The wire, read by protobufjs alone: the client of these tests shares no code with the simulator. */
export const root = new protobuf.Root();
root.loadSync(
  readdirSync(PROTO)
    .filter((name) => name.endsWith(".proto"))
    .map((name) => PROTO + name),
  { keepCase: true },
);

export type Plain = Record<string, unknown>;

export function decode(type: string, bytes: Uint8Array): Plain {
  const found = root.lookupType(`dylive.wire.${type}`);
  return found.toObject(found.decode(bytes), { longs: String });
}

export function encode(type: string, fields: Plain): Uint8Array {
  const found = root.lookupType(`dylive.wire.${type}`);
  return found.encode(fields).finish();
}

export interface ReceivedMessage {
  readonly method: string;
  /** `Common.msg_id`, else the envelope's. */
  readonly msgId: string;
  /** The envelope's id. */
  readonly sendingId: string;
  readonly payload: Uint8Array;
}

export interface ReceivedFrame {
  readonly bytes: Uint8Array;
  readonly type: string;
  readonly logId: string;
  readonly headers: Record<string, string>;
  readonly payload: Uint8Array;
  readonly frame: Plain;
  readonly response: Plain | null;
  readonly messages: readonly ReceivedMessage[];
}

/** Everything that a push query of a web client has, apart from the signature. */
export function pushQuery(roomId: string, over: Record<string, string> = {}): URLSearchParams {
  return new URLSearchParams({
    app_name: "douyin_web",
    version_code: "180800",
    webcast_sdk_version: "1.0.15",
    update_version_code: "1.0.15",
    compress: "gzip",
    device_platform: "web",
    cookie_enabled: "true",
    host: "https://live.douyin.com",
    aid: "6383",
    live_id: "1",
    did_rule: "3",
    endpoint: "live_pc",
    support_wrds: "1",
    user_unique_id: "7612345678901234567",
    im_path: "/webcast/im/fetch/",
    identity: "audience",
    need_persist_msg_count: "15",
    room_id: roomId,
    heartbeatDuration: "0",
    ...over,
  });
}

/** The MD5 of protocol.md 2.3, written out once more. */
function stub(query: URLSearchParams): string {
  const order =
    "live_id,aid,version_code,webcast_sdk_version,room_id,sub_room_id,sub_channel_id,did_rule,user_unique_id,device_platform,device_type,ac,identity";
  const text = order
    .split(",")
    .map((name) => `${name}=${query.get(name) ?? ""}`)
    .join(",");
  return createHash("md5").update(text).digest("hex");
}

export async function sign(base: string, query: URLSearchParams): Promise<string> {
  const reply = await fetch(`${base}/@signer/sign`, { method: "POST", body: JSON.stringify({ stub: stub(query) }) });
  const body = (await reply.json()) as { signature: string };
  return body.signature;
}

export interface ConnectOptions {
  readonly query?: URLSearchParams;
  readonly cookie?: string;
  readonly signature?: string;
  readonly host?: string;
  /** Whether the headers of the handshake come twice, as from clients that set them themselves too. */
  readonly doubled?: boolean;
}

/** What a handshake led to. */
export type Knocked =
  | { readonly open: true; readonly client: Client }
  | { readonly open: false; readonly status: number; readonly headers: Record<string, unknown>; readonly body: string };

export async function knock(base: string, roomId: string, options: ConnectOptions = {}): Promise<Knocked> {
  const query = options.query ?? pushQuery(roomId);
  const signature = options.signature ?? (await sign(base, query));
  query.set("signature", signature);
  const host = options.host ?? "webcast100-ws-web-hl.douyin.com";
  const url = `${base.replace("http", "ws")}/@${host}/webcast/im/push/v2/?${query}`;
  const socket = new WebSocket(url, {
    headers: { cookie: options.cookie ?? "ttwid=1%7Cabc" },
    finishRequest: (request) => {
      if (options.doubled) request.setHeader("Upgrade", ["websocket", "websocket"]).setHeader("Connection", ["Upgrade", "Upgrade"]);
      request.end();
    },
  });
  const client = new Client(socket);
  return new Promise((resolve, reject) => {
    socket.once("open", () => resolve({ open: true, client }));
    socket.once("error", reject);
    socket.once("unexpected-response", (_request, response) => {
      let body = "";
      response.on("data", (chunk) => {
        body += String(chunk);
      });
      response.on("end", () => resolve({ open: false, status: response.statusCode ?? 0, headers: response.headers, body }));
    });
  });
}

export async function connect(base: string, roomId: string, options: ConnectOptions = {}): Promise<Client> {
  const knocked = await knock(base, roomId, options);
  if (!knocked.open) throw new Error(`refused: ${knocked.status} ${JSON.stringify(knocked.headers)}`);
  return knocked.client;
}

/** A push client that keeps all it gets, and acknowledges nothing by itself. */
export class Client {
  readonly frames: ReceivedFrame[] = [];
  /** Frames that were pushed again, since they were not acknowledged. */
  readonly again: ReceivedFrame[] = [];
  readonly socket: WebSocket;
  closeCode: number | null = null;
  readonly #waiting: (() => void)[] = [];
  readonly #logIds = new Set<string>();

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data) => {
      const frame = readFrame(data as Buffer);
      const isAgain = frame.type === "msg" && this.#logIds.has(frame.logId);
      this.#logIds.add(frame.logId);
      (isAgain ? this.again : this.frames).push(frame);
      this.#wake();
    });
    socket.on("error", () => {});
    socket.on("close", (code) => {
      this.closeCode = code;
      this.#wake();
    });
  }

  get messages(): ReceivedMessage[] {
    return this.frames.flatMap((frame) => [...frame.messages]);
  }

  of(method: string): Plain[] {
    const type = method === "WebcastControlMessage" ? "ControlMessage" : method.replace(/^Webcast/, "");
    return this.messages.filter((message) => message.method === method).map((message) => decode(type, message.payload));
  }

  heartbeat(): void {
    this.socket.send(Buffer.from([0x3a, 0x02, 0x68, 0x62]));
  }

  ack(frame: ReceivedFrame, text = String(frame.response?.["internal_ext"] ?? "")): void {
    this.socket.send(encode("PushFrame", { log_id: frame.logId, payload_type: "ack", payload: Buffer.from(text) }));
  }

  /** Waits until a condition holds, looking after each frame. */
  async until(holds: () => boolean, timeoutMs = 10_000): Promise<void> {
    const timer = setTimeout(() => this.#wake(), timeoutMs);
    const end = performance.now() + timeoutMs;
    while (!holds()) {
      if (performance.now() >= end) throw new Error("waited in vain");
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    clearTimeout(timer);
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Comes back when all that the server wrote before has been received: the answer to a heartbeat is behind it. */
  async caughtUp(): Promise<void> {
    const answers = this.frames.filter((frame) => frame.type === "hb").length;
    this.heartbeat();
    await this.until(() => this.frames.filter((frame) => frame.type === "hb").length > answers);
  }
}

function readFrame(bytes: Buffer): ReceivedFrame {
  const frame = decode("PushFrame", bytes);
  const headers: Record<string, string> = {};
  for (const header of (frame["headers"] ?? []) as { key: string; value: string }[]) headers[header.key] = header.value;
  const payload = (frame["payload"] ?? new Uint8Array()) as Uint8Array;
  const type = String(frame["payload_type"] ?? "");
  const inflated = headers["compress_type"] === "gzip" ? gunzipSync(payload) : payload;
  const response = type === "msg" ? decode("Response", inflated) : null;
  return {
    bytes,
    type,
    logId: String(frame["log_id"] ?? "0"),
    headers,
    payload,
    frame,
    response,
    messages: response === null ? [] : messagesOf(response),
  };
}

export function messagesOf(response: Plain): ReceivedMessage[] {
  return ((response["messages"] ?? []) as Plain[]).map((message) => {
    const payload = (message["payload"] ?? new Uint8Array()) as Uint8Array;
    const sendingId = String(message["msg_id"]);
    const method = String(message["method"]);
    return { method, msgId: commonId(method, payload) ?? sendingId, sendingId, payload };
  });
}

/** The second field of the first, which begins with the method; read by hand, since tests read tens of thousands. */
function commonId(method: string, payload: Uint8Array): string | null {
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = payload[at++] ?? 0;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  if (payload[at++] !== 0x0a) return null;
  varint();
  if (payload[at++] !== 0x0a) return null;
  const length = Number(varint());
  const name = Buffer.from(payload.buffer, payload.byteOffset + at, length).toString();
  at += length;
  return name === method && payload[at++] === 0x10 ? String(varint()) : null;
}
