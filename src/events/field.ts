import { type TSchema, Type } from "typebox";

// Each field says what it is: the documents of events and of the API are written from these descriptions.

/** A value that may be unknown. */
export const Nullable = <T extends TSchema>(schema: T, description?: string) =>
  Type.Union([schema, Type.Null()], description === undefined ? {} : { description });

/** One of some words. */
export const literals = <T extends string[]>(values: readonly [...T], description: string) => Type.Enum<T>(values, { description });

/** A text that may be unknown. */
export const Text = (description: string) => Nullable(Type.String({ description }));

/** A whole number that may be unknown. */
export const Whole = (description: string) => Nullable(Type.Integer({ description }));

/** A whole number from 0 that may be unknown. */
export const Count = (description: string) => Nullable(Type.Integer({ minimum: 0, description }));
