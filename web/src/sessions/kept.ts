import { type ApiClient, ask } from "../api/client.js";
import { asFailure } from "../api/failure.js";
import type { Session } from "../api/model.js";

/** Returns those of these broadcasts that were not deleted; also one of which the server does not say so now. */
export async function keptOf<T extends Pick<Session, "room" | "id">>(
  { v1 }: Pick<ApiClient, "v1">,
  sessions: readonly T[],
): Promise<readonly T[]> {
  const there = sessions.map(async ({ room, id }) => {
    try {
      await ask(v1.GET("/v1/rooms/{room}/sessions/{session}", { params: { path: { room, session: id } } }));
    } catch (error) {
      return asFailure(error).code !== "not_found";
    }
    return true;
  });
  const kept = await Promise.all(there);
  return sessions.filter((_, at) => kept[at] === true);
}
