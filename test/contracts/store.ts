import { describe } from "vitest";
import type { RoomStore } from "../../src/store/store.js";
import { describeAccountDays } from "./account-days.js";
import { describeAuthorWatches } from "./author-watches.js";
import { describeChanges } from "./changes.js";
import { describeClose } from "./close.js";
import { describeComments } from "./comments.js";
import { describeDeletions } from "./deletions.js";
import { describeDownloads } from "./downloads.js";
import { describeErase } from "./erase.js";
import { describeEraseWorks } from "./erase-works.js";
import { describeGifts } from "./gifts.js";
import type { Open } from "./harness.js";
import { describeHooks } from "./hooks.js";
import { describeLog } from "./log.js";
import { describePages } from "./pages.js";
import { describePositions } from "./positions.js";
import { describeRetention } from "./retention.js";
import { describeRooms } from "./rooms.js";
import { describeSearch } from "./search.js";
import { describeSessions } from "./sessions.js";
import { describeStatistics } from "./statistics.js";
import { describeTokens } from "./tokens.js";
import { describeWakes } from "./wakes.js";
import { describeWorks } from "./works.js";

/** What a store must do of rooms and broadcasts. */
export function describeRoomStore(name: string, open: Open<RoomStore>): void {
  describe(name, () => {
    describeRooms(open);
    describeSessions(open);
  });
}

/** Everything that a store must do, whatever its engine. */
export function describeStore(name: string, open: Open): void {
  describeRoomStore(name, open);
  describe(name, () => {
    describeLog(open);
    describePages(open);
    describeChanges(open);
    describeWakes(open);
    describePositions(open);
    describeTokens(open);
    describeStatistics(open);
    describeSearch(open);
    describeErase(open);
    describeEraseWorks(open);
    describeRetention(open);
    describeDeletions(open);
    describeHooks(open);
    describeWorks(open);
    describeComments(open);
    describeDownloads(open);
    describeAuthorWatches(open);
    describeGifts(open);
    describeAccountDays(open);
    describeClose(open);
  });
}
