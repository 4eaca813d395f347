// Guards: what is signed is the platform's fields in the platform's order.
import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { stubOf } from "../../../src/platform/access/push.js";

it("joins the signed fields in the platform's order, empty ones kept, and ignores the rest", () => {
  const query = new URLSearchParams({
    room_id: "7624505674873244442",
    identity: "audience",
    aid: "6383",
    live_id: "1",
    version_code: "180800",
    webcast_sdk_version: "1.0.15",
    did_rule: "3",
    user_unique_id: "7300000000000000001",
    device_platform: "web",
    cursor: "not signed",
  });
  const text =
    "live_id=1,aid=6383,version_code=180800,webcast_sdk_version=1.0.15,room_id=7624505674873244442,sub_room_id=,sub_channel_id=,did_rule=3,user_unique_id=7300000000000000001,device_platform=web,device_type=,ac=,identity=audience";
  expect(stubOf(query)).toBe(createHash("md5").update(text).digest("hex"));
});
