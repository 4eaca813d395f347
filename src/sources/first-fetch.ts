import { isPlatformHost, type Platform } from "../platform/access/platform.js";
import { clientQuery } from "../platform/access/push.js";
import type { Received } from "../platform/access/read.js";
import { readResponse } from "../platform/access/read.js";
import type { Visitor } from "../platform/access/visitor.js";
import type { Drift } from "../platform/wire/drift.js";
import { WireError } from "../platform/wire/reader.js";

/** First IM state of a broadcast: what to connect with, and the first batch of messages. */
interface FirstState {
  readonly received: Received;
  readonly cursor: string;
  readonly internalExt: string;
  /** Push host that the platform named, if it is one of the platform's. */
  readonly host: string | null;
}

/**
 * Makes `GET im/fetch` (facts/protocol.md 1.7). The platform often answers nothing (a second call, a guest): then null, and one connects
 * without.
 * @throws DyliveError unreachable
 */
export async function firstFetch(
  { platform, visitor, roomId, drift, now }: { platform: Platform; visitor: Visitor; roomId: string; drift: Drift; now: () => number },
  signal: AbortSignal,
): Promise<FirstState | null> {
  const query = clientQuery(visitor, roomId);
  query.set("resp_content_type", "protobuf");
  query.set("fetch_rule", "1");
  query.set("last_rtt", "0");
  query.set("cursor", "");
  query.set("internal_ext", "");
  const reply = await platform.get(
    "live.douyin.com",
    `/webcast/im/fetch/?${query}`,
    visitor.headers({ referer: "https://live.douyin.com/" }),
    signal,
  );
  visitor.learn(reply.headers["set-cookie"]);
  if (reply.status !== 200 || reply.body.length === 0 || !String(reply.headers["content-type"]).includes("protobuf")) return null;
  try {
    const received = readResponse(reply.body, now(), drift);
    const { cursor, internalExt, pushServerV2, pushServer, proxyServer } = received.response;
    return { received, cursor, internalExt, host: hostIn([pushServerV2, pushServer, proxyServer]) };
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    drift.failed(error.code);
    return null;
  }
}

/** Returns the first platform host in values that may be bare hosts, URLs or lists of either. */
function hostIn(values: readonly string[]): string | null {
  for (const value of values)
    for (const entry of value.split(/[,;]/)) {
      const host =
        entry
          .trim()
          .replace(/^(?:https?|wss?):\/\//, "")
          .split("/")[0] ?? "";
      if (isPlatformHost(host)) return host;
    }
  return null;
}
