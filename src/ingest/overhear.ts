import { isInteractive } from "../health/tracker.js";
import type { Received } from "../platform/access/source.js";
import { normalise } from "../platform/messages/normalise.js";
import { Drift } from "../platform/wire/drift.js";
import { announcesEnd, type Broadcast } from "./pipeline.js";

/** What can be heard in frames that nothing has stored yet. */
export interface Overheard {
  /** Messages by method. */
  readonly methods: ReadonlyMap<string, number>;
  /** Messages that people caused and that were not heard before. */
  readonly interactive: number;
  /** The platform announced the end of the broadcast. */
  readonly ended: boolean;
}

/**
 * Hears who is there and whether the broadcast ends.
 * @param isNew whether an event was not heard before; asked once for each that people caused
 */
export function overhear(batch: readonly Received[], broadcast: Broadcast, isNew: (id: string) => boolean): Overheard {
  const methods = new Map<string, number>();
  const about = { ...broadcast, room: 0, drift: new Drift() }; // what is unknown is counted when it is stored
  let [interactive, ended] = [0, false];
  for (const { response, receivedAt } of batch) {
    for (const message of response?.messages ?? []) {
      methods.set(message.method, (methods.get(message.method) ?? 0) + 1);
      const byPeople = isInteractive(message.method);
      if (!byPeople && message.method !== "WebcastControlMessage") continue;
      const draft = normalise(message, { ...about, receivedAt });
      if (draft === null) continue;
      if (!byPeople) ended ||= announcesEnd(draft.event);
      else if (isNew(draft.event.id)) interactive++;
    }
  }
  return { methods, interactive, ended };
}
