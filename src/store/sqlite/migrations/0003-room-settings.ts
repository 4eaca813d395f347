/** How a room is to be collected, as its operator chose; a JSON object of what differs from the server's settings. */
export const ROOM_SETTINGS = `
ALTER TABLE rooms ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';
`;
