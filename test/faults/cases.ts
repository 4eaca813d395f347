import { BROADCASTS } from "./cases/broadcasts.js";
import { CONNECTIONS } from "./cases/connections.js";
import { MESSAGES } from "./cases/messages.js";
import { REFUSALS } from "./cases/refusals.js";
import { SILENCES } from "./cases/silences.js";
import type { Fault } from "./struck.js";

/** Every fault, as docs/faults.md tells them. */
export const FAULTS: Readonly<Record<string, readonly Fault[]>> = {
  "Connections that end": CONNECTIONS,
  "Connections that are open and silent": SILENCES,
  "Refusals and pages that say nothing": REFUSALS,
  "Messages that are not what they should be": MESSAGES,
  "Broadcasts that end and begin": BROADCASTS,
};
