import type { CommentRunStatus, KeptComment } from "../api/model.js";
import type { Lang } from "../format/number.js";
import { dayTime, duration } from "../format/time.js";
import { isolated, seen } from "../i18n/strangers.js";
import { type Messages, reasonIn } from "../i18n/tables.js";

/** A run in words: how it stands, why, and its figures. */
export interface RunWords {
  readonly tone: "good" | "warn" | "bad" | "soft";
  readonly state: string;
  /** Sentences, most important first. */
  readonly lines: readonly string[];
}

/** Ends after which everything that the platform shows is there, or what was asked for. */
export const END_TONES = {
  end: "good",
  limit: "good",
  stopped: "soft",
  wall: "warn",
  captcha: "warn",
  blocked: "warn",
  stuck: "warn",
} as const;

/** Returns what is to be said of the last run of a work. */
export function runWords({ run, running }: CommentRunStatus, now: number, m: Messages, lang: Lang): RunWords {
  const words = m.comments.run;
  const { endedBy, reason, shown, collected, topLevel, repliesCollected, floorsOpen, limit, withinMs, replies, startedAt, endedAt } = run;
  const figures = [
    words.collected(collected, topLevel, repliesCollected),
    shown === null ? words.unclaimed : words.claimed(shown),
    ...(floorsOpen === 0 ? [] : [words.floorsOpen(floorsOpen)]),
  ];
  if (running)
    return {
      ...{ tone: "soft", state: words.running },
      lines: [
        ...(collected === 0 && shown === null ? [words.turn] : []),
        ...figures,
        words.bounds(limit, replies, withinMs === null ? null : Math.round(withinMs / 1000)),
        words.since(duration(now - startedAt, lang)),
      ],
    };
  const why = reason === null ? [] : [words.reason(isolated(reasonIn(reason, m)))];
  const when = endedAt === null ? [] : [words.ended(dayTime(endedAt, lang), duration(endedAt - startedAt, lang))];
  if (endedBy === null) return { tone: "bad", state: words.failed, lines: [...why, ...figures, ...when] };
  return { tone: END_TONES[endedBy], state: words.ends[endedBy], lines: [words.next[endedBy], ...why, ...figures, ...when] };
}

/** Returns the name of who wrote a comment; of somebody who was erased nothing is known. */
export function writerOf({ user, erased }: Pick<KeptComment, "user" | "erased">, m: Messages): string {
  const name = seen(user.nickname) || seen(user.displayId) || user.secUid || user.id;
  return name || (erased ? m.comments.erasedPerson : m.comments.nobody);
}

/** Returns how many replies of a floor are kept, and of how many, where the platform counts more. */
export function repliesOf({ replies, repliesCollected }: Pick<KeptComment, "replies" | "repliesCollected">, m: Messages): string {
  return replies !== null && replies > repliesCollected
    ? m.comments.repliesOpen(repliesCollected, replies)
    : m.comments.replies(repliesCollected);
}
