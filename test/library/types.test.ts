// Guards: The types of events are exact by what was asked for.
import { describe, expectTypeOf, it } from "vitest";
import { connect, type EventType, type LiveEventOf, type RoomEvents, replay, type User, type UsualType } from "../../src/index.js";

/** Never called: these are for the type checker (`npm run typecheck`). */
async function loops(): Promise<void> {
  for await (const event of connect("98765", { types: ["chat", "gift"] })) {
    expectTypeOf(event.type).toEqualTypeOf<"chat" | "gift">();
    expectTypeOf(event.seq).toEqualTypeOf<number>();
    expectTypeOf(event.user).toEqualTypeOf<User>();
    if (event.type === "gift") {
      expectTypeOf(event.delta).toEqualTypeOf<number>();
      expectTypeOf(event.unitDiamonds).toEqualTypeOf<number | null>();
      // @ts-expect-error a gift has no text
      event.text;
    } else {
      expectTypeOf(event.text).toEqualTypeOf<string>();
      // @ts-expect-error a chat has no delta
      event.delta;
    }
    // @ts-expect-error likes were not asked for
    if (event.type === "like") return;
  }
  for await (const event of connect("98765")) {
    expectTypeOf(event.type).toEqualTypeOf<UsualType>();
    // @ts-expect-error stats come only when asked for
    if (event.type === "stats") return;
  }
  for await (const { online } of replay("room.dyrec", { types: ["stats"] })) expectTypeOf(online).toEqualTypeOf<number | null>();
  const room = connect("98765", { types: ["chat", "gift"] });
  room.on("gift", (event) => expectTypeOf(event).toEqualTypeOf<LiveEventOf<"gift">>());
  // @ts-expect-error likes were not asked for
  room.on("like", () => {});
  // @ts-expect-error there is no such option
  connect("98765", { typs: ["chat"] });
  // @ts-expect-error there is no such type
  connect("98765", { types: ["chats"] });
}

describe("the types of events", () => {
  it("are exact", () => {
    expectTypeOf(loops).toBeFunction();
    expectTypeOf(connect<"chat">).returns.toEqualTypeOf<RoomEvents<"chat">>();
    expectTypeOf<LiveEventOf<UsualType>["type"]>().toEqualTypeOf<UsualType>();
    expectTypeOf<Exclude<EventType, UsualType>>().toEqualTypeOf<"unknown" | "rank" | "stats">();
  });
});
