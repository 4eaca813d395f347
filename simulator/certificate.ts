import { generateKeyPairSync, randomBytes, sign } from "node:crypto";

/** A private key with the certificate of its public one, both PEM; what `node:tls` takes. */
interface Certificate {
  readonly key: string;
  readonly cert: string;
}

/**
 * Makes a key and a certificate (RFC 5280) that it has signed itself, good for a year from yesterday on. It names no host and nobody
 * vouches for it: it serves where the other end was told not to ask. Node reads certificates but makes none, and the packages that
 * do are thousands of lines for this one form.
 *
 * @param name what it is shown as
 * @param now ms UTC
 */
export function selfSigned(name: string, now: number): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const algorithm = sequence(objectId("2a8648ce3d040302")); // ecdsa-with-SHA256, 1.2.840.10045.4.3.2 (RFC 5758), which takes no parameters
  const commonName = sequence(objectId("550403"), tlv(UTF8_STRING, Buffer.from(name))); // 2.5.4.3
  const names = sequence(tlv(SET, commonName));
  const validity = sequence(time(now - DAY_MS), time(now + 364 * DAY_MS));
  const body = sequence(serial(), algorithm, names, validity, names, publicKey.export({ type: "spki", format: "der" }));
  const signature = sign("sha256", body, privateKey);
  const whole = sequence(body, algorithm, tlv(BIT_STRING, Buffer.concat([Buffer.of(0), signature]))); // 0: all bits of its last byte count
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${whole.toString("base64").replace(/.{64}(?=.)/g, "$&\n")}\n-----END CERTIFICATE-----\n`,
  };
}

const DAY_MS = 86_400_000;

// Tags of DER (X.690), in which everything is a tag, a length and a value.
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OBJECT_ID = 0x06;
const UTF8_STRING = 0x0c;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;
const SEQUENCE = 0x30;
const SET = 0x31;

function tlv(tag: number, value: Buffer): Buffer {
  const { length } = value;
  // Below 128 the length is one byte; above, the number of its bytes comes first. Nothing here reaches 65,536.
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), value]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tlv(SEQUENCE, Buffer.concat(parts));
}

function objectId(hex: string): Buffer {
  return tlv(OBJECT_ID, Buffer.from(hex, "hex"));
}

/** Makes a serial number: positive and without a leading zero, whatever the random bytes are. */
function serial(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return tlv(INTEGER, bytes);
}

/** Encodes a time (RFC 5280 4.1.2.5): two digits of the year before 2050, four from then on. */
function time(ms: number): Buffer {
  const digits = `${new Date(ms).toISOString().replace(/\D/g, "").slice(0, 14)}Z`;
  return Number(digits.slice(0, 4)) < 2050 ? tlv(UTC_TIME, Buffer.from(digits.slice(2))) : tlv(GENERALIZED_TIME, Buffer.from(digits));
}
