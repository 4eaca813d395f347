import { CursorReset, type Ends, encodePlaces, resolvePlaces } from "../../feed/cursor.js";
import type { DyliveError } from "../../runtime/errors.js";
import type { RoomKey } from "../../store/log.js";
import type { TokenRow } from "../../store/tokens.js";
import { subscriptionPosition } from "../token-positions.js";
import type { LiveStreams } from "./live.js";
import type { NamedRoom } from "./named-room.js";
import { type ShownRoom, selectionOf, shown } from "./selection.js";
import { endsOf, namedRooms } from "./start.js";
import type { CommandOf } from "./ws-command.js";

/** A room that a command subscribes to, and what the client is told of it. */
interface RoomSubscription {
  readonly shown: ShownRoom;
  readonly told: Readonly<Record<string, unknown>>;
}

/**
 * Works out what a `subscribe` means: for each room the place given with it, else the command's `after`, else the position kept under
 * `name`, else the head. All or none.
 * @throws DyliveError
 */
export async function subscriptionsOf(
  live: LiveStreams,
  token: TokenRow,
  command: CommandOf<"subscribe">,
): Promise<readonly RoomSubscription[]> {
  const own = new Map<string, number>();
  const names = command.rooms.map((item) => {
    if (typeof item !== "object") return String(item);
    own.set(String(item.room), item.after);
    return String(item.room);
  });
  const select = await selectionOf(command, live.time, token.id);
  const rooms = await namedRooms(live, token, names);
  const ends = await endsOf(live, rooms);
  const after = command.after === undefined ? null : String(command.after);
  const { seqs } = resolvePlaces(after, live.store.log.id, ends);
  return Promise.all(
    rooms.map(async (named) => {
      const kept =
        command.name === undefined || after !== null
          ? null
          : await live.store.positions.get(subscriptionPosition(token, command.name), named.room);
      const from = own.get(named.asked) ?? kept ?? seqs.get(named.room) ?? 0;
      return subscription(live.store.log.id, named, ends, from, shown(named.room, from, select(named.sessionId)));
    }),
  );
}

function subscription(logId: string, { asked, room, sessionId }: NamedRoom, ends: Ends, from: number, of: ShownRoom): RoomSubscription {
  const { oldest, head } = ends.get(room) ?? { oldest: 1, head: 0 };
  if (from > head) throw beyond(logId, room, from, oldest, head);
  return { shown: of, told: { room, asked, ...(sessionId !== null && { sessionId }), after: from, oldest, head } };
}

function beyond(logId: string, room: RoomKey, from: number, oldest: number, head: number): DyliveError {
  const cursor = (seq: number) => encodePlaces(logId, [[room, Math.max(0, seq)]]);
  return new CursorReset(`seq ${from} of room ${room} is beyond its newest event, ${head}`, cursor(oldest - 1), cursor(head));
}
