import { DyliveError } from "../src/runtime/errors.js";
import type { SimulatedBroadcast } from "./broadcast.js";
import type { Hears, PushConnection } from "./connection.js";
import type { Damage } from "./damage.js";
import type { SimulatedPlatform } from "./platform.js";
import type { SimulatedRoom } from "./room.js";

/** Faults between the platform and those who are connected (facts/protocol.md section 5). Rooms are named by web_rid or custom id. */
export class ConnectionFaults {
  protected readonly platform: SimulatedPlatform;

  constructor(platform: SimulatedPlatform) {
    this.platform = platform;
  }

  /** Cuts the TCP connections of a room's viewers without a close frame. */
  cut(webRid: string): void {
    this.#each(webRid, (connection) => connection.end("cut"));
  }

  /** Resets each connection of the live broadcast by TCP when it is `ms` old, or no more. */
  resetAfter(webRid: string, ms: number | null): void {
    this.live(webRid).lifeMs = ms;
  }

  /** Closes a room's connections with a close code of WebSocket's own, or by a frame of the platform of the type `close`. */
  close(webRid: string, how: number | "frame"): void {
    this.#each(webRid, (connection) => connection.close(how));
  }

  /** Gives those who are connected now only what no people cause, or only answers to heartbeats. A new connection hears everything. */
  deafen(webRid: string, hears: Hears = "low"): void {
    this.#each(webRid, (connection) => {
      connection.hears = hears;
    });
  }

  /** Lets nothing through to or from those who are connected and who connect to the live broadcast, while TCP stays open; or only to the former. */
  freeze(webRid: string, on = true): void {
    this.live(webRid).frozen = on;
    if (!on) return;
    this.#each(webRid, (connection) => {
      connection.frozen = true;
    });
  }

  /** Damages the next frames with messages that those who are connected are sent. */
  damage(webRid: string, kind: Damage, frames = 1): void {
    this.#each(webRid, (connection) => connection.damage(kind, frames));
  }

  /** Sends the newest messages of people once more, in envelopes of their own. @returns how many */
  repeat(webRid: string, count = 15): number {
    return this.live(webRid).repeat(count);
  }

  /** Delays everything that the platform sends by so many ms; 0 is as usual. */
  latency(ms: number): void {
    this.platform.lateMs = ms;
  }

  /** Cuts everybody off and closes every new TCP connection at once, as without a network, or no more. */
  unplug(on = true): void {
    this.platform.unplugged = on;
    if (on) for (const { scenario } of this.platform.rooms) this.cut(scenario.webRid);
  }

  /** @throws DyliveError not_found */
  protected room(webRid: string): SimulatedRoom {
    const room = this.platform.byWebId(webRid);
    if (room === null) throw new DyliveError("not_found", `the simulator has no room ${webRid}`);
    return room;
  }

  /** @throws DyliveError bad_request when it is not live, not_found */
  protected live(webRid: string): SimulatedBroadcast {
    const broadcast = this.room(webRid).live;
    if (broadcast === null) throw new DyliveError("bad_request", `room ${webRid} is not live`);
    return broadcast;
  }

  #each(webRid: string, call: (connection: PushConnection) => void): void {
    for (const broadcast of this.room(webRid).broadcasts) for (const connection of [...broadcast.connections]) call(connection);
  }
}
