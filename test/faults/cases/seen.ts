import type { BroadcastTruth } from "../../../simulator/index.js";
import type { Sight } from "../struck.js";

/** Shows in the room's state with its reason. */
export function state(state: string, reason: RegExp): (sight: Sight) => boolean {
  return ({ status }) => status?.state === state && reason.test(status.evidence.reason);
}

/** Shows in the error that who asks for the room is given. */
export function refused(code: string): (sight: Sight) => boolean {
  return ({ error }) => error?.code === code;
}

/** Shows in a new connection. */
export function anew({ sim }: Sight): boolean {
  return sim.connections.length > 1;
}

export function again({ status }: Sight): string {
  return `${status?.state}; \`reconnects: ${status?.evidence.reconnects}\``;
}

/** When the first connection was closed. */
export function closedAt(sim: BroadcastTruth): number | null | undefined {
  return sim.connections.find(({ closedAt }) => closedAt !== null)?.closedAt;
}
