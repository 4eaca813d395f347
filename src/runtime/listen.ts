import { isIPv6 } from "node:net";
import { DyliveError } from "./errors.js";
import { type Msg, msg } from "./msg.js";

const WHY: Readonly<Record<string, Msg>> = {
  EACCES: msg`this user may not listen on it; ports below 1024 are for the administrator`,
  EADDRNOTAVAIL: msg`this machine has no such address`,
  ENOTFOUND: msg`no address is known by this name`,
  EAI_AGAIN: msg`no address is known by this name`,
};

/**
 * Makes the error for a server that cannot listen.
 * @param port what was asked for, 0 for any
 * @param how what is to be set otherwise, in the caller's words
 */
export function listenFailure(error: unknown, host: string, port: number, how: Msg): DyliveError {
  const code = typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
  if (code === "EADDRINUSE") return new DyliveError("in_use", msg`another program listens on port ${port} of ${host} (${how})`, error);
  const why = WHY[code] ?? (error instanceof Error ? error.message : String(error));
  return new DyliveError("bad_config", msg`cannot listen on port ${port} of ${host}: ${why} (${how})`, error);
}

/** Returns `HOST:PORT` of a server as an address of this machine has it: where it listens on all, that of the machine itself. */
export function addressOf(host: string, port: number): string {
  if (host === "0.0.0.0") return `127.0.0.1:${port}`;
  return isIPv6(host) ? `[${host === "::" ? "::1" : host}]:${port}` : `${host}:${port}`;
}
