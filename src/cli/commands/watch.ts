import { type Config, readMachine } from "../../app/config.js";
import { reachOf } from "../../app/platform.js";
import { OneRoom } from "../../cluster/one-room.js";
import { ROOM_DOOR, readPaste } from "../../platform/links/paste.js";
import { systemClock } from "../../runtime/clock.js";
import { msg, msgOf, recorded } from "../../runtime/msg.js";
import { lineOf, SHOWN } from "../show.js";
import { stopSignal } from "../stop.js";
import { print, say } from "../terminal.js";

/** `dylive watch ROOM`: the room's events as they come, until stopped. Keeps nothing. */
export async function watch(config: Config, text: string, { json, all }: { readonly json: boolean; readonly all: boolean }): Promise<void> {
  const stop = stopSignal();
  readPaste(text, ROOM_DOOR); // a wrong text is refused before anything starts
  const deps = {
    reach: reachOf(config, readMachine(), systemClock),
    clock: systemClock,
    pollMs: config.pollMs,
    maxEvents: 10_000,
    readsGiftList: true,
    setAside: () => say(msg`the store refused an event; it was left out`),
  };
  let room: OneRoom | null = null;
  try {
    room = await OneRoom.open(text, deps, stop);
    const { webRid } = (await room.store.rooms.get(room.room)) ?? { webRid: null };
    const { state, evidence } = room.found;
    const next = state === "waiting" ? msg`; its next broadcast is shown as soon as it begins (Ctrl-C ends)` : "";
    say(msg`${webRid ?? text}: ${msgOf(state)}, ${recorded(evidence.reason)}${next}`);
    for await (const event of room.events(all ? {} : { types: SHOWN }, stop)) await print(lineOf(event, json));
  } catch (error) {
    if (!stop.aborted) throw error;
  } finally {
    await room?.close();
  }
}
