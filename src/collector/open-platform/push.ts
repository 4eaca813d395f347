/** A push whose signature was found good. */
export interface Push {
  readonly appId: string;
  readonly roomId: string;
  readonly msgType: string;
  /** ms UTC */
  readonly receivedAt: number;
  /** Exactly as received. */
  readonly body: Uint8Array;
}

/** Returns a push as one line of the spool. */
export function toLine({ body, ...rest }: Push): string {
  return JSON.stringify({ ...rest, body: Buffer.from(body.buffer, body.byteOffset, body.length).toString("base64") });
}

/** Returns the push of a line; null when it is none. */
export function fromLine(line: string): Push | null {
  try {
    const { appId, roomId, msgType, receivedAt, body } = JSON.parse(line) as Record<keyof Push, unknown>;
    const texts = [appId, roomId, msgType, body].every((value) => typeof value === "string");
    if (!texts || typeof receivedAt !== "number") return null;
    return {
      appId: String(appId),
      roomId: String(roomId),
      msgType: String(msgType),
      receivedAt,
      body: Buffer.from(String(body), "base64"),
    };
  } catch {
    return null;
  }
}
