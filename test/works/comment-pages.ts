import { setImmediate } from "node:timers/promises";
import type { CommentsEnd, CommentsRequest, CommentsSeen } from "../../src/platform/access/work-visitor.js";
import { commentOf } from "./comment.js";

export const WORK = "7560000000000000001";

/**
 * Returns a reader of a work whose comments are this many pages: each of two floors, of which one has a reply, and the last floor of the page
 * before.
 * @param gone pages that are not there any more
 */
export function pagesOf(
  count: number,
  { end = { endedBy: "end", reason: "no more" }, gone = [] as number[], receivedAt = Date.now() } = {},
) {
  return {
    async *comments({ wantsReplies }: CommentsRequest): AsyncGenerator<CommentsSeen, CommentsEnd, void> {
      for (let page = 0; page < count; page++) {
        await setImmediate();
        if (gone.includes(page)) continue;
        const top = (n: number, replies: number) => commentOf(WORK, `${n}`, { replies, receivedAt, likes: receivedAt % 1000 });
        const tops = [...(page > 0 && !gone.includes(page - 1) ? [top(2 * page - 1, 0)] : []), top(2 * page, 1), top(2 * page + 1, 0)];
        yield { floorId: null, comments: tops, cursor: page, total: null };
        const floorId = `${2 * page}`;
        if (wantsReplies(floorId))
          yield { floorId, comments: [commentOf(WORK, `${floorId}r`, { parentId: floorId, receivedAt })], cursor: 1, total: 1 };
      }
      return end as CommentsEnd;
    },
  };
}
