import { readPayload } from "../../src/platform/open-platform/push.js";
import { readComments } from "../../src/platform/works/comments.js";
import { readDetail, readPageState } from "../../src/platform/works/work.js";
import { readWorkList } from "../../src/platform/works/work-list.js";
import { alike, type WorstCase } from "./turns.js";

const MB = 1_000_000;
/** Of a reply. */
const LONGEST = 5.24 * MB;
const ID = "7686658435312030373";
const context = { receivedAt: 1_790_000_000_000 };
const asked = { workId: ID, floorId: null, authorSecUid: null, firstRank: 0, receivedAt: context.receivedAt };
/** In one piece, as what was read from a socket: making it one would be measured the first time. */
const flat = (text: string) => Buffer.from(text, "latin1").toString("latin1");
const filled = (before: string, part: string, after: string, chars: number) =>
  flat(before + part.repeat(Math.floor((chars - before.length - after.length) / part.length)) + after);
const replied = (body: string) => ({ status: 200, headers: {}, body });
const push = (text: string) => `<script>self.__pace_f.push([1,${JSON.stringify(text)}])</script>`;

/** Replies, pages and pushes that are as long as is read, of what costs most to read. */
export function repliesOfAnEnemy(): readonly WorstCase[] {
  const list = filled('{"status_code":0,"aweme_list":[', `{"aweme_id":"7","desc":"${"x".repeat(12)}"},`, "{}]}", LONGEST);
  const bareIds = filled('{"status_code":0,"aweme_list":[', `{"aweme_id":7686658435312030373,"desc":"x"},`, "{}]}", LONGEST);
  const manyNumbers = filled('{"status_code":0,"aweme_list":[{"x":[', "1234567890123456,", "1]}]}", 2.5 * MB);
  const numbers = filled('{"status_code":0,"aweme_detail":{"aweme_id":"7","x":[', "12345678901234567890,", "1]}}", 4 * MB);
  const arrays = filled('{"status_code":0,"comments":[', "[[],[]],", "[]]}", LONGEST);
  const fewer = filled('{"status_code":0,"comments":[', "[[],[]],", "[]]}", 0.399 * MB);
  const comments = filled('{"status_code":0,"comments":[', '{"cid":"7","text":"x","aweme_id":"7"},', "{}]}", LONGEST);
  const deep = flat(`{"status_code":0,"aweme_detail":${"[".repeat(MB)}`);
  const rows = filled("<html>", push('a:["$","$L1",null,{"children":[{"videoDetail":{"awemeId":"7"}}]}]\n'), "</html>", 4.19 * MB);
  const pieces = filled(`<html>${push("a:[[]")}`, push(`,${"[],".repeat(100)}[]`), "</html>", 4.19 * MB);
  const pushes = filled("[", '{"msg_id":"7","content":"x"},', "{}]", MB);
  return [
    alike(`a list of works: ${list.length / MB} MB`, () => readWorkList(replied(list), { mixId: "1" }, context)),
    alike(`a list of works with bare ids: ${bareIds.length / MB} MB`, () => readWorkList(replied(bareIds), { mixId: "1" }, context)),
    alike(`a list of as many long numbers as are read: ${manyNumbers.length / MB} MB`, () =>
      readWorkList(replied(manyNumbers), { mixId: "1" }, context),
    ),
    alike(`a work of long numbers: ${numbers.length / MB} MB`, () => readDetail(replied(numbers), ID, context)),
    alike(`a work of nesting: ${deep.length / MB} MB`, () => readDetail(replied(deep), ID, context)),
    alike(`comments of lists: ${arrays.length / MB} MB`, () => readComments(replied(arrays), asked)),
    alike(`comments of as many lists as are read: ${fewer.length / MB} MB`, () => readComments(replied(fewer), asked)),
    alike(`comments: ${comments.length / MB} MB`, () => readComments(replied(comments), asked)),
    alike(`a page of rows: ${rows.length / MB} MB`, () => readPageState(rows, ID, context)),
    alike(`a page of pieces of one row: ${pieces.length / MB} MB`, () => readPageState(pieces, ID, context)),
    alike(`a push of the Open Platform: ${pushes.length / MB} MB`, () => readPayload(Buffer.from(pushes), "live_comment")),
  ];
}
