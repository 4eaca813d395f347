import { type DestinationStream, type Logger, type LoggerOptions, pino } from "pino";

const DEBUG = pino.levels.values["debug"] ?? 20;

/**
 * Makes the server's log, one JSON object a line. A database that is away is told of once, by the store: what every part says of it
 * meanwhile is for `debug`.
 * @param to stderr unless given
 */
export function makeLogger(
  level: LoggerOptions["level"] & string,
  to: DestinationStream = pino.destination({ fd: 2, sync: true }),
): Logger {
  return pino(
    {
      level,
      hooks: {
        logMethod(said, log, level) {
          if (level > DEBUG && isOfAway(said[0])) this.debug(...said);
          else log.apply(this, said);
        },
      },
    },
    to,
  );
}

function isOfAway(said: unknown): boolean {
  const { err } = (said ?? {}) as { err?: { code?: unknown } };
  return err?.code === "store_unreachable";
}
