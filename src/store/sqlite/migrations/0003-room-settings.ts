/** Column for a room's collecting settings, as its operator chose them; a JSON object of what differs from the server's settings. */
export const ROOM_SETTINGS = `
ALTER TABLE rooms ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';
`;
