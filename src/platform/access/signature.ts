import { createHash } from "node:crypto";

/** The fields that the platform signs, in its order (facts/protocol.md 2.3). Those that a web page leaves empty are kept, empty. */
const SIGNED = [
  "live_id",
  "aid",
  "version_code",
  "webcast_sdk_version",
  "room_id",
  "sub_room_id",
  "sub_channel_id",
  "did_rule",
  "user_unique_id",
  "device_platform",
  "device_type",
  "ac",
  "identity",
] as const;

/**
 * Returns `X-MS-STUB`: the md5 of the signed fields of a connection's query, lower-case hex. This is not the signature, which a
 * {@link Signer} gets.
 */
export function stubOf(query: URLSearchParams): string {
  const text = SIGNED.map((field) => `${field}=${query.get(field) ?? ""}`).join(",");
  return createHash("md5").update(text).digest("hex");
}
