import { SimulatedBroadcast } from "./broadcast.js";
import { LoadFeed } from "./load-feed.js";
import type { MessageFeed } from "./outgoing.js";
import type { SimulatedPerson } from "./people.js";
import { makePerson } from "./people.js";
import { PlannedFeed } from "./planned-feed.js";
import { hash32, makeId, type Random } from "./random.js";
import type { RoomScenario } from "./scenario.js";
import type { Schema } from "./schema.js";
import { Sampling } from "./shares.js";

/** Where a room's page has its state: in place, the room in another chunk (which may be missing), or all in an attribute. */
export type PageForm = "plain" | "referred" | "missing" | "attribute";

/** Dependencies and settings of a room. */
interface RoomOptions {
  readonly scenario: RoomScenario;
  readonly schema: Schema;
  /** The platform's time. */
  readonly now: () => number;
  readonly random: Random;
  readonly rateFactor: number;
  readonly keep: number;
}

/** Room of an anchor on the platform, with one broadcast after another. */
export class SimulatedRoom {
  scenario: RoomScenario;
  anchor: SimulatedPerson;
  readonly broadcasts: SimulatedBroadcast[] = [];
  /** Number of times that its page will still say that the live broadcast is over. */
  misreads = 0;
  pageForm: PageForm = "plain";
  /** Whether its page connects only after a click. */
  needsClick = false;
  /** Samples that its viewers are given; all of them everything, unless told otherwise. */
  readonly sampling = new Sampling();
  readonly #options: RoomOptions;

  constructor(options: RoomOptions) {
    this.#options = options;
    this.scenario = options.scenario;
    const person = makePerson(options.random.fork("anchor"), { anonymised: false, clubName: options.scenario.clubName, anchorId: "0" });
    const displayId = options.scenario.customId ?? person.displayId;
    const user = { ...person.user, nickname: options.scenario.anchor, display_id: displayId, web_rid: options.scenario.webRid };
    this.anchor = { ...person, nickname: options.scenario.anchor, displayId, user };
  }

  /** The broadcast that is live now, or null. */
  get live(): SimulatedBroadcast | null {
    const last = this.broadcasts.at(-1);
    return last !== undefined && last.endedAt === null ? last : null;
  }

  /** Gives the anchor another custom id; the one before is free. */
  rename(customId: string): void {
    this.scenario = { ...this.scenario, customId };
    this.anchor = { ...this.anchor, displayId: customId, user: { ...this.anchor.user, display_id: customId } };
  }

  /** Uses up one misreading, if there is one. */
  misread(): boolean {
    return this.misreads > 0 && this.misreads-- > 0;
  }

  /** The newest broadcast, live or over, or null. */
  get last(): SimulatedBroadcast | null {
    return this.broadcasts.at(-1) ?? null;
  }

  /**
   * Starts a new broadcast with a room_id of its own.
   * @param feedFrom when its messages begin, if not at its start
   */
  start(startedAt: number, feedFrom = startedAt): SimulatedBroadcast {
    const { schema, now, keep, scenario, rateFactor } = this.#options;
    const random = this.#options.random.fork(`broadcast/${this.broadcasts.length}`);
    const roomId = makeId(startedAt, hash32(`${scenario.webRid}/${random.uint32()}`));
    const planned = new PlannedFeed({
      schema,
      scenario,
      random: random.fork("feed"),
      roomId,
      anchor: this.anchor,
      startMs: feedFrom,
      rateFactor,
    });
    let broadcast: SimulatedBroadcast;
    const feed: MessageFeed =
      scenario.load === undefined
        ? planned
        : new LoadFeed({
            schema,
            planned,
            perSecond: scenario.load * rateFactor,
            startMs: feedFrom,
            roomId,
            wanted: () => broadcast.connections.size > 0,
          });
    broadcast = new SimulatedBroadcast({ webRid: scenario.webRid, roomId, startedAt, schema, now, feed, keep });
    this.broadcasts.push(broadcast);
    return broadcast;
  }
}
