import { normalise } from "../events/normalise.js";
import type { Received } from "../sources/source.js";
import { Drift } from "../wire/drift.js";
import { announcesEnd, type Broadcast } from "./pipeline.js";
import { isInteractive } from "./tracker.js";

/** What can be heard in frames that nothing has stored yet. */
export interface Overheard {
  /** Messages by method. */
  readonly methods: ReadonlyMap<string, number>;
  /** Messages that people caused and that were not heard before. */
  readonly interactive: number;
  /** The platform announced the end of the broadcast. */
  readonly ended: boolean;
}

/** Only the few messages that the platform sends of a broadcast itself are decoded. @param isNew whether a message was not heard before */
export function overhear(batch: readonly Received[], broadcast: Broadcast, isNew: (msgId: string) => boolean): Overheard {
  const methods = new Map<string, number>();
  const about = { ...broadcast, room: 0, drift: new Drift() }; // what is unknown is counted when it is stored
  let [interactive, ended] = [0, false];
  for (const { response, receivedAt } of batch) {
    for (const message of response?.messages ?? []) {
      methods.set(message.method, (methods.get(message.method) ?? 0) + 1);
      if (isInteractive(message.method)) {
        if (isNew(message.msgId)) interactive++;
      } else if (message.method === "WebcastControlMessage") {
        const draft = normalise(message, { ...about, receivedAt });
        ended ||= draft !== null && announcesEnd(draft.event);
      }
    }
  }
  return { methods, interactive, ended };
}
