import { type Static, Type } from "typebox";
import { UserSchema } from "../../events/event.js";
import { Count, literals, Nullable, Text } from "../../events/field.js";

const { id, secUid, displayId, shortId, nickname, avatar } = UserSchema.properties;

/** A person as works and comments show them: what a live room tells besides is not known here. Key by `secUid`, since `id` rotates. */
export const PersonSchema = Type.Object(
  { id, secUid, displayId, shortId, nickname, avatar },
  { $id: "Person", description: "a person as works and comments show them; key by secUid" },
);
export type Person = Static<typeof PersonSchema>;

/** An author of works: a person with what their profile says. A work tells only a part of it. */
export const AuthorSchema = Type.Object(
  {
    ...PersonSchema.properties,
    signature: Text("what they say of themselves"),
    verified: Text("what the platform verified them as"),
    followers: Count("who follows them"),
    following: Count("whom they follow"),
    works: Count("works, as the platform counts: no measure of completeness, it is often about 20 where paging is limited"),
    likes: Count("likes of all their works"),
    ipPlace: Text("province or country of their address (云南)"),
    state: Nullable(literals(["public", "private", "banned", "deleted"], "what the platform says of the account")),
  },
  { $id: "Author", description: "an author of works" },
);
export type Author = Static<typeof AuthorSchema>;
