import * as backdrop from "./backdrop.js";
import { type Battle, battleArmies, battleFinish, battleStart, linkScores } from "./backdrop.js";
import { chooseGift, GIFTS, planCombo } from "./gifts.js";
import type { GiftContext, OutgoingEnvelope } from "./messages.js";
import * as say from "./messages.js";
import { Agenda, encodePlanned, type Outgoing, type Planned } from "./outgoing.js";
import { type Contributor, Contributors, Crowd, GOODS, LINES, type SimulatedPerson } from "./people.js";
import { hash32, LowHalves, makeId, type Random } from "./random.js";
import type { RoomScenario, Stream } from "./scenario.js";
import { STREAMS } from "./scenario.js";
import type { Schema, SchemaFields } from "./schema.js";

/** Dependencies and settings of a feed. */
interface FeedOptions {
  readonly schema: Schema;
  readonly scenario: RoomScenario;
  readonly random: Random;
  readonly roomId: string;
  readonly anchor: SimulatedPerson;
  readonly startMs: number;
  /** Factor by which messages come faster than the scenario says. */
  readonly rateFactor: number;
}

/** The messages of one broadcast: a function of the scenario, the seed and the start, whenever and however it is asked. */
export class PlannedFeed {
  readonly #options: FeedOptions;
  readonly #crowd: Crowd;
  readonly #crowdSize: number;
  readonly #low: LowHalves;
  readonly #sendings: LowHalves;
  readonly #rival: SimulatedPerson;
  readonly #agenda = new Agenda();
  readonly #contributors = new Contributors();
  #viewers: number;
  #totalViewers: number;
  #likes = 0;
  #followers: number;
  #shares = 0;
  #tickets = 0;
  #linked: SimulatedPerson | null = null;

  constructor(options: FeedOptions) {
    this.#options = options;
    const { scenario, random, startMs } = options;
    const crowd = { anonymised: scenario.anonymised ?? false, clubName: scenario.clubName, anchorId: options.anchor.id };
    this.#crowd = new Crowd(random.fork("crowd"), { ...crowd, nameOnly: scenario.maskedTraces !== undefined });
    this.#crowdSize = Math.max(3, Math.min(400, scenario.viewers));
    this.#rival = new Crowd(random.fork("rival"), { ...crowd, anonymised: false }).at(0);
    this.#low = new LowHalves(hash32(`${options.roomId}/${random.uint32()}`));
    this.#sendings = new LowHalves(hash32(`${options.roomId}/sendings`));
    this.#viewers = scenario.viewers;
    this.#totalViewers = scenario.viewers * 14;
    this.#followers = random.int(500, 90_000);
    for (const stream of STREAMS) {
      const seconds = scenario.everySeconds[stream];
      if (seconds === undefined) continue;
      const own = random.fork(`stream/${stream}`);
      const gap = (seconds * 1000) / options.rateFactor;
      this.#repeat(stream, own, gap, startMs + gap * own.unit());
    }
  }

  /** Returns all messages up to a time that were not given before, in order. */
  until(ms: number): Outgoing[] {
    return this.plans(ms).map((planned) => encodePlanned(this.#options.schema, planned));
  }

  /** Returns the messages as `until` does, not yet encoded. */
  plans(ms: number): Planned[] {
    return this.#agenda.until(ms);
  }

  #envelope(method: string, at: number): OutgoingEnvelope {
    return { method, msgId: makeId(at, this.#low.next()), roomId: this.#options.roomId, createTime: Math.floor(at) };
  }

  #repeat(stream: Stream, random: Random, gapMs: number, at: number): void {
    this.#agenda.add(at, () => {
      this.#repeat(stream, random, gapMs, at + gapMs * (0.5 + random.unit()));
      return this.#next(stream, random, at);
    });
  }

  #plan(at: number, method: string, build: (envelope: OutgoingEnvelope) => SchemaFields): Planned {
    const envelope = this.#envelope(method, at);
    return { at, method, msgId: envelope.msgId, sendingId: this.#sending(at), fields: build(envelope) };
  }

  #sending(at: number): string {
    return makeId(at, this.#sendings.next());
  }

  /** Returns the same message once more, as the platform sends it again: in an envelope of its own. */
  #again(planned: Planned, at: number): Planned {
    return { ...planned, at, sendingId: this.#sending(at) };
  }

  #next(stream: Stream, random: Random, at: number): Planned | null {
    const who = this.#crowd.somebody(random, this.#crowdSize);
    switch (stream) {
      case "chat":
        return this.#chat(random, at, who);
      case "emoji":
        return this.#plan(at, "WebcastEmojiChatMessage", (e) => say.emojiChat(e, who, random.pick(["[鼓掌]", "[爱心]", "[大笑]"])));
      case "join":
        this.#viewers = Math.max(1, this.#viewers + random.int(-1, 1));
        this.#totalViewers++;
        return this.#plan(at, "WebcastMemberMessage", (e) =>
          say.join(untimed(e, random, 0.5), who, random.chance(0.9) ? this.#viewers : 0, random.chance(0.05)),
        );
      case "like": {
        const count = random.int(1, 15);
        // The platform sends a sample: the total grows faster than the batches that arrive.
        this.#likes += count + random.int(0, 10);
        return this.#plan(at, "WebcastLikeMessage", (e) => say.like(e, who, count, this.#likes));
      }
      case "follow":
        this.#followers++;
        return this.#plan(at, "WebcastSocialMessage", (e) => say.social(e, who, 1, this.#followers, this.#shares));
      case "share":
        this.#shares++;
        return this.#plan(at, "WebcastSocialMessage", (e) => say.social(e, who, 3, this.#followers, this.#shares));
      case "fansclub":
        return this.#plan(at, "WebcastFansclubMessage", (e) =>
          say.fansclub(e, who, random.chance(0.6) ? 2 : 1, this.#options.scenario.clubName),
        );
      case "gift":
        return this.#gift(random, at, who);
      case "moderation": {
        const [action, description] = random.pick([
          [3, "禁言"],
          [4, "解除禁言"],
          [5, "设为管理员"],
          [6, "取消管理员"],
        ] as const);
        return this.#plan(at, "WebcastMemberMessage", (e) => say.moderation(e, who, this.#options.anchor, action, description));
      }
      case "stats":
        return this.#plan(at, "WebcastRoomStatsMessage", (e) => backdrop.roomStats(e, this.#viewers));
      case "viewers":
        return this.#plan(at, "WebcastRoomUserSeqMessage", (e) => backdrop.roomUserSeq(e, this.#viewers, this.#totalViewers, this.#top(3)));
      case "rank":
        return this.#plan(at, "WebcastRoomRankMessage", (e) => backdrop.roomRank(e, this.#top(RANKED)));
      case "product":
        return this.#product(random, at);
      case "battle":
        return this.#battle(random, at);
      case "link":
        return this.#link(at, who);
      case "notice":
        return this.#plan(at, "WebcastRoomMessage", (e) => backdrop.topViewer(e, who, random.int(1, 3)));
      case "adaptation":
        return this.#plan(at, "WebcastRoomStreamAdaptationMessage", (e) => backdrop.adaptation(timeless(e)));
      case "sync":
        return this.#sync(random, at, who);
    }
  }

  /** Tells a key of the room's data: what is pinned, a lottery, who is linked, or one that is of no use to anybody. */
  #sync(random: Random, at: number, who: SimulatedPerson): Planned {
    const data = random.pick([
      { key: "InteractEffectSyncData" },
      backdrop.pinned(who, random.pick(LINES[this.#options.scenario.kind]), makeId(at, this.#low.next()), at),
      backdrop.lotteryState(hash32(this.#options.roomId), Math.floor((at - this.#options.startMs) / 1000), at),
      backdrop.linkedState(this.#linked === null ? [] : [this.#options.anchor, this.#linked]),
    ]);
    return this.#plan(at, "WebcastRoomDataSyncMessage", (e) => backdrop.dataSync(e, this.#options.schema, data, Math.floor(at)));
  }

  #chat(random: Random, at: number, who: SimulatedPerson): Planned {
    const { scenario } = this.#options;
    const content = random.pick(LINES[scenario.kind]);
    const planned = this.#plan(at, "WebcastChatMessage", (e) =>
      say.chat(untimed(e, random, 0.4), who, content, at, this.#contributors.of(who)),
    );
    if (random.chance(0.024)) {
      // The platform sends some chats again about 0.6 s later: the same Common.msg_id, and a body that differs in its bookkeeping.
      const again = this.#again(planned, at + random.int(550, 650));
      const fields = withLogId(planned.fields, `${planned.msgId}2`);
      this.#agenda.add(again.at, () => ({ ...again, fields }));
    }
    return planned;
  }

  #gift(random: Random, at: number, who: SimulatedPerson): Planned | null {
    const gift = chooseGift(random);
    const groupId = gift.combo || random.chance(0.5) ? `${Math.floor(at / 1000)}` : "0";
    const receiver = this.#options.scenario.kind === "pk" && random.chance(0.2) ? this.#rival : null;
    this.#combo(random, at, { sender: who, receiver, groupId, giftIs: gift });
    if (groupId !== "0" && random.chance(0.12)) {
      // Group ids are time-like: somebody else who gives the same gift in the same second has the same one.
      const other = this.#crowd.at(this.#crowdSize + random.int(0, 40));
      this.#combo(random, at + 1, { sender: other, receiver: null, groupId, giftIs: gift });
    }
    if (random.chance(0.06)) {
      // Somebody who gives nothing in full: the two forms of one gift cannot be told from two gifts.
      const other = this.#crowd.at(this.#crowdSize + random.int(41, 80));
      return this.#plan(at, "WebcastLightGiftMessage", (e) => say.lightGift(e, other, GIFTS[0] ?? gift, random.int(1, 5)));
    }
    return null;
  }

  #combo(
    random: Random,
    at: number,
    about: { sender: SimulatedPerson; receiver: SimulatedPerson | null; groupId: string; giftIs: ReturnType<typeof chooseGift> },
  ): void {
    const combo = planCombo(random, about.giftIs, about.groupId !== "0");
    const context: GiftContext = {
      sender: about.sender,
      receiver: about.receiver,
      combo,
      groupId: about.groupId,
      logId: random.digits(19),
      traces: this.#options.scenario.maskedTraces ?? "combo",
      roomTickets: this.#tickets,
      clicksAsRepeat: combo.unitsPerClick > 1 && random.chance(0.3),
      isBare: this.#options.scenario.bareGifts?.includes(combo.gift.id) ?? false,
    };
    const diamonds = combo.clicks * combo.unitsPerClick * combo.gift.diamonds;
    this.#tickets += diamonds * 10;
    this.#contributors.add(about.sender, diamonds);
    const told: (Planned | null)[] = combo.steps.map(() => null);
    combo.steps.forEach((step, index) => {
      const stepAt = at + step.offsetMs;
      this.#agenda.add(stepAt, () => {
        const before = step.again === null ? null : (told[step.again] ?? null);
        const planned = before === null ? this.#giftStep(context, index, stepAt) : this.#again(before, stepAt);
        told[index] = planned;
        return planned;
      });
    });
  }

  #giftStep(context: GiftContext, index: number, at: number): Planned {
    const step = context.combo.steps[index];
    if (step === undefined) throw new RangeError("a combo has no such step");
    const time = Math.floor(at);
    if (step.wrapped) {
      return this.#plan(at, "WebcastBindingGiftMessage", (e) => ({
        msg: say.gift({ ...e, method: "WebcastGiftMessage" }, context, step, time),
        common: say.common(e),
      }));
    }
    return this.#plan(at, "WebcastGiftMessage", (e) => say.gift(e, context, step, time));
  }

  #product(random: Random, at: number): Planned {
    const index = random.int(0, GOODS.length - 1);
    const goods = GOODS[index] ?? { title: "", cents: 0 };
    const ids = GOODS.map((each) => `36${hash32(each.title).toString().padStart(17, "0")}`);
    if (random.chance(0.2)) return this.#plan(at, "WebcastProductChangeMessage", (e) => backdrop.productChange(e, ids, index, at));
    return this.#plan(at, "WebcastLiveShoppingMessage", (e) =>
      backdrop.shopping(e, ids[index] ?? "0", goods.title, goods.cents, GOODS.length, at),
    );
  }

  #battle(random: Random, at: number): Planned {
    const cycleMs = ((this.#options.scenario.everySeconds.battle ?? 40) * 1000) / this.#options.rateFactor;
    const lengthMs = cycleMs * 0.4;
    const battle: Battle = {
      battleId: random.digits(19),
      channelId: random.digits(19),
      startMs: Math.floor(at),
      durationS: Math.max(1, Math.round(lengthMs / 1000)),
      anchor: this.#options.anchor,
      rival: this.#rival,
    };
    const helpers = this.#top(4).map(({ person }) => person);
    let ours = 0;
    let theirs = 0;
    for (let part = 1; part <= 3; part++) {
      const partAt = at + (lengthMs * part) / 4;
      this.#agenda.add(partAt, () => {
        ours += random.int(0, 500);
        theirs += random.int(0, 500);
        return this.#plan(partAt, "WebcastLinkMicArmiesMethod", (e) => battleArmies(e, battle, helpers, [ours, theirs]));
      });
      this.#agenda.add(partAt + 20, () => this.#plan(partAt + 20, "LinkMicMethod", (e) => linkScores(e, battle, [ours, theirs])));
    }
    this.#agenda.add(at + lengthMs, () =>
      this.#plan(at + lengthMs, "WebcastLinkMicBattleFinishMethod", (e) => battleFinish(e, battle, helpers, [ours, theirs])),
    );
    return this.#plan(at, "WebcastLinkMicBattleMethod", (e) => battleStart(e, battle));
  }

  #link(at: number, who: SimulatedPerson): Planned {
    const guest = this.#linked ?? who;
    const came = this.#linked === null;
    this.#linked = came ? guest : null;
    const linked = came ? [this.#options.anchor, guest] : [this.#options.anchor];
    return this.#plan(at, "WebcastLinkMessage", (e) => backdrop.link(e, guest, linked, came));
  }

  #top(size: number): Contributor[] {
    return this.#contributors.top(size, (index) => this.#crowd.at(index));
  }
}

/** Number of people in the rank of those who gave. */
const RANKED = 30;

/** Leaves the creation time out in a part of the messages, as the platform does. */
function untimed(envelope: OutgoingEnvelope, random: Random, probability: number): OutgoingEnvelope {
  return random.chance(probability) ? timeless(envelope) : envelope;
}

function timeless({ method, msgId, roomId }: OutgoingEnvelope): OutgoingEnvelope {
  return { method, msgId, roomId };
}

function withLogId(fields: SchemaFields, logId: string): SchemaFields {
  const common = fields["common"];
  return { ...fields, common: { ...(typeof common === "object" ? common : {}), log_id: logId } };
}
