/** FIN and opcode 1: one whole text message. */
const TEXT = 0x81;
/** Payload lengths up to this one stand in the second byte; above it come 2 bytes, above 65,535 come 8 (RFC 6455, 5.2). */
const SHORT_MAX = 125;
const MEDIUM_MAX = 65_535;

/**
 * A text message as a WebSocket server sends it (RFC 6455, 5.2: whole, without mask or compression), head and payload in one buffer. It
 * holds nothing of a connection, so one buffer serves any number of them: what `ws` would frame and encode for each socket is done once.
 */
export function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text, "utf8");
  const start = length <= SHORT_MAX ? 2 : length <= MEDIUM_MAX ? 4 : 10;
  const frame = Buffer.allocUnsafe(start + length);
  frame[0] = TEXT;
  if (start === 2) frame[1] = length;
  else if (start === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  frame.write(text, start, "utf8");
  return frame;
}
