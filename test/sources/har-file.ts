/** What a HAR of Chrome holds of a live room, in Chrome's order of keys: a socket's messages come before its address. */
export interface HarParts {
  readonly roomId: string;
  readonly webRid?: string;
  readonly frames: readonly { readonly bytes: Uint8Array; readonly at: number }[];
  /** The reply of im/fetch. */
  readonly first?: { readonly bytes: Uint8Array; readonly at: number };
}

const PUSH = "wss://webcast100-ws-web-hl.douyin.com/webcast/im/push/v2/";

export function harOf(rooms: readonly HarParts[], extra: readonly unknown[] = []): Record<string, unknown> {
  return {
    log: {
      version: "1.2",
      creator: { name: "WebInspector", version: "537.36" },
      pages: [{ startedDateTime: "2026-11-25T00:00:00.000Z", id: "page_1", title: "https://live.douyin.com/", pageTimings: {} }],
      entries: [...extra, ...rooms.flatMap(entriesOf)],
    },
  };
}

function entriesOf({ roomId, webRid, frames, first }: HarParts): unknown[] {
  const referer = webRid === undefined ? [] : [{ name: "Referer", value: `https://live.douyin.com/${webRid}?enter_from=x` }];
  const fetched =
    first === undefined
      ? []
      : [
          {
            _resourceType: "fetch",
            cache: {},
            request: {
              method: "GET",
              url: `https://live.douyin.com/webcast/im/fetch/?aid=6383&room_id=${roomId}&cursor=`,
              headers: [{ name: "Accept", value: "*/*" }, ...referer],
            },
            response: {
              status: 200,
              content: { size: first.bytes.length, mimeType: "application/protobuffer", text: base64(first.bytes), encoding: "base64" },
            },
            startedDateTime: new Date(first.at).toISOString(),
            time: 0,
          },
        ];
  const socket = {
    _initiator: { type: "script" },
    _resourceType: "websocket",
    _webSocketMessages: [
      { type: "send", time: 1, opcode: 2, data: "OgJoYg==" },
      ...frames.map(({ bytes, at }) => ({ type: "receive", time: at / 1000, opcode: 2, data: base64(bytes) })),
      { type: "receive", time: 2, opcode: 1, data: "a text" },
    ],
    request: {
      method: "GET",
      url: `${PUSH}?app_name=douyin_web&room_id=${roomId}&signature=x`,
      headers: [{ name: "Origin", value: "https://live.douyin.com" }],
    },
    response: { status: 101, content: { size: 0, mimeType: "x-unknown" } },
    startedDateTime: "2026-11-25T00:00:00.000Z",
  };
  return [...fetched, socket];
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
