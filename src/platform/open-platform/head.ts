/** The four headers of a push that are signed, as they came: the signature is over their texts. */
export interface PushHead {
  /** `live_comment`, `live_gift`, `live_like`, `live_fansclub`, or a type that is not known yet. */
  readonly msgType: string;
  readonly nonce: string;
  readonly roomId: string;
  /** ms UTC */
  readonly timestamp: string;
}

/** Headers as Node gives them: lower-case names. */
export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

// Room ids have 19 digits, types some 20 letters; both become names in the store, so nothing else passes.
const FORMS = {
  "x-msg-type": /^[a-z][a-z0-9_]{0,63}$/,
  "x-nonce-str": /^[\x21-\x7e]{1,128}$/,
  "x-roomid": /^\d{1,20}$/,
  "x-timestamp": /^\d{10,16}$/,
  "x-signature": /^[A-Za-z0-9+/=]{24}$/,
} as const;

/** Reads the head of a push and its signature; null when a header is missing, given twice or not of its form. */
export function readHead(headers: Headers): { readonly head: PushHead; readonly signature: string } | null {
  const read = (name: keyof typeof FORMS): string | null => {
    const value = headers[name];
    return typeof value === "string" && FORMS[name].test(value) ? value : null;
  };
  const msgType = read("x-msg-type");
  const nonce = read("x-nonce-str");
  const roomId = read("x-roomid");
  const timestamp = read("x-timestamp");
  const signature = read("x-signature");
  if (msgType === null || nonce === null || roomId === null || timestamp === null || signature === null) return null;
  return { head: { msgType, nonce, roomId, timestamp }, signature };
}
