import { writeSync } from "node:fs";
import { constants } from "node:os";

/** Long enough to store what was received. */
const GRACE_MS = 30_000;
const ENDINGS = ["SIGINT", "SIGTERM"] as const;

/**
 * Returns a signal that aborts at the first SIGINT or SIGTERM, for a command that runs until it is stopped: that is its regular end. A
 * second one, or half a minute, end the process without ceremony.
 */
export function stopSignal(): AbortSignal {
  return listen(() => {});
}

/** As {@link stopSignal}, for a command with an end of its own: stopped before it, its exit code is 128 and the signal's number, as shells have it. */
export function interruptSignal(): AbortSignal {
  return listen((code) => {
    process.exitCode = code;
  });
}

/** Sets the exit code, unless the command was stopped: that decides it. @param code see help.ts */
export function exitWith(code: number): void {
  if (!isStopped()) process.exitCode = code;
}

/** Tells whether the command was stopped before its end: what it breaks off with is no news then. */
export function isStopped(): boolean {
  return ENDINGS.some((name) => process.exitCode === codeOf(name));
}

function listen(onFirst: (code: number) => void): AbortSignal {
  const stop = new AbortController();
  for (const name of ENDINGS)
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(codeOf(name));
      onFirst(codeOf(name));
      stop.abort();
      setTimeout(() => {
        // At once: nothing that is written later would be seen.
        writeSync(2, `not everything stopped within ${GRACE_MS / 1000} s; ended all the same\n`);
        process.exit(1);
      }, GRACE_MS).unref();
    });
  return stop.signal;
}

function codeOf(name: (typeof ENDINGS)[number]): number {
  return 128 + constants.signals[name];
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
