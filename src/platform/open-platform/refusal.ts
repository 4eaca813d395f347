import { DyliveError } from "../../runtime/errors.js";

/** Numbers of the Open Platform's errors (facts/official-push.md A1, A2) that call for something else than waiting. */
export const ERR = { badToken: 40022, badPage: 10001, notMounted: 10004, precondition: 5003019 } as const;

/** Meanings of the numbers, in words for whoever must mend it. The platform's own words are not shown: they may repeat what was sent. */
const MEANINGS: ReadonlyMap<number, string> = new Map([
  [-1, "it has an error of its own"],
  [10001, "it has an error of its own, or the page does not exist"],
  [10004, "the anchor has not mounted the app"],
  [40001, "a parameter is wrong"],
  [40002, "the app lacks this ability: apply for it in the console"],
  [40004, "the access token is not valid"],
  [40007, "too many calls"],
  [40011, "the app id is wrong"],
  [40015, "the app id is wrong: DYLIVE_OFFICIAL_APP"],
  [40017, "the app's secret is wrong: DYLIVE_OFFICIAL_SECRET"],
  [40018, "too many calls at once"],
  [40020, "it does not take this way of asking for a token"],
  [40022, "the access token is not valid"],
  [40023, "a parameter is missing"],
  [5003019, "the room is not live or not known, the app lacks the ability, or too much would be pushed"],
]);

/** Error of a call that the Open Platform answered with an error number. */
export class OfficialRefusal extends DyliveError {
  readonly errNo: number;

  /** @param doing what was not done, in a few words */
  constructor(errNo: number, doing: string) {
    super("official_refused", `${doing}: error ${errNo}, ${MEANINGS.get(errNo) ?? "which is not known"}`);
    this.errNo = errNo;
  }
}
