/** Reason why bytes could not be read. Stable: counted in drift and shown in metrics. */
export type WireErrorCode =
  | "truncated" // a length or value runs past its container
  | "bad_varint" // more than ten bytes
  | "bad_tag" // field number 0 or a wire type that does not exist
  | "too_deep" // groups nested beyond the cap
  | "too_many" // more repeated elements than any real message has
  | "too_large" // inflates beyond the cap
  | "bad_gzip" // not gzip although the frame says so
  | "bad_record"; // a recording's record that is damaged

/** The one error that decoding throws: the bytes are malformed. Says nothing about who sent them. */
export class WireError extends Error {
  override readonly name = "WireError";
  readonly code: WireErrorCode;

  constructor(code: WireErrorCode, detail?: string) {
    super(detail === undefined ? code : `${code}: ${detail}`);
    this.code = code;
  }
}
