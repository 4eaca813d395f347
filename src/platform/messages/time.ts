/** A platform time and whether it was guessed. */
interface PlatformTime {
  readonly time: number;
  readonly estimated: boolean;
}

// Anything outside is no time of a live room but damage: the platform began in 2016.
const EARLIEST = Date.UTC(2016, 0);
const LATEST = Date.UTC(2100, 0);

/**
 * Returns the milliseconds of a time given in seconds, milliseconds, microseconds or nanoseconds, told apart by size; 0 when it is none.
 * Common.create_time is seconds or milliseconds by method (protocol.md 4.1, 4.3), ScreenChat.event_time nanoseconds.
 */
export function toMillis(value: number): number {
  if (!(value > 0)) return 0;
  const ms = value <= 9_999_999_999 ? value * 1000 : value < 1e14 ? value : value < 1e17 ? value / 1e3 : value / 1e6;
  return ms >= EARLIEST && ms < LATEST ? Math.floor(ms) : 0;
}

/** Converts as {@link toMillis} does, from a decimal string that may exceed 2^53. */
export function digitsToMillis(value: string): number {
  // Nanoseconds are cut as text: as a number the last digits are lost, and with them the millisecond near a boundary.
  return value.length > 17 ? toMillis(Number(value.slice(0, -6))) : toMillis(Number(value));
}

/**
 * Returns when a message happened: its own time, or else the upper half of its id, which is seconds (protocol.md), or else the time of
 * receipt; the last two are estimates.
 */
export function platformTime(ms: number, msgId: string, receivedAt: number): PlatformTime {
  if (ms !== 0) return { time: ms, estimated: false };
  const byId = toMillis(Math.floor(Number(msgId) / 2 ** 32));
  return { time: byId !== 0 ? byId : receivedAt, estimated: true };
}
