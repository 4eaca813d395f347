import { assertTyped } from "../erasure/identity.js";
import { confirmationOf } from "../events/hidden.js";
import type { DeletedThing } from "../http/v1/task-schemas.js";
import { type Msg, msg } from "../runtime/msg.js";
import type { LocalApi } from "./api.js";
import { askOnTerminal, inWords, ProgressLine, print } from "./terminal.js";

/**
 * Asks on the terminal for the name of what is about to be deleted.
 * @param what says what that is @param names what it is called @param isSure whether it asks nothing
 * @returns the name
 * @throws DyliveError not_confirmed
 */
export async function confirmDeletion(what: Msg, names: readonly (string | null)[], isSure: boolean, signal: AbortSignal): Promise<string> {
  const { ask } = confirmationOf(names);
  if (isSure) return ask;
  const question = msg`This cannot be undone. Type ${ask} to delete it: `;
  assertTyped(await askOnTerminal([what, question].map(inWords).join("\n"), signal), names);
  return ask;
}

/** Has a room or a broadcast deleted, and says what was not reached. A server goes on with it where this is interrupted. */
export async function deleteKept(api: LocalApi, route: string, name: string, signal: AbortSignal): Promise<void> {
  const progress = new ProgressLine("delete", msg`events`);
  const done = await api.follow(await api.begin<DeletedThing>(route, { name }), (_what, events) => progress.show(events), signal);
  if (done === null) return;
  progress.end(msg`done`);
  await print(msg`deleted: ${done.events} events, statistics of ${done.sessions} broadcasts, ${done.recordings.files} raw recordings`);
  await print(msg`not reached:`);
  for (const line of done.notReached) await print(`- ${line}`);
}
