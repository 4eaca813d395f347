import { Buffer } from "node:buffer";

/** A field of a message of unknown schema: a number (wire types 0, 1 and 5), or bytes with a length (2). */
export type Field = { readonly number: number } & (
  | { readonly wire: 0 | 1 | 5; readonly value: bigint }
  | { readonly wire: 2; readonly bytes: Uint8Array }
);

const MAX_VARINT_BYTES = 10;
/** More than any message of the platform has; what has more is a text that happens to be one. */
const MAX_NUMBER = 4095n;

/** The fields of bytes that are a message from end to end; null when they are none. */
export function fieldsOf(bytes: Uint8Array): readonly Field[] | null {
  const from = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const fields: Field[] = [];
  let pos = 0;
  const varint = (): bigint | null => {
    let value = 0n;
    for (let count = 0; count < MAX_VARINT_BYTES && pos < from.length; count++) {
      const byte = from[pos++] ?? 0;
      value |= BigInt(byte & 127) << BigInt(7 * count);
      if (byte < 128) return BigInt.asUintN(64, value);
    }
    return null;
  };
  while (pos < from.length) {
    const tag = varint();
    if (tag === null || tag >> 3n > MAX_NUMBER) return null;
    const number = Number(tag >> 3n);
    const wire = Number(tag & 7n);
    if (number === 0) return null;
    if (wire === 0) {
      const value = varint();
      if (value === null) return null;
      fields.push({ number, wire, value });
    } else if (wire === 1 || wire === 5) {
      const size = wire === 1 ? 8 : 4;
      if (pos + size > from.length) return null;
      fields.push({ number, wire, value: wire === 1 ? from.readBigUInt64LE(pos) : BigInt(from.readUInt32LE(pos)) });
      pos += size;
    } else if (wire === 2) {
      const length = varint();
      if (length === null || length > BigInt(from.length - pos)) return null;
      fields.push({ number, wire, bytes: from.subarray(pos, pos + Number(length)) });
      pos += Number(length);
    } else return null;
  }
  return fields;
}

/** The bytes of fields, in their order. */
export function bytesOf(fields: readonly Field[]): Uint8Array {
  return Buffer.concat(
    fields.flatMap((field) => {
      const tag = varintOf(BigInt(field.number * 8 + field.wire));
      if (field.wire === 2) return [tag, varintOf(BigInt(field.bytes.length)), field.bytes];
      if (field.wire === 0) return [tag, varintOf(field.value)];
      const fixed = Buffer.alloc(field.wire === 1 ? 8 : 4);
      if (field.wire === 1) fixed.writeBigUInt64LE(field.value);
      else fixed.writeUInt32LE(Number(field.value));
      return [tag, fixed];
    }),
  );
}

function varintOf(value: bigint): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7n) {
    if (rest < 128n) return Uint8Array.from([...bytes, Number(rest)]);
    bytes.push(Number(rest & 127n) | 128);
  }
}
