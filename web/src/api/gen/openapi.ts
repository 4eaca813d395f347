// Generated from /openapi.json by test/http/openapi.test.ts. Do not edit.
export interface paths {
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Whether the process is alive
         * @description Needs no token.
         */
        get: operations["getHealthz"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Whether requests can be served: the store took what was last to be stored, and could be written within the last three seconds
         * @description Needs no token.
         */
        get: operations["getReadyz"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Counts for Prometheus
         * @description Needs a token of scope read.
         */
        get: operations["getMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/douyin/video/detail": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What a video or a note is
         * @description Needs a token of scope read.
         */
        get: operations["getVideoDetail"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/douyin/video/comments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Comments of a video or a note
         * @description Needs a token of scope read.
         */
        get: operations["getVideoComments"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/douyin/video/comment/reply": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Replies to a comment
         * @description Needs a token of scope read.
         */
        get: operations["getVideoCommentReply"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/douyin/user/posts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Works of an author
         * @description Needs a token of scope read.
         */
        get: operations["getUserPosts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/douyin/liveroom/chat": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * New events of a room since this token's last call
         * @description Needs a token of scope read.
         */
        get: operations["getLiveroomChat"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/douyin/liveroom/info": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What is known of a room
         * @description Needs a token of scope read.
         */
        get: operations["getLiveroomInfo"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/douyin/liveroom/audience": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Viewers of a room, ranked by contribution
         * @description Needs a token of scope read.
         */
        get: operations["getLiveroomAudience"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/douyin/liveroom/ranklist": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The contributors of a room
         * @description Needs a token of scope read.
         */
        get: operations["getLiveroomRanklist"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/douyin/liveroom/gifts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The gifts of the platform with their prices
         * @description Needs a token of scope read.
         */
        get: operations["getLiveroomGifts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/douyin/liveroom/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Whether rooms are live
         * @description Needs a token of scope read.
         */
        get: operations["getLiveroomStatus"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/rooms": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List rooms, oldest first
         * @description Needs a token of scope read.
         */
        get: operations["getRooms"];
        put?: never;
        /**
         * Add a room
         * @description Needs a token of scope manage.
         */
        post: operations["postRooms"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/rooms/{room}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A room: what is known of it, its state and why
         * @description Needs a token of scope read.
         */
        get: operations["getRoomsByRoom"];
        put?: never;
        post?: never;
        /**
         * Take a room off the watch list; its events stay
         * @description Needs a token of scope manage.
         */
        delete: operations["deleteRoomsByRoom"];
        options?: never;
        head?: never;
        /**
         * Change how a room is collected; at once, if it is collected now
         * @description Needs a token of scope manage.
         */
        patch: operations["patchRoomsByRoom"];
        trace?: never;
    };
    "/v1/rooms/{room}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Stop collecting a room until it is resumed
         * @description Needs a token of scope manage.
         */
        post: operations["postRoomsByRoomPause"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/rooms/{room}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Collect a paused room again
         * @description Needs a token of scope manage.
         */
        post: operations["postRoomsByRoomResume"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the broadcasts of all rooms, newest first or by a figure
         * @description Needs a token of scope read.
         */
        get: operations["getSessions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/rooms/{room}/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the broadcasts of a room, newest first
         * @description Needs a token of scope read.
         */
        get: operations["getRoomsByRoomSessions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/rooms/{room}/broadcasts.atom": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The newest broadcasts of a room as a feed (Atom)
         * @description Needs a token of scope read. The newest 50, with their totals. Programs that read feeds send no header, so `token=` in the address is taken.
         */
        get: operations["getRoomsByRoomBroadcastsAtom"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/rooms/{room}/sessions/{session}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A broadcast
         * @description Needs a token of scope read.
         */
        get: operations["getRoomsByRoomSessionsBySession"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/compare": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Compare broadcasts, of one room or of several, minute by minute since each began
         * @description Needs a token of scope read.
         */
        get: operations["getCompare"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/rooms/{room}/summary": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A broadcast at a glance: its totals, minutes and gaps, the first of its people, gifts and words
         * @description Needs a token of scope read.
         */
        get: operations["getRoomsByRoomSummary"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/rooms/{room}/sessions/{session}/stats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A broadcast minute by minute
         * @description Needs a token of scope read.
         */
        get: operations["getRoomsByRoomSessionsBySessionStats"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/rooms/{room}/sessions/{session}/top": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * People of a broadcast, those with the most first
         * @description Needs a token of scope read.
         */
        get: operations["getRoomsByRoomSessionsBySessionTop"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/rooms/{room}/sessions/{session}/witness": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What the platform's ranks say that people gave in a broadcast, and how much of it reached us
         * @description Needs a token of scope read.
         */
        get: operations["getRoomsByRoomSessionsBySessionWitness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/rooms/{room}/sessions/{session}/words": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Words or emoji of a broadcast's chat, the most frequent first
         * @description Needs a token of scope read.
         */
        get: operations["getRoomsByRoomSessionsBySessionWords"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/rooms/{room}/sessions/{session}/gifts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Gifts of a broadcast, summed, those worth most first
         * @description Needs a token of scope read.
         */
        get: operations["getRoomsByRoomSessionsBySessionGifts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/rooms/{room}/sessions/{session}/audience": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A portrait of a broadcast's people: new or returning, levels, and whose the value is
         * @description Needs a token of scope read.
         */
        get: operations["getRoomsByRoomSessionsBySessionAudience"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/rooms/{room}/sessions/{session}/highlights": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Times of a broadcast that stand out, with where to jump to
         * @description Needs a token of scope read.
         */
        get: operations["getRoomsByRoomSessionsBySessionHighlights"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/rooms/{room}/users/{user}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What a person did in the broadcasts of a room
         * @description Needs a token of scope read.
         */
        get: operations["getRoomsByRoomUsersByUser"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/users/{user}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What a person did in all rooms
         * @description Needs a token of scope read.
         */
        get: operations["getUsersByUser"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/gifts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Gifts of the platform, with their prices now and before
         * @description Needs a token of scope read. What the platform's list of gifts and the messages of gifts say. See docs/login-and-gifts.md.
         */
        get: operations["getGifts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/gifts/{gift}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A gift, with its prices now and before
         * @description Needs a token of scope read.
         */
        get: operations["getGiftsByGift"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/rooms/{room}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Events of a room: the newest, those after a place, or those before one
         * @description Needs a token of scope read.
         */
        get: operations["getRoomsByRoomEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/rooms/{room}/test-events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make a test event
         * @description Needs a token of scope manage. It is appended to the room's log with `source` `test`: streams, polls, overlays, hooks and alarms get it. Statistics, search, exports and compatible outputs leave it out.
         */
        post: operations["postRoomsByRoomTestEvents"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/works/{work}/comments/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Comments of a work as a file, oldest first
         * @description Needs a token of scope read. jsonl, csv, xlsx or parquet: comments have no place in a recording. A file that is whole ends the answer.
         */
        get: operations["getWorksByWorkCommentsExport"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/rooms/{room}/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Events of a room or of one broadcast as a file
         * @description Needs a token of scope read. Up to the newest event when it was asked for, whose seq is in X-Export-Until. A file that is whole ends the answer; one that is not breaks the connection off.
         */
        get: operations["getRoomsByRoomExport"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/rooms/{room}/retention": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How much is kept of a room
         * @description Needs a token of scope read.
         */
        get: operations["getRoomsByRoomRetention"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change how much is kept of a room; what is beyond it is removed within minutes, in PostgreSQL events with their day
         * @description Needs a token of scope admin.
         */
        patch: operations["patchRoomsByRoomRetention"];
        trace?: never;
    };
    "/v1/erase": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take one person out of everything that is kept
         * @description Needs a token of scope admin. A task: GET /v1/tasks/{task} says how far it is and what it cannot reach. See docs/data.md.
         */
        post: operations["postErase"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/imports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Import a file of this machine: a recording, a HAR or a capture
         * @description Needs a token of scope admin. A task, for the machine's own user alone: `dylive import` asks for it over the local socket.
         */
        post: operations["postImports"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/rooms/{room}/redecode": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Decode the raw recordings of a room again, with this version's decoders
         * @description Needs a token of scope admin. A task: GET /v1/tasks/{task} says how far it is. Every seq and id is kept. See docs/exports.md.
         */
        post: operations["postRoomsByRoomRedecode"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/rooms/{room}/delete": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Delete a room with all that is kept of it; it is collected no more
         * @description Needs a token of scope admin. For good. When this is answered the room is gone; a task removes what is kept: GET /v1/tasks/{task} says how far it is. See docs/data.md.
         */
        post: operations["postRoomsByRoomDelete"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/rooms/{room}/sessions/{session}/delete": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Delete a broadcast with its events, statistics and recordings
         * @description Needs a token of scope admin. For good, as a task: GET /v1/tasks/{task} says how far it is. One that is being collected is `in_use`. See docs/data.md.
         */
        post: operations["postRoomsByRoomSessionsBySessionDelete"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tasks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Tasks since the server was started
         * @description Needs a token of scope admin.
         */
        get: operations["getTasks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tasks/{task}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How far a task is, and what came of it
         * @description Needs a token of scope admin.
         */
        get: operations["getTasksByTask"];
        put?: never;
        post?: never;
        /**
         * Stop a task; what it has done stays done, and it can be started again
         * @description Needs a token of scope admin.
         */
        delete: operations["deleteTasksByTask"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/search": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Search events of all rooms by text, user, type, time and worth, newest first
         * @description Needs a token of scope read. One of q, user, types and minDiamonds must be given.
         */
        get: operations["getSearch"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Find people by a part of their nickname, or by their id, in the broadcasts of all rooms
         * @description Needs a token of scope read.
         */
        get: operations["getUsers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/works": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the works that are kept
         * @description Needs a token of scope read.
         */
        get: operations["getWorks"];
        put?: never;
        /**
         * Read a work: a video, a note of pictures, live photos
         * @description Needs a token of scope manage. Works are read one after another, one in some seconds; what is kept and young enough is given at once.
         */
        post: operations["postWorks"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/works/pace": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How works are being read
         * @description Needs a token of scope read.
         */
        get: operations["getWorksPace"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/works/{work}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A work as it is kept
         * @description Needs a token of scope read.
         */
        get: operations["getWorksByWork"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/works/lists": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * List the works of the author or mix that a link means, and keep them
         * @description Needs a token of scope manage. As POST /v1/authors/{author}/works and POST /v1/mixes/{mix}/works, by a link: `run` says which it is. See docs/works.md.
         */
        post: operations["postWorksLists"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/authors/{author}/works": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Works of an author that are kept
         * @description Needs a token of scope read.
         */
        get: operations["getAuthorsByAuthorWorks"];
        put?: never;
        /**
         * List the works of an author from their page, and keep them; the same run under way goes on as it is
         * @description Needs a token of scope manage. It answers at once: GET /v1/authors/{author}/works/run says how far it is, and by what it ended: guests are mostly shown the first works alone. See docs/works.md.
         */
        post: operations["postAuthorsByAuthorWorks"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/authors/{author}/works/run": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How far the last run is that lists the works of an author
         * @description Needs a token of scope read.
         */
        get: operations["getAuthorsByAuthorWorksRun"];
        put?: never;
        post?: never;
        /**
         * Stop listing the works of an author; what is kept stays
         * @description Needs a token of scope manage.
         */
        delete: operations["deleteAuthorsByAuthorWorksRun"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/mixes/{mix}/works": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Works of a mix that are kept
         * @description Needs a token of scope read.
         */
        get: operations["getMixesByMixWorks"];
        put?: never;
        /**
         * List the works of a mix from their page, and keep them; the same run under way goes on as it is
         * @description Needs a token of scope manage. It answers at once: GET /v1/mixes/{mix}/works/run says how far it is, and by what it ended: guests are mostly shown the first works alone. See docs/works.md.
         */
        post: operations["postMixesByMixWorks"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/mixes/{mix}/works/run": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How far the last run is that lists the works of a mix
         * @description Needs a token of scope read.
         */
        get: operations["getMixesByMixWorksRun"];
        put?: never;
        post?: never;
        /**
         * Stop listing the works of a mix; what is kept stays
         * @description Needs a token of scope manage.
         */
        delete: operations["deleteMixesByMixWorksRun"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/comments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Search the comments of all works by text, person and time, newest first
         * @description Needs a token of scope read. One request looks at some thousand comments: while there is a `next`, there may be more.
         */
        get: operations["getComments"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/works/{work}/comments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Comments of a work that are kept
         * @description Needs a token of scope read. Top comments as the platform orders them, or with `parent` the replies of one. With `q`, `user`, `from` or `to` all that fulfil them, newest first.
         */
        get: operations["getWorksByWorkComments"];
        put?: never;
        /**
         * Collect the comments of a work and keep them; the same run under way goes on as it is
         * @description Needs a token of scope manage. A run that lasts for minutes to hours: GET /v1/works/{work}/comments/run says how far it is. It goes on with what is kept. See docs/works.md.
         */
        post: operations["postWorksByWorkComments"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/works/{work}/comments/run": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How far the last run is that collects the comments of a work
         * @description Needs a token of scope read.
         */
        get: operations["getWorksByWorkCommentsRun"];
        put?: never;
        post?: never;
        /**
         * Stop collecting the comments of a work; what is kept stays, and a new run goes on
         * @description Needs a token of scope manage.
         */
        delete: operations["deleteWorksByWorkCommentsRun"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/downloads": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the downloads
         * @description Needs a token of scope read.
         */
        get: operations["getDownloads"];
        put?: never;
        /**
         * Download the files of a work onto the server's disk; the same one under way goes on as it is
         * @description Needs a token of scope manage. It answers at once: GET /v1/downloads/{download} says how far it is. What is there is not fetched again. See docs/works.md.
         */
        post: operations["postDownloads"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/downloads/{download}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How far a download is
         * @description Needs a token of scope read.
         */
        get: operations["getDownloadsByDownload"];
        put?: never;
        post?: never;
        /**
         * Cancel a download; what is there of it stays, unless it is to be removed
         * @description Needs a token of scope manage.
         */
        delete: operations["deleteDownloadsByDownload"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/works/{work}/files": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The files of a work: its rungs, what a download takes and why, and what was downloaded
         * @description Needs a token of scope read.
         */
        get: operations["getWorksByWorkFiles"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/downloads/{download}/files/{role}/{index}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A file that was downloaded, or a part of it (Range)
         * @description Needs a token of scope read. Films, pictures and sounds are shown where a browser can, all else is a file to be kept. token= is taken for players.
         */
        get: operations["getDownloadsByDownloadFilesByRoleByIndex"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/authors": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Authors who are watched
         * @description Needs a token of scope read.
         */
        get: operations["getAuthors"];
        put?: never;
        /**
         * Watch an author: each work that they publish becomes an event of room 0
         * @description Needs a token of scope manage. The first look only learns what is there. 200 where the author is watched already. See docs/works.md.
         */
        post: operations["postAuthors"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/authors/{author}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The watch on an author
         * @description Needs a token of scope read.
         */
        get: operations["getAuthorsByAuthor"];
        put?: never;
        post?: never;
        /**
         * Stop watching an author; its events stay
         * @description Needs a token of scope manage.
         */
        delete: operations["deleteAuthorsByAuthor"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/authors/{author}/look": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Look at an author's works as soon as their turn comes
         * @description Needs a token of scope manage.
         */
        post: operations["postAuthorsByAuthorLook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sidecars": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the folders beside whose recordings danmaku are written
         * @description Needs a token of scope admin.
         */
        get: operations["getSidecars"];
        put?: never;
        /**
         * Have danmaku written beside the recordings of a folder, from now on
         * @description Needs a token of scope admin. It goes on after a restart of the server. See docs/sidecar.md.
         */
        post: operations["postSidecars"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sidecars/{sidecar}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Write no more beside the recordings of a folder; what was written stays
         * @description Needs a token of scope admin.
         */
        delete: operations["deleteSidecarsBySidecar"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/token": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The token that asks: what it may do
         * @description Needs a token of scope read.
         */
        get: operations["getToken"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List tokens, oldest first
         * @description Needs a token of scope admin.
         */
        get: operations["getTokens"];
        put?: never;
        /**
         * Make a token; it is shown this once
         * @description Needs a token of scope admin.
         */
        post: operations["postTokens"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tokens/{token}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revoke a token, and forget how far its clients have come
         * @description Needs a token of scope admin.
         */
        delete: operations["deleteTokensByToken"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/hooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List webhooks, oldest first
         * @description Needs a token of scope manage.
         */
        get: operations["getHooks"];
        put?: never;
        /**
         * Make a webhook; its secret is shown this once
         * @description Needs a token of scope manage.
         */
        post: operations["postHooks"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/hooks/{hook}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A webhook, and how it is doing
         * @description Needs a token of scope manage.
         */
        get: operations["getHooksByHook"];
        put?: never;
        post?: never;
        /**
         * Remove a webhook
         * @description Needs a token of scope manage.
         */
        delete: operations["deleteHooksByHook"];
        options?: never;
        head?: never;
        /**
         * Change a webhook
         * @description Needs a token of scope manage.
         */
        patch: operations["patchHooksByHook"];
        trace?: never;
    };
    "/v1/hooks/{hook}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send nothing until it is resumed
         * @description Needs a token of scope manage.
         */
        post: operations["postHooksByHookPause"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/hooks/{hook}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Go on where it was; an active one tries again at once
         * @description Needs a token of scope manage.
         */
        post: operations["postHooksByHookResume"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/hooks/{hook}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a room's events again from a seq on
         * @description Needs a token of scope manage.
         */
        post: operations["postHooksByHookReplay"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/hooks/{hook}/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make a new secret, shown this once; the old one signs beside it for a day
         * @description Needs a token of scope manage.
         */
        post: operations["postHooksByHookRotate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/hooks/{hook}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send an empty message and say what came of it
         * @description Needs a token of scope manage. As often as the address may be sent messages, and six a minute for each token.
         */
        post: operations["postHooksByHookTest"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/hooks/{hook}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The last requests of a webhook, newest first
         * @description Needs a token of scope manage.
         */
        get: operations["getHooksByHookDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/official": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How the apps of the Open Platform fare
         * @description Needs a token of scope read.
         */
        get: operations["getOfficial"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/official/launches": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Watch the room of a launch token
         * @description Needs a token of scope manage.
         */
        post: operations["postOfficialLaunches"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/official/rooms": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Put the room of a broadcast of an app on the watch list: its tasks are started within seconds
         * @description Needs a token of scope manage. Pausing the room stops them.
         */
        post: operations["postOfficialRooms"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/official/acks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Confirm to the platform that messages were shown (ack type 2)
         * @description Needs a token of scope manage.
         */
        post: operations["postOfficialAcks"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/accounts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List accounts
         * @description Needs a token of scope manage.
         */
        get: operations["getAccounts"];
        put?: never;
        /**
         * Keep pasted cookies as an account, in place of those before
         * @description Needs a token of scope admin.
         */
        post: operations["postAccounts"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/accounts/{account}/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask the platform whether an account is still logged in
         * @description Needs a token of scope admin.
         */
        post: operations["postAccountsByAccountCheck"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/accounts/{account}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Forget an account here; the platform has the session until you log out there
         * @description Needs a token of scope admin.
         */
        delete: operations["deleteAccountsByAccount"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/about": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What this server is
         * @description Needs a token of scope admin.
         */
        get: operations["getAbout"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Every setting, where it comes from, and which may be changed now
         * @description Needs a token of scope admin.
         */
        get: operations["getSettings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change settings while the server runs: limits of what is kept count within ten minutes, others within half a minute
         * @description Needs a token of scope admin. All or none. A setting that the server was started with is refused: take it out of the environment first. See docs/data.md.
         */
        patch: operations["patchSettings"];
        trace?: never;
    };
    "/v1/doctor": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Look at every layer between here and the platform; may take some minutes
         * @description Needs a token of scope admin.
         */
        post: operations["postDoctor"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/speech": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The engine that speaks for overlays
         * @description Needs a token of scope read.
         */
        get: operations["getSpeech"];
        put?: never;
        /**
         * A sentence as sound
         * @description Needs a token of scope read. By an engine on the server. A sentence that several ask for at a time is made once.
         */
        post: operations["postSpeech"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/cluster": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who does what in a cluster; not found where one process does everything
         * @description Needs a token of scope admin.
         */
        get: operations["getCluster"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/events/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Events of rooms as they come (Server-Sent Events)
         * @description Needs a token of scope read.
         */
        get: operations["getEventsStream"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/rooms/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Rooms whose state has changed, at most once a second (Server-Sent Events)
         * @description Needs a token of scope read.
         */
        get: operations["getRoomsStream"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/mcp": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask by the Model Context Protocol: for programs of AI
         * @description Needs a token of scope read. Streamable HTTP without sessions, of 2026-07-28 and of 2025; docs/mcp.md has the tools.
         */
        post: operations["postMcp"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description refused: error.code says why, error.hint what to do */
        Error: {
            /** @description details may be added */
            error: {
                /** @description stable */
                code: string;
                /** @description what is wrong */
                message: string;
                /** @description what to do */
                hint: string;
                /** @description names the request in the server's log */
                requestId: string;
                /** @description cursor_reset: everything kept comes after this cursor */
                oldest?: string;
                /** @description cursor_reset: only what is new comes after this cursor */
                newest?: string;
                /** @description bad_request: the field that is wrong, such as types or channel.secret */
                field?: string;
                /** @description place of a mistake in the filter, in characters from 0 */
                position?: number;
                /** @description rate_limited: seconds to wait */
                retryAfterS?: number;
            };
        };
        /** @description a person as the platform shows them */
        User: {
            id: string | null;
            secUid: string | null;
            displayId: string | null;
            shortId: string | null;
            nickname: string | null;
            avatar: string | null;
            gender: ("male" | "female") | null;
            payLevel: number | null;
            fansClub: {
                name: string | null;
                /** @description level in it */
                level: number;
                /**
                 * @description the membership has lapsed: the platform shows no badge
                 * @enum {boolean}
                 */
                lapsed?: true;
            } | null;
            /** @description the platform marks this user as a room admin */
            isAdmin: boolean;
            /** @description the anchor of the room */
            isAnchor: boolean;
            /** @description the room hides who this is (uid 111111), or they hide themselves (神秘人): never merge masked users */
            masked: boolean;
            /** @description the platform's id of the person in live rooms: it tells masked people apart */
            webcastUid?: string;
            /** @description club whose badge the person wears, where the platform tells it: it may be another anchor's */
            wornClub?: {
                name: string | null;
                /** @description level in it */
                level: number;
            };
            /** @description how many follow the person */
            followers?: number;
            /** @description how many the person follows */
            following?: number;
            /** @description whether the person follows, as the platform numbers it: 1 does; other numbers are not verified */
            followStatus?: number;
            /** @description diamonds that the person has given in this room so far, by the platform's count */
            roomDiamonds?: number;
            /** @description gifts that the person has given in this room so far, by the platform's count */
            roomGifts?: number;
            /** @description what the platform marks the person as in this room, by its own word: regular_watch, regular_chat, new_send_gift were seen */
            label?: string;
        };
        /** @description A person wrote or said something (弹幕). */
        ChatEvent: {
            /** @description place in the room's log */
            seq: number;
            /** @description unique in the room, and always the same for the same message */
            id: string;
            /** @description room key, internal to this server */
            room: number;
            webRid: string | null;
            sessionId: string | null;
            /** @description the platform's method, or `dylive` for our own events */
            method: string;
            /** @description platform time, ms UTC */
            time: number;
            /**
             * @description the platform gave no time: it was worked out of the message's id, or of when it came
             * @enum {boolean}
             */
            timeEstimated?: true;
            /**
             * @description from the platform's first answer: it happened before the connection, is left out of rates and raises no alarm
             * @enum {boolean}
             */
            history?: true;
            /** @description when the bytes reached us, ms UTC */
            receivedAt: number;
            /**
             * @description where the bytes came from; `test`: made to try overlays and alarms, nothing happened and nothing counts it
             * @enum {unknown}
             */
            source: "websocket" | "browser" | "recording" | "official" | "import" | "system" | "test";
            /** @description 0 as first stored; raised by redecode */
            revision: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "chat";
            user: components["schemas"]["User"];
            /** @description what was written; an emoji by its name in brackets */
            text: string;
            /**
             * @description ordinary, an emoji alone, flying (飘屏), flying by a privilege, words of a voice message, about a gift exhibition
             * @enum {unknown}
             */
            kind: "text" | "emoji" | "screen" | "privilege" | "audio" | "exhibition";
            /** @description the text in pieces: emoji apart, and people who are mentioned (@) with who they are in `user` */
            segments: ({
                /** @description literal text */
                text: string;
                user?: components["schemas"]["User"];
            } | {
                /** @description name of an emoji */
                emoji: string;
                url: string | null;
            })[];
            /** @description the passphrase of a lucky bag (福袋口令), not free talk */
            luckyBag: boolean;
        };
        /** @description A person gave something, or a combo of gifts has ended (送礼). Sum `delta` and `diamonds`, never `comboTotal`. */
        GiftEvent: {
            /** @description place in the room's log */
            seq: number;
            /** @description unique in the room, and always the same for the same message */
            id: string;
            /** @description room key, internal to this server */
            room: number;
            webRid: string | null;
            sessionId: string | null;
            /** @description the platform's method, or `dylive` for our own events */
            method: string;
            /** @description platform time, ms UTC */
            time: number;
            /**
             * @description the platform gave no time: it was worked out of the message's id, or of when it came
             * @enum {boolean}
             */
            timeEstimated?: true;
            /**
             * @description from the platform's first answer: it happened before the connection, is left out of rates and raises no alarm
             * @enum {boolean}
             */
            history?: true;
            /** @description when the bytes reached us, ms UTC */
            receivedAt: number;
            /**
             * @description where the bytes came from; `test`: made to try overlays and alarms, nothing happened and nothing counts it
             * @enum {unknown}
             */
            source: "websocket" | "browser" | "recording" | "official" | "import" | "system" | "test";
            /** @description 0 as first stored; raised by redecode */
            revision: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "gift";
            user: components["schemas"]["User"];
            /**
             * @description which of the platform's forms of a gift
             * @enum {unknown}
             */
            kind: "gift" | "light" | "binding" | "doodle";
            /** @description what was given */
            gift: {
                /** @description the platform's id of the gift */
                id: string;
                name: string | null;
                icon: string | null;
                /** @description it can be given in combos, where the platform tells that */
                combo?: boolean;
                /** @description fields that this message did not tell: the catalogue of gifts did */
                filled?: ("name" | "icon" | "unitDiamonds")[];
            };
            /** @description units that are new with this event: sum these */
            delta: number;
            /** @description units of the combo so far */
            comboTotal: number;
            /** @description units of one click, where it gives a bundle (10, 66, 188 …) */
            unitsPerClick?: number;
            /** @description the combo has ended */
            settled: boolean;
            unitDiamonds: number | null;
            diamonds: number | null;
            /** @description the guest whom it was for; null is the anchor, or the platform did not say */
            receiver: components["schemas"]["User"] | null;
            /** @description the same in all events of one combo */
            comboId: string;
            traceId: string | null;
            /**
             * @description made by the Open Platform to try an app: not given by a person, do not count it
             * @enum {boolean}
             */
            test?: true;
            /** @description whole value in 分 (0.01 CNY), as the Open Platform tells it */
            valueFen?: number;
            /** @description the lucky cube (幸运魔方) that was sent; gift is what came out of it */
            luckyCubeId?: string;
        };
        /** @description A person tapped the screen (点赞). The platform sends a sample of these. */
        LikeEvent: {
            /** @description place in the room's log */
            seq: number;
            /** @description unique in the room, and always the same for the same message */
            id: string;
            /** @description room key, internal to this server */
            room: number;
            webRid: string | null;
            sessionId: string | null;
            /** @description the platform's method, or `dylive` for our own events */
            method: string;
            /** @description platform time, ms UTC */
            time: number;
            /**
             * @description the platform gave no time: it was worked out of the message's id, or of when it came
             * @enum {boolean}
             */
            timeEstimated?: true;
            /**
             * @description from the platform's first answer: it happened before the connection, is left out of rates and raises no alarm
             * @enum {boolean}
             */
            history?: true;
            /** @description when the bytes reached us, ms UTC */
            receivedAt: number;
            /**
             * @description where the bytes came from; `test`: made to try overlays and alarms, nothing happened and nothing counts it
             * @enum {unknown}
             */
            source: "websocket" | "browser" | "recording" | "official" | "import" | "system" | "test";
            /** @description 0 as first stored; raised by redecode */
            revision: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "like";
            user: components["schemas"]["User"];
            /** @description likes in this batch; the platform samples likes */
            count: number;
            total: number | null;
        };
        /** @description A person came into the room (来了). In big rooms the platform sends a sample. */
        JoinEvent: {
            /** @description place in the room's log */
            seq: number;
            /** @description unique in the room, and always the same for the same message */
            id: string;
            /** @description room key, internal to this server */
            room: number;
            webRid: string | null;
            sessionId: string | null;
            /** @description the platform's method, or `dylive` for our own events */
            method: string;
            /** @description platform time, ms UTC */
            time: number;
            /**
             * @description the platform gave no time: it was worked out of the message's id, or of when it came
             * @enum {boolean}
             */
            timeEstimated?: true;
            /**
             * @description from the platform's first answer: it happened before the connection, is left out of rates and raises no alarm
             * @enum {boolean}
             */
            history?: true;
            /** @description when the bytes reached us, ms UTC */
            receivedAt: number;
            /**
             * @description where the bytes came from; `test`: made to try overlays and alarms, nothing happened and nothing counts it
             * @enum {unknown}
             */
            source: "websocket" | "browser" | "recording" | "official" | "import" | "system" | "test";
            /** @description 0 as first stored; raised by redecode */
            revision: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "join";
            user: components["schemas"]["User"];
            memberCount: number | null;
            via: "share" | null;
        };
        /** @description A person followed the anchor (关注). */
        FollowEvent: {
            /** @description place in the room's log */
            seq: number;
            /** @description unique in the room, and always the same for the same message */
            id: string;
            /** @description room key, internal to this server */
            room: number;
            webRid: string | null;
            sessionId: string | null;
            /** @description the platform's method, or `dylive` for our own events */
            method: string;
            /** @description platform time, ms UTC */
            time: number;
            /**
             * @description the platform gave no time: it was worked out of the message's id, or of when it came
             * @enum {boolean}
             */
            timeEstimated?: true;
            /**
             * @description from the platform's first answer: it happened before the connection, is left out of rates and raises no alarm
             * @enum {boolean}
             */
            history?: true;
            /** @description when the bytes reached us, ms UTC */
            receivedAt: number;
            /**
             * @description where the bytes came from; `test`: made to try overlays and alarms, nothing happened and nothing counts it
             * @enum {unknown}
             */
            source: "websocket" | "browser" | "recording" | "official" | "import" | "system" | "test";
            /** @description 0 as first stored; raised by redecode */
            revision: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "follow";
            user: components["schemas"]["User"];
            followers: number | null;
        };
        /** @description A person shared the room; never shown as a follow (分享). */
        ShareEvent: {
            /** @description place in the room's log */
            seq: number;
            /** @description unique in the room, and always the same for the same message */
            id: string;
            /** @description room key, internal to this server */
            room: number;
            webRid: string | null;
            sessionId: string | null;
            /** @description the platform's method, or `dylive` for our own events */
            method: string;
            /** @description platform time, ms UTC */
            time: number;
            /**
             * @description the platform gave no time: it was worked out of the message's id, or of when it came
             * @enum {boolean}
             */
            timeEstimated?: true;
            /**
             * @description from the platform's first answer: it happened before the connection, is left out of rates and raises no alarm
             * @enum {boolean}
             */
            history?: true;
            /** @description when the bytes reached us, ms UTC */
            receivedAt: number;
            /**
             * @description where the bytes came from; `test`: made to try overlays and alarms, nothing happened and nothing counts it
             * @enum {unknown}
             */
            source: "websocket" | "browser" | "recording" | "official" | "import" | "system" | "test";
            /** @description 0 as first stored; raised by redecode */
            revision: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "share";
            user: components["schemas"]["User"];
            target: string | null;
        };
        /** @description A person left the room; the platform seldom says so. */
        LeaveEvent: {
            /** @description place in the room's log */
            seq: number;
            /** @description unique in the room, and always the same for the same message */
            id: string;
            /** @description room key, internal to this server */
            room: number;
            webRid: string | null;
            sessionId: string | null;
            /** @description the platform's method, or `dylive` for our own events */
            method: string;
            /** @description platform time, ms UTC */
            time: number;
            /**
             * @description the platform gave no time: it was worked out of the message's id, or of when it came
             * @enum {boolean}
             */
            timeEstimated?: true;
            /**
             * @description from the platform's first answer: it happened before the connection, is left out of rates and raises no alarm
             * @enum {boolean}
             */
            history?: true;
            /** @description when the bytes reached us, ms UTC */
            receivedAt: number;
            /**
             * @description where the bytes came from; `test`: made to try overlays and alarms, nothing happened and nothing counts it
             * @enum {unknown}
             */
            source: "websocket" | "browser" | "recording" | "official" | "import" | "system" | "test";
            /** @description 0 as first stored; raised by redecode */
            revision: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "leave";
            user: components["schemas"]["User"];
        };
        /** @description Something was done to a member (禁言, 管理员 …). */
        ModerationEvent: {
            /** @description place in the room's log */
            seq: number;
            /** @description unique in the room, and always the same for the same message */
            id: string;
            /** @description room key, internal to this server */
            room: number;
            webRid: string | null;
            sessionId: string | null;
            /** @description the platform's method, or `dylive` for our own events */
            method: string;
            /** @description platform time, ms UTC */
            time: number;
            /**
             * @description the platform gave no time: it was worked out of the message's id, or of when it came
             * @enum {boolean}
             */
            timeEstimated?: true;
            /**
             * @description from the platform's first answer: it happened before the connection, is left out of rates and raises no alarm
             * @enum {boolean}
             */
            history?: true;
            /** @description when the bytes reached us, ms UTC */
            receivedAt: number;
            /**
             * @description where the bytes came from; `test`: made to try overlays and alarms, nothing happened and nothing counts it
             * @enum {unknown}
             */
            source: "websocket" | "browser" | "recording" | "official" | "import" | "system" | "test";
            /** @description 0 as first stored; raised by redecode */
            revision: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "moderation";
            user: components["schemas"]["User"];
            /**
             * @description what was done to `user`
             * @enum {unknown}
             */
            action: "mute" | "unmute" | "set_admin" | "unset_admin" | "kick" | "manager_mute" | "manager_unmute" | "block";
            /** @description who did it */
            operator: components["schemas"]["User"] | null;
        };
        /** @description A person joined the anchor's fans club or rose in it (粉丝团). */
        FansclubEvent: {
            /** @description place in the room's log */
            seq: number;
            /** @description unique in the room, and always the same for the same message */
            id: string;
            /** @description room key, internal to this server */
            room: number;
            webRid: string | null;
            sessionId: string | null;
            /** @description the platform's method, or `dylive` for our own events */
            method: string;
            /** @description platform time, ms UTC */
            time: number;
            /**
             * @description the platform gave no time: it was worked out of the message's id, or of when it came
             * @enum {boolean}
             */
            timeEstimated?: true;
            /**
             * @description from the platform's first answer: it happened before the connection, is left out of rates and raises no alarm
             * @enum {boolean}
             */
            history?: true;
            /** @description when the bytes reached us, ms UTC */
            receivedAt: number;
            /**
             * @description where the bytes came from; `test`: made to try overlays and alarms, nothing happened and nothing counts it
             * @enum {unknown}
             */
            source: "websocket" | "browser" | "recording" | "official" | "import" | "system" | "test";
            /** @description 0 as first stored; raised by redecode */
            revision: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "fansclub";
            user: components["schemas"]["User"];
            /**
             * @description what happened
             * @enum {unknown}
             */
            action: "join" | "upgrade" | "leave" | "other";
            text: string | null;
        };
        /** @description How many people are there. Sent only when `types` names it. */
        StatsEvent: {
            /** @description place in the room's log */
            seq: number;
            /** @description unique in the room, and always the same for the same message */
            id: string;
            /** @description room key, internal to this server */
            room: number;
            webRid: string | null;
            sessionId: string | null;
            /** @description the platform's method, or `dylive` for our own events */
            method: string;
            /** @description platform time, ms UTC */
            time: number;
            /**
             * @description the platform gave no time: it was worked out of the message's id, or of when it came
             * @enum {boolean}
             */
            timeEstimated?: true;
            /**
             * @description from the platform's first answer: it happened before the connection, is left out of rates and raises no alarm
             * @enum {boolean}
             */
            history?: true;
            /** @description when the bytes reached us, ms UTC */
            receivedAt: number;
            /**
             * @description where the bytes came from; `test`: made to try overlays and alarms, nothing happened and nothing counts it
             * @enum {unknown}
             */
            source: "websocket" | "browser" | "recording" | "official" | "import" | "system" | "test";
            /** @description 0 as first stored; raised by redecode */
            revision: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "stats";
            online: number | null;
            totalViewers: number | null;
            onlineText: string | null;
            totalText: string | null;
            /** @description tickets of the room so far (本场音浪), if the message has them */
            tickets?: number;
            /** @description top contributors, where the message has them: one message is one event */
            ranks?: {
                /** @description place, from 1 */
                rank: number;
                score: number | null;
                scoreText: string | null;
                user: components["schemas"]["User"];
            }[];
        };
        /** @description Top contributors of the room, or of one guest, or who liked most. Sent only when `types` names it. */
        RankEvent: {
            /** @description place in the room's log */
            seq: number;
            /** @description unique in the room, and always the same for the same message */
            id: string;
            /** @description room key, internal to this server */
            room: number;
            webRid: string | null;
            sessionId: string | null;
            /** @description the platform's method, or `dylive` for our own events */
            method: string;
            /** @description platform time, ms UTC */
            time: number;
            /**
             * @description the platform gave no time: it was worked out of the message's id, or of when it came
             * @enum {boolean}
             */
            timeEstimated?: true;
            /**
             * @description from the platform's first answer: it happened before the connection, is left out of rates and raises no alarm
             * @enum {boolean}
             */
            history?: true;
            /** @description when the bytes reached us, ms UTC */
            receivedAt: number;
            /**
             * @description where the bytes came from; `test`: made to try overlays and alarms, nothing happened and nothing counts it
             * @enum {unknown}
             */
            source: "websocket" | "browser" | "recording" | "official" | "import" | "system" | "test";
            /** @description 0 as first stored; raised by redecode */
            revision: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "rank";
            /**
             * @description which of the platform's ranks: with numbers, with texts alone, of what one guest was given, or of who liked most, whose scores are likes
             * @enum {unknown}
             */
            list: "audience" | "room" | "guest" | "likes";
            /** @description places in order */
            entries: {
                /** @description place, from 1 */
                rank: number;
                score: number | null;
                scoreText: string | null;
                user: components["schemas"]["User"];
            }[];
            /** @description the guest whose contributors these are; null is the room's */
            receiver: components["schemas"]["User"] | null;
            total: number | null;
        };
        /** @description The platform says that the broadcast pauses, goes on or ends. An end is confirmed by a `state` event. */
        ControlEvent: {
            /** @description place in the room's log */
            seq: number;
            /** @description unique in the room, and always the same for the same message */
            id: string;
            /** @description room key, internal to this server */
            room: number;
            webRid: string | null;
            sessionId: string | null;
            /** @description the platform's method, or `dylive` for our own events */
            method: string;
            /** @description platform time, ms UTC */
            time: number;
            /**
             * @description the platform gave no time: it was worked out of the message's id, or of when it came
             * @enum {boolean}
             */
            timeEstimated?: true;
            /**
             * @description from the platform's first answer: it happened before the connection, is left out of rates and raises no alarm
             * @enum {boolean}
             */
            history?: true;
            /** @description when the bytes reached us, ms UTC */
            receivedAt: number;
            /**
             * @description where the bytes came from; `test`: made to try overlays and alarms, nothing happened and nothing counts it
             * @enum {unknown}
             */
            source: "websocket" | "browser" | "recording" | "official" | "import" | "system" | "test";
            /** @description 0 as first stored; raised by redecode */
            revision: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "control";
            /**
             * @description what is said
             * @enum {unknown}
             */
            action: "pause" | "resume" | "end" | "end_by_admin" | "change_node" | "end_by_switch" | "ping_timeout" | "other";
            /** @description the platform's number of it */
            code: number;
            tips: string | null;
        };
        /** @description A sentence of the platform: a system text, a banner, an introduction, messages taken back. */
        NoticeEvent: {
            /** @description place in the room's log */
            seq: number;
            /** @description unique in the room, and always the same for the same message */
            id: string;
            /** @description room key, internal to this server */
            room: number;
            webRid: string | null;
            sessionId: string | null;
            /** @description the platform's method, or `dylive` for our own events */
            method: string;
            /** @description platform time, ms UTC */
            time: number;
            /**
             * @description the platform gave no time: it was worked out of the message's id, or of when it came
             * @enum {boolean}
             */
            timeEstimated?: true;
            /**
             * @description from the platform's first answer: it happened before the connection, is left out of rates and raises no alarm
             * @enum {boolean}
             */
            history?: true;
            /** @description when the bytes reached us, ms UTC */
            receivedAt: number;
            /**
             * @description where the bytes came from; `test`: made to try overlays and alarms, nothing happened and nothing counts it
             * @enum {unknown}
             */
            source: "websocket" | "browser" | "recording" | "official" | "import" | "system" | "test";
            /** @description 0 as first stored; raised by redecode */
            revision: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "notice";
            user?: components["schemas"]["User"];
            text: string | null;
            /**
             * @description the platform keeps it above the chat
             * @enum {boolean}
             */
            pinned?: true;
            /** @description the platform's ids of messages that are taken off the screen; they stay in the log */
            deletes?: string[];
        };
        /** @description Comments are pinned above the chat (置顶评论): those that are pinned now, none when the last was taken down. */
        PinEvent: {
            /** @description place in the room's log */
            seq: number;
            /** @description unique in the room, and always the same for the same message */
            id: string;
            /** @description room key, internal to this server */
            room: number;
            webRid: string | null;
            sessionId: string | null;
            /** @description the platform's method, or `dylive` for our own events */
            method: string;
            /** @description platform time, ms UTC */
            time: number;
            /**
             * @description the platform gave no time: it was worked out of the message's id, or of when it came
             * @enum {boolean}
             */
            timeEstimated?: true;
            /**
             * @description from the platform's first answer: it happened before the connection, is left out of rates and raises no alarm
             * @enum {boolean}
             */
            history?: true;
            /** @description when the bytes reached us, ms UTC */
            receivedAt: number;
            /**
             * @description where the bytes came from; `test`: made to try overlays and alarms, nothing happened and nothing counts it
             * @enum {unknown}
             */
            source: "websocket" | "browser" | "recording" | "official" | "import" | "system" | "test";
            /** @description 0 as first stored; raised by redecode */
            revision: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "pin";
            /** @description what is pinned */
            pins: {
                messageId: string | null;
                user: components["schemas"]["User"];
                /** @description what was written */
                text: string;
                until: number | null;
            }[];
            /** @description the platform's version of this state, where it has one: a greater one replaces it */
            version?: string;
        };
        /** @description Something happened to goods that are sold (小黄车). Those with `explaining` are a timeline of what was explained. */
        ProductEvent: {
            /** @description place in the room's log */
            seq: number;
            /** @description unique in the room, and always the same for the same message */
            id: string;
            /** @description room key, internal to this server */
            room: number;
            webRid: string | null;
            sessionId: string | null;
            /** @description the platform's method, or `dylive` for our own events */
            method: string;
            /** @description platform time, ms UTC */
            time: number;
            /**
             * @description the platform gave no time: it was worked out of the message's id, or of when it came
             * @enum {boolean}
             */
            timeEstimated?: true;
            /**
             * @description from the platform's first answer: it happened before the connection, is left out of rates and raises no alarm
             * @enum {boolean}
             */
            history?: true;
            /** @description when the bytes reached us, ms UTC */
            receivedAt: number;
            /**
             * @description where the bytes came from; `test`: made to try overlays and alarms, nothing happened and nothing counts it
             * @enum {unknown}
             */
            source: "websocket" | "browser" | "recording" | "official" | "import" | "system" | "test";
            /** @description 0 as first stored; raised by redecode */
            revision: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "product";
            action: string | null;
            explaining: string | null;
            /** @description goods that are concerned */
            products: {
                /** @description promotion id */
                id: string;
                index: number | null;
                title: string | null;
                price: number | null;
                cover: string | null;
            }[];
            /** @description groups of goods, where the message has them */
            categories?: {
                /** @description name of the group, as the shop gives it */
                name: string;
                /** @description promotion ids of its goods */
                products: string[];
            }[];
            total: number | null;
            text: string | null;
        };
        /** @description A battle of anchors begins, changes or ends (PK). */
        BattleEvent: {
            /** @description place in the room's log */
            seq: number;
            /** @description unique in the room, and always the same for the same message */
            id: string;
            /** @description room key, internal to this server */
            room: number;
            webRid: string | null;
            sessionId: string | null;
            /** @description the platform's method, or `dylive` for our own events */
            method: string;
            /** @description platform time, ms UTC */
            time: number;
            /**
             * @description the platform gave no time: it was worked out of the message's id, or of when it came
             * @enum {boolean}
             */
            timeEstimated?: true;
            /**
             * @description from the platform's first answer: it happened before the connection, is left out of rates and raises no alarm
             * @enum {boolean}
             */
            history?: true;
            /** @description when the bytes reached us, ms UTC */
            receivedAt: number;
            /**
             * @description where the bytes came from; `test`: made to try overlays and alarms, nothing happened and nothing counts it
             * @enum {unknown}
             */
            source: "websocket" | "browser" | "recording" | "official" | "import" | "system" | "test";
            /** @description 0 as first stored; raised by redecode */
            revision: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "battle";
            battleId: string | null;
            phase: string | null;
            /** @description of each side, at its end */
            scores: {
                /** @description uid of the side's anchor */
                userId: string;
                /** @description points so far */
                score: number;
                rank: number | null;
            }[];
            text: string | null;
        };
        /** @description Guests or anchors are linked (连麦). */
        LinkmicEvent: {
            /** @description place in the room's log */
            seq: number;
            /** @description unique in the room, and always the same for the same message */
            id: string;
            /** @description room key, internal to this server */
            room: number;
            webRid: string | null;
            sessionId: string | null;
            /** @description the platform's method, or `dylive` for our own events */
            method: string;
            /** @description platform time, ms UTC */
            time: number;
            /**
             * @description the platform gave no time: it was worked out of the message's id, or of when it came
             * @enum {boolean}
             */
            timeEstimated?: true;
            /**
             * @description from the platform's first answer: it happened before the connection, is left out of rates and raises no alarm
             * @enum {boolean}
             */
            history?: true;
            /** @description when the bytes reached us, ms UTC */
            receivedAt: number;
            /**
             * @description where the bytes came from; `test`: made to try overlays and alarms, nothing happened and nothing counts it
             * @enum {unknown}
             */
            source: "websocket" | "browser" | "recording" | "official" | "import" | "system" | "test";
            /** @description 0 as first stored; raised by redecode */
            revision: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "linkmic";
            action: string | null;
            code: number | null;
            channelId: string | null;
            /** @description who is linked now, where the message names them */
            users: components["schemas"]["User"][];
            /** @description scores of the sides, or of the anchors who are linked */
            scores?: {
                /** @description uid of the side's anchor */
                userId: string;
                /** @description points so far */
                score: number;
                rank: number | null;
            }[];
            text: string | null;
            /** @description the platform's version of this state, where it has one: a greater one replaces it */
            version?: string;
        };
        /** @description A lucky box (红包) or lottery (福袋): put into the room, drawn, over. */
        LotteryEvent: {
            /** @description place in the room's log */
            seq: number;
            /** @description unique in the room, and always the same for the same message */
            id: string;
            /** @description room key, internal to this server */
            room: number;
            webRid: string | null;
            sessionId: string | null;
            /** @description the platform's method, or `dylive` for our own events */
            method: string;
            /** @description platform time, ms UTC */
            time: number;
            /**
             * @description the platform gave no time: it was worked out of the message's id, or of when it came
             * @enum {boolean}
             */
            timeEstimated?: true;
            /**
             * @description from the platform's first answer: it happened before the connection, is left out of rates and raises no alarm
             * @enum {boolean}
             */
            history?: true;
            /** @description when the bytes reached us, ms UTC */
            receivedAt: number;
            /**
             * @description where the bytes came from; `test`: made to try overlays and alarms, nothing happened and nothing counts it
             * @enum {unknown}
             */
            source: "websocket" | "browser" | "recording" | "official" | "import" | "system" | "test";
            /** @description 0 as first stored; raised by redecode */
            revision: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "lottery";
            user?: components["schemas"]["User"];
            action: string | null;
            lotteryId: string | null;
            diamonds: number | null;
            /** @description how many take part so far */
            participants?: number;
            /** @description how many are to win */
            luckyCount?: number;
            /** @description when it started, ms UTC */
            startAt?: number;
            /** @description when it is drawn, ms UTC */
            drawAt?: number;
            /** @description what a person must do or be to take part */
            conditions?: {
                /** @description the platform's number of the kind; its list is not verified */
                kind: number;
                text: string | null;
                diamonds: number | null;
                fansLevel: number | null;
            }[];
            /** @description uids */
            winners?: string[];
            text: string | null;
            /** @description the platform's version of this state, where it has one: a greater one replaces it */
            version?: string;
        };
        /** @description The state of a room has changed, as dylive sees it. */
        StateEvent: {
            /** @description place in the room's log */
            seq: number;
            /** @description unique in the room, and always the same for the same message */
            id: string;
            /** @description room key, internal to this server */
            room: number;
            webRid: string | null;
            sessionId: string | null;
            /** @description the platform's method, or `dylive` for our own events */
            method: string;
            /** @description platform time, ms UTC */
            time: number;
            /**
             * @description the platform gave no time: it was worked out of the message's id, or of when it came
             * @enum {boolean}
             */
            timeEstimated?: true;
            /**
             * @description from the platform's first answer: it happened before the connection, is left out of rates and raises no alarm
             * @enum {boolean}
             */
            history?: true;
            /** @description when the bytes reached us, ms UTC */
            receivedAt: number;
            /**
             * @description where the bytes came from; `test`: made to try overlays and alarms, nothing happened and nothing counts it
             * @enum {unknown}
             */
            source: "websocket" | "browser" | "recording" | "official" | "import" | "system" | "test";
            /** @description 0 as first stored; raised by redecode */
            revision: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "state";
            from: string | null;
            /** @description resolving, waiting, connecting, live, stalled, blocked, ended, failed or paused */
            to: string;
            /** @description why: what was seen, with times */
            evidence: {
                [key: string]: unknown;
            };
        };
        /** @description An interval in which we know that nothing was received. */
        GapEvent: {
            /** @description place in the room's log */
            seq: number;
            /** @description unique in the room, and always the same for the same message */
            id: string;
            /** @description room key, internal to this server */
            room: number;
            webRid: string | null;
            sessionId: string | null;
            /** @description the platform's method, or `dylive` for our own events */
            method: string;
            /** @description platform time, ms UTC */
            time: number;
            /**
             * @description the platform gave no time: it was worked out of the message's id, or of when it came
             * @enum {boolean}
             */
            timeEstimated?: true;
            /**
             * @description from the platform's first answer: it happened before the connection, is left out of rates and raises no alarm
             * @enum {boolean}
             */
            history?: true;
            /** @description when the bytes reached us, ms UTC */
            receivedAt: number;
            /**
             * @description where the bytes came from; `test`: made to try overlays and alarms, nothing happened and nothing counts it
             * @enum {unknown}
             */
            source: "websocket" | "browser" | "recording" | "official" | "import" | "system" | "test";
            /** @description 0 as first stored; raised by redecode */
            revision: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "gap";
            from: number | null;
            /** @description ms UTC, time of receipt */
            to: number;
            /** @description one sentence */
            reason: string;
        };
        /** @description dylive has something to say; in room 0, and of the gifts of a room in its own log, too. */
        SystemEvent: {
            /** @description place in the room's log */
            seq: number;
            /** @description unique in the room, and always the same for the same message */
            id: string;
            /** @description room key, internal to this server */
            room: number;
            webRid: string | null;
            sessionId: string | null;
            /** @description the platform's method, or `dylive` for our own events */
            method: string;
            /** @description platform time, ms UTC */
            time: number;
            /**
             * @description the platform gave no time: it was worked out of the message's id, or of when it came
             * @enum {boolean}
             */
            timeEstimated?: true;
            /**
             * @description from the platform's first answer: it happened before the connection, is left out of rates and raises no alarm
             * @enum {boolean}
             */
            history?: true;
            /** @description when the bytes reached us, ms UTC */
            receivedAt: number;
            /**
             * @description where the bytes came from; `test`: made to try overlays and alarms, nothing happened and nothing counts it
             * @enum {unknown}
             */
            source: "websocket" | "browser" | "recording" | "official" | "import" | "system" | "test";
            /** @description 0 as first stored; raised by redecode */
            revision: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "system";
            /** @description gifts.suppressed, gifts.flowing, session.lost, session.silent, session.receives, account.lapsed, hook.paused, disk.low, room.deleted, session.deleted */
            kind: string;
            /** @description one sentence */
            text: string;
            session?: string | null;
            /** @description of the kinds of a room: what was seen; times in ms UTC */
            evidence?: {
                [key: string]: unknown;
            };
        };
        /** @description An author who is watched published a work (作品); in room 0 alone. `time` is when that was. */
        WorkEvent: {
            /** @description place in the room's log */
            seq: number;
            /** @description unique in the room, and always the same for the same message */
            id: string;
            /** @description room key, internal to this server */
            room: number;
            webRid: string | null;
            sessionId: string | null;
            /** @description the platform's method, or `dylive` for our own events */
            method: string;
            /** @description platform time, ms UTC */
            time: number;
            /**
             * @description the platform gave no time: it was worked out of the message's id, or of when it came
             * @enum {boolean}
             */
            timeEstimated?: true;
            /**
             * @description from the platform's first answer: it happened before the connection, is left out of rates and raises no alarm
             * @enum {boolean}
             */
            history?: true;
            /** @description when the bytes reached us, ms UTC */
            receivedAt: number;
            /**
             * @description where the bytes came from; `test`: made to try overlays and alarms, nothing happened and nothing counts it
             * @enum {unknown}
             */
            source: "websocket" | "browser" | "recording" | "official" | "import" | "system" | "test";
            /** @description 0 as first stored; raised by redecode */
            revision: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "work";
            user: components["schemas"]["User"];
            workId: string | null;
            url: string | null;
            kind: ("video" | "images" | "live_photos") | null;
            text: string | null;
        };
        /** @description An event of a person who was erased: its place, id and time stay. */
        ErasedEvent: {
            /** @description place in the room's log */
            seq: number;
            /** @description unique in the room, and always the same for the same message */
            id: string;
            /** @description room key, internal to this server */
            room: number;
            webRid: string | null;
            sessionId: string | null;
            /** @description the platform's method, or `dylive` for our own events */
            method: string;
            /** @description platform time, ms UTC */
            time: number;
            /**
             * @description the platform gave no time: it was worked out of the message's id, or of when it came
             * @enum {boolean}
             */
            timeEstimated?: true;
            /**
             * @description from the platform's first answer: it happened before the connection, is left out of rates and raises no alarm
             * @enum {boolean}
             */
            history?: true;
            /** @description when the bytes reached us, ms UTC */
            receivedAt: number;
            /**
             * @description where the bytes came from; `test`: made to try overlays and alarms, nothing happened and nothing counts it
             * @enum {unknown}
             */
            source: "websocket" | "browser" | "recording" | "official" | "import" | "system" | "test";
            /** @description 0 as first stored; raised by redecode */
            revision: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "erased";
        };
        /** @description A message that dylive does not read, as it came. Sent only when `types` names it. */
        UnknownEvent: {
            /** @description place in the room's log */
            seq: number;
            /** @description unique in the room, and always the same for the same message */
            id: string;
            /** @description room key, internal to this server */
            room: number;
            webRid: string | null;
            sessionId: string | null;
            /** @description the platform's method, or `dylive` for our own events */
            method: string;
            /** @description platform time, ms UTC */
            time: number;
            /**
             * @description the platform gave no time: it was worked out of the message's id, or of when it came
             * @enum {boolean}
             */
            timeEstimated?: true;
            /**
             * @description from the platform's first answer: it happened before the connection, is left out of rates and raises no alarm
             * @enum {boolean}
             */
            history?: true;
            /** @description when the bytes reached us, ms UTC */
            receivedAt: number;
            /**
             * @description where the bytes came from; `test`: made to try overlays and alarms, nothing happened and nothing counts it
             * @enum {unknown}
             */
            source: "websocket" | "browser" | "recording" | "official" | "import" | "system" | "test";
            /** @description 0 as first stored; raised by redecode */
            revision: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "unknown";
            payload: string | null;
            /** @description length of the payload */
            bytes: number;
        };
        LiveEvent: components["schemas"]["ChatEvent"] | components["schemas"]["GiftEvent"] | components["schemas"]["LikeEvent"] | components["schemas"]["JoinEvent"] | components["schemas"]["FollowEvent"] | components["schemas"]["ShareEvent"] | components["schemas"]["LeaveEvent"] | components["schemas"]["ModerationEvent"] | components["schemas"]["FansclubEvent"] | components["schemas"]["StatsEvent"] | components["schemas"]["RankEvent"] | components["schemas"]["ControlEvent"] | components["schemas"]["NoticeEvent"] | components["schemas"]["PinEvent"] | components["schemas"]["ProductEvent"] | components["schemas"]["BattleEvent"] | components["schemas"]["LinkmicEvent"] | components["schemas"]["LotteryEvent"] | components["schemas"]["StateEvent"] | components["schemas"]["GapEvent"] | components["schemas"]["SystemEvent"] | components["schemas"]["WorkEvent"] | components["schemas"]["ErasedEvent"] | components["schemas"]["UnknownEvent"];
        /** @description a room */
        Room: {
            /** @description the room's key here; never changes */
            id: string;
            webRid: string | null;
            title: string | null;
            anchor: {
                id: string | null;
                secUid: string | null;
                nickname: string | null;
                avatar: string | null;
            } | null;
            aliases: {
                /** @enum {unknown} */
                kind: "web_rid" | "unique_id" | "sec_uid" | "uid" | "room_id" | "official" | "import";
                value: string;
            }[];
            /** @enum {unknown} */
            watch: "off" | "on" | "paused";
            /** @description how it is collected; null follows the server's setting. A proxy is shown without its password */
            settings: {
                account: string | null;
                proxy: string | null;
                source: ("websocket" | "browser") | null;
                record: boolean | null;
                sessions: string[] | null;
            };
            /** @description ms UTC */
            createdAt: number;
            /** @description null while the room is not collected, unless it is paused */
            status: {
                /** @enum {unknown} */
                state: "resolving" | "waiting" | "connecting" | "live" | "stalled" | "blocked" | "ended" | "failed" | "paused";
                sessionId: string | null;
                /** @description what the platform last said of the broadcast */
                broadcast: {
                    roomId: string | null;
                    /** @description URL of the cover; it expires */
                    cover: string | null;
                    /** @description people in the room */
                    online: number | null;
                    /** @description people who came so far */
                    totalViewers: number | null;
                    /** @description the platform's own count of likes */
                    likes: number | null;
                };
                /** @description why the room is in its state: facts that were seen; more may be added */
                evidence: {
                    /** @description one sentence in plain words, in the language asked for (Accept-Language) */
                    reason: string;
                    /** @description ms UTC */
                    since: number;
                    lastFrameAt: number | null;
                    lastInteractiveAt: number | null;
                    /** @description what was received since collection began, against what the log has. Messages that wait for five seconds make the room stalled */
                    storage: {
                        /** @description messages that came */
                        received: number;
                        /** @description events that were stored of them; the rest gave none, was known or is among drops */
                        stored: number;
                        lastStoredAt: number | null;
                        /** @description messages that came and are not in the log yet */
                        waiting: number;
                        waitingSince: number | null;
                    };
                    /** @description messages by method since collection began */
                    counts: {
                        [key: string]: number;
                    };
                    reconnects: number;
                    /** @description messages that were not stored, by reason */
                    drops: {
                        [key: string]: number;
                    };
                    /** @description the account that the room is watched as (null: as a guest, or as your own browser is logged in), and whom the platform's page took us for */
                    login: {
                        account: string | null;
                        /** @enum {unknown} */
                        login: "logged_in" | "guest" | "unknown";
                    };
                    /**
                     * @description whether gifts reach us; suppressed: contributors' scores rise and no gift explains it; partial: gifts come, but not all
                     * @enum {unknown}
                     */
                    gifts: "flowing" | "partial" | "suppressed" | "unknown";
                    /** @description the evidence for it, since when it is so */
                    giftsSeen: {
                        since: number | null;
                        /** @description by which the platform's ranks rose in this broadcast */
                        diamondsWitnessed: number;
                        /** @description how much of that no gift explained within half a minute */
                        diamondsMissing: number;
                    };
                    /** @description the room hides who its people are */
                    masked: boolean | null;
                    /** @description share of the room's likes that reached us: the platform samples them */
                    likesSeen: number | null;
                    /** @description intervals in which we know we received nothing; unmeasured of them, of unknown length, are not in totalMs */
                    gaps: {
                        count: number;
                        totalMs: number;
                        unmeasured: number;
                    };
                    /** @description the sessions that watch the room, each with its state */
                    sessions: {
                        /** @description its name; default is the one session of a room that names none */
                        session: string;
                        /**
                         * @description idle: nothing to connect to; silent: connected, and sent nothing; lost, refused: it tries again by itself while others receive
                         * @enum {unknown}
                         */
                        state: "idle" | "connecting" | "connected" | "silent" | "lost" | "refused";
                        /** @description ms UTC */
                        since: number;
                        reason: string | null;
                        retryAt: number | null;
                        lastReceivedAt: number | null;
                        /** @description messages of this broadcast, those that others had too among them */
                        received: number;
                        /** @description intervals of this broadcast in which it was down; a gap is where all were */
                        outages: {
                            count: number;
                            totalMs: number;
                        };
                        account: string | null;
                        lost: {
                            /** @description ms UTC */
                            since: number;
                            reason: string;
                        } | null;
                        /**
                         * @description whether gifts reach it, as of the room; of several sessions, gifts that others were sent are evidence, too
                         * @enum {unknown}
                         */
                        gifts: "flowing" | "partial" | "suppressed" | "unknown";
                        /** @description the evidence for it, since when it is so */
                        giftsSeen: {
                            since: number | null;
                            /** @description by which the platform's ranks rose in this broadcast */
                            diamondsWitnessed: number;
                            /** @description how much of that no gift explained within half a minute */
                            diamondsMissing: number;
                        };
                    }[];
                    /** @description messages of the broadcast by the sessions that brought them; what the platform sends to none of them is in no figure */
                    seen: {
                        chat: {
                            /** @description different messages that came: at least so many there were */
                            received: number;
                            /** @description those of them that two sessions or more brought */
                            shared: number;
                            /** @description by session */
                            sessions: {
                                [key: string]: {
                                    received: number;
                                    /** @description those that no other session brought */
                                    alone: number;
                                };
                            };
                        };
                        gift: {
                            /** @description different messages that came: at least so many there were */
                            received: number;
                            /** @description those of them that two sessions or more brought */
                            shared: number;
                            /** @description by session */
                            sessions: {
                                [key: string]: {
                                    received: number;
                                    /** @description those that no other session brought */
                                    alone: number;
                                };
                            };
                        };
                        join: {
                            /** @description different messages that came: at least so many there were */
                            received: number;
                            /** @description those of them that two sessions or more brought */
                            shared: number;
                            /** @description by session */
                            sessions: {
                                [key: string]: {
                                    received: number;
                                    /** @description those that no other session brought */
                                    alone: number;
                                };
                            };
                        };
                        like: {
                            /** @description different messages that came: at least so many there were */
                            received: number;
                            /** @description those of them that two sessions or more brought */
                            shared: number;
                            /** @description by session */
                            sessions: {
                                [key: string]: {
                                    received: number;
                                    /** @description those that no other session brought */
                                    alone: number;
                                };
                            };
                        };
                        follow: {
                            /** @description different messages that came: at least so many there were */
                            received: number;
                            /** @description those of them that two sessions or more brought */
                            shared: number;
                            /** @description by session */
                            sessions: {
                                [key: string]: {
                                    received: number;
                                    /** @description those that no other session brought */
                                    alone: number;
                                };
                            };
                        };
                    };
                };
            } | null;
        };
        /** @description a page of rooms */
        RoomList: {
            rooms: components["schemas"]["Room"][];
            next: string | null;
        };
        /** @description a broadcast of a room */
        Session: {
            /** @description room_id of the broadcast */
            id: string;
            /** @description the room's key here */
            room: string;
            anchor: {
                id: string | null;
                secUid: string | null;
                nickname: string | null;
                avatar: string | null;
            } | null;
            title: string | null;
            /** @description ms UTC */
            openedAt: number;
            endedAt: number | null;
            /** @description announced, offline or replaced; null while open */
            endReason: string | null;
            /** @description null when nothing of it was counted yet */
            totals: components["schemas"]["Totals"] | null;
            /** @description what the sessions that watched it brought, to some minute; null where nothing was counted */
            seen: {
                chat: {
                    /** @description different messages that came: at least so many there were */
                    received: number;
                    /** @description those of them that two sessions or more brought */
                    shared: number;
                    /** @description by session */
                    sessions: {
                        [key: string]: {
                            received: number;
                            /** @description those that no other session brought */
                            alone: number;
                        };
                    };
                };
                gift: {
                    /** @description different messages that came: at least so many there were */
                    received: number;
                    /** @description those of them that two sessions or more brought */
                    shared: number;
                    /** @description by session */
                    sessions: {
                        [key: string]: {
                            received: number;
                            /** @description those that no other session brought */
                            alone: number;
                        };
                    };
                };
                join: {
                    /** @description different messages that came: at least so many there were */
                    received: number;
                    /** @description those of them that two sessions or more brought */
                    shared: number;
                    /** @description by session */
                    sessions: {
                        [key: string]: {
                            received: number;
                            /** @description those that no other session brought */
                            alone: number;
                        };
                    };
                };
                like: {
                    /** @description different messages that came: at least so many there were */
                    received: number;
                    /** @description those of them that two sessions or more brought */
                    shared: number;
                    /** @description by session */
                    sessions: {
                        [key: string]: {
                            received: number;
                            /** @description those that no other session brought */
                            alone: number;
                        };
                    };
                };
                follow: {
                    /** @description different messages that came: at least so many there were */
                    received: number;
                    /** @description those of them that two sessions or more brought */
                    shared: number;
                    /** @description by session */
                    sessions: {
                        [key: string]: {
                            received: number;
                            /** @description those that no other session brought */
                            alone: number;
                        };
                    };
                };
            } | null;
        };
        /** @description a page of broadcasts */
        SessionList: {
            sessions: components["schemas"]["Session"][];
            next: string | null;
        };
        /** @description broadcasts beside each other, minute by minute since each began */
        Comparison: {
            /** @description the broadcasts, in the order in which they were named */
            sessions: components["schemas"]["Session"][];
            /** @description every minute, those without events too, until the longest ends */
            minutes: {
                /** @description whole minutes since the one in which each was first seen, which is 0 */
                minute: number;
                /** @description of each broadcast; null where it had ended, has not come so far, or nothing of it was counted yet */
                values: ({
                    chats: number;
                    joins: number;
                    units: number;
                    /** @description null if the price of none of the units is known */
                    diamonds: (number | string) | null;
                    /** @description people in the room, by the last count of this minute */
                    online: number | null;
                } | null)[];
            }[];
            next: string | null;
        };
        /** @description what the events of a broadcast add up to */
        Totals: {
            /** @description events by type */
            messages: {
                [key: string]: number;
            };
            events: number;
            /** @description different people; those whose identity is hidden are not among them */
            people: number;
            chatters: number;
            gifters: number;
            gifts: {
                /** @description acts of giving */
                combos: number;
                /** @description how many of them have ended */
                settled: number;
                /** @description units given: the sum of delta */
                units: number;
                /** @description diamonds (10 are 1 CNY), exactly: decimal digits where a number could not hold them */
                diamonds: number | string;
                /** @description units whose price is unknown: part of units, of no diamonds */
                unpricedUnits: number;
            };
            /** @description diamonds of its gifts by minutes of its length so far, of which it has one at least; null while its length is unknown */
            diamondsPerMinute: number | null;
            /** @description what the platform's ranks say was given, at least: rises of scores since they were first seen. No part of gifts */
            witness: {
                /** @description diamonds by which scores of the platform's ranks rose */
                diamondsWitnessed: number;
                /** @description how many of these the gifts explain that reached us */
                diamondsReceived: number;
                /** @description the one by the other, 0 to 1; null where no score rose */
                share: number | null;
            };
            /** @description seen reached us; total is the platform's own count */
            likes: {
                seen: number;
                total: number | null;
            };
            follows: number;
            followers: number | null;
            /** @description people who had been in the room, as the platform counts */
            viewers: number | null;
            peak: {
                online: number | null;
                minute: number | null;
                eventsInMinute: number;
            };
            /** @description of people whose identity is hidden or unknown: many people or one */
            hidden: {
                events: number;
                chats: number;
                units: number;
                /** @description diamonds (10 are 1 CNY), exactly: decimal digits where a number could not hold them */
                diamonds: number | string;
            };
            /** @description intervals in which we know we received nothing; unmeasured of them, of unknown length, are not in totalMs */
            gaps: {
                count: number;
                totalMs: number;
                unmeasured: number;
            };
            /** @description share of its time, 0 to 1, in which we know of no gap; null while a gap is unmeasured */
            covered: number | null;
            /** @description share of the likes that reached us, 0 to 1 */
            likesSeen: number | null;
            /** @description some of its events may have been removed before they were counted */
            partial: boolean;
            firstEventAt: number | null;
            lastEventAt: number | null;
            /** @description events, of whatever rooms, that these figures have still to look at */
            behind: number;
        };
        /** @description a broadcast minute by minute */
        MinuteList: {
            /** @description minutes that have events, in order of time */
            minutes: {
                /** @description its beginning, ms UTC, by the platform's time of the events */
                time: number;
                /** @description seq of its event that was stored first: read the room's events from there */
                firstSeq: number;
                /** @description events by type */
                messages: {
                    [key: string]: number;
                };
                units: number;
                /** @description diamonds (10 are 1 CNY), exactly: decimal digits where a number could not hold them */
                diamonds: number | string;
                unpricedUnits: number;
                likes: number;
                /** @description people in the room, by the last count of this minute */
                online: number | null;
                onlineMax: number | null;
                follows: number;
                followers: number | null;
                gaps: number;
            }[];
            next: string | null;
            /** @description events, of whatever rooms, that these figures have still to look at */
            behind: number;
        };
        /** @description gifts of a broadcast, summed */
        GiftList: {
            /** @description worth most first; what they are not summed by is null */
            gifts: {
                gift: {
                    id: string;
                    name: string | null;
                } | null;
                /** @description null in a line: people whose identity is hidden, many or one */
                user: {
                    id: string | null;
                    nickname: string | null;
                } | null;
                /** @description null: the anchor, or unknown; id null: guests whose identity is hidden */
                receiver: {
                    id: string | null;
                    nickname: string | null;
                } | null;
                /** @description acts of giving */
                combos: number;
                /** @description how many of them have ended */
                settled: number;
                /** @description units given: the sum of delta */
                units: number;
                /** @description diamonds (10 are 1 CNY), exactly: decimal digits where a number could not hold them */
                diamonds: number | string;
                /** @description units whose price is unknown: part of units, of no diamonds */
                unpricedUnits: number;
            }[];
            next: string | null;
            /** @description events, of whatever rooms, that these figures have still to look at */
            behind: number;
        };
        /** @description people of a broadcast, those with the most first */
        PersonList: {
            people: {
                id: string;
                nickname: string | null;
                events: number;
                chats: number;
                likes: number;
                joins: number;
                follows: number;
                shares: number;
                /** @description acts of giving */
                combos: number;
                /** @description how many of them have ended */
                settled: number;
                /** @description units given: the sum of delta */
                units: number;
                /** @description diamonds (10 are 1 CNY), exactly: decimal digits where a number could not hold them */
                diamonds: number | string;
                /** @description units whose price is unknown: part of units, of no diamonds */
                unpricedUnits: number;
                /** @description ms UTC */
                firstAt: number;
                /** @description ms UTC */
                lastAt: number;
            }[];
            next: string | null;
            /** @description events, of whatever rooms, that these figures have still to look at */
            behind: number;
        };
        /** @description what the platform's ranks say of people: those of whose diamonds the most did not reach us first */
        WitnessList: {
            people: {
                id: string;
                nickname: string | null;
                /** @description diamonds by which scores of the platform's ranks rose */
                diamondsWitnessed: number;
                /** @description how many of these the gifts explain that reached us */
                diamondsReceived: number;
                /** @description the one by the other, 0 to 1; null where no score rose */
                share: number | null;
            }[];
            /** @description events, of whatever rooms, that these figures have still to look at */
            behind: number;
        };
        /** @description words or emoji of the chat, the most frequent first */
        WordList: {
            words: {
                text: string;
                count: number;
            }[];
            next: string | null;
            /** @description events, of whatever rooms, that these figures have still to look at */
            behind: number;
        };
        /** @description times of a broadcast that stand out against the half hours around them */
        HighlightList: {
            /** @description in order of time */
            highlights: {
                /** @description time to jump to, ms UTC: of the first event of the burst, or the beginning of the minute where its events are no longer kept, or too many to look at */
                at: number;
                /** @description whether `at` is of an event */
                exact: boolean;
                /** @description ms UTC */
                from: number;
                /** @description ms UTC */
                to: number;
                /** @description seq of its event that was stored first: read the room's events from there */
                firstSeq: number;
                /** @description the greatest of its peaks' scores, by which the most striking are chosen */
                score: number;
                /** @description what stands out, the most striking first */
                peaks: {
                    /**
                     * @description chat, gift or join
                     * @enum {unknown}
                     */
                    kind: "chat" | "gift" | "join";
                    /** @description ms UTC */
                    minute: number;
                    /** @description chats, joins, or diamonds of gifts in this minute */
                    value: number;
                    /** @description median of the minutes within half an hour of it */
                    usual: number;
                    /** @description by how many spreads the value lies above that */
                    score: number;
                }[];
                /** @description words and emoji of its chats that are rarer in the rest of the broadcast, with the number of chats that have them */
                words: {
                    text: string;
                    count: number;
                }[];
                /** @description its gifts, those worth most first */
                gifts: {
                    id: string;
                    name: string | null;
                    units: number;
                    diamonds: number;
                }[];
            }[];
            /** @description events, of whatever rooms, that these figures have still to look at */
            behind: number;
        };
        /** @description a person in the broadcasts of a room */
        UserHistory: {
            id: string;
            nickname: string | null;
            /** @description over all broadcasts of the room */
            total: {
                events: number;
                chats: number;
                likes: number;
                joins: number;
                follows: number;
                shares: number;
                /** @description acts of giving */
                combos: number;
                /** @description how many of them have ended */
                settled: number;
                /** @description units given: the sum of delta */
                units: number;
                /** @description diamonds (10 are 1 CNY), exactly: decimal digits where a number could not hold them */
                diamonds: number | string;
                /** @description units whose price is unknown: part of units, of no diamonds */
                unpricedUnits: number;
                /** @description ms UTC */
                firstAt: number;
                /** @description ms UTC */
                lastAt: number;
            };
            /** @description what they did in each broadcast, newest first */
            sessions: {
                session: string | null;
                nickname: string | null;
                events: number;
                chats: number;
                likes: number;
                joins: number;
                follows: number;
                shares: number;
                /** @description acts of giving */
                combos: number;
                /** @description how many of them have ended */
                settled: number;
                /** @description units given: the sum of delta */
                units: number;
                /** @description diamonds (10 are 1 CNY), exactly: decimal digits where a number could not hold them */
                diamonds: number | string;
                /** @description units whose price is unknown: part of units, of no diamonds */
                unpricedUnits: number;
                /** @description ms UTC */
                firstAt: number;
                /** @description ms UTC */
                lastAt: number;
            }[];
            next: string | null;
        };
        /** @description a person across rooms */
        PersonRooms: {
            id: string;
            nickname: string | null;
            /** @description what they did in each room, over all of its broadcasts; the one they were last seen in first */
            rooms: {
                /** @description the room's key here */
                room: string;
                anchor: {
                    id: string | null;
                    secUid: string | null;
                    nickname: string | null;
                    avatar: string | null;
                } | null;
                nickname: string | null;
                /** @description broadcasts in which they were seen */
                sessions: number;
                events: number;
                chats: number;
                likes: number;
                joins: number;
                follows: number;
                shares: number;
                /** @description acts of giving */
                combos: number;
                /** @description how many of them have ended */
                settled: number;
                /** @description units given: the sum of delta */
                units: number;
                /** @description diamonds (10 are 1 CNY), exactly: decimal digits where a number could not hold them */
                diamonds: number | string;
                /** @description units whose price is unknown: part of units, of no diamonds */
                unpricedUnits: number;
                /** @description ms UTC */
                firstAt: number;
                /** @description ms UTC */
                lastAt: number;
            }[];
            next: string | null;
        };
        /** @description a page of people who were found */
        FoundPeople: {
            /** @description those of the broadcasts that were counted last first; may be fewer than asked for while there is a next page */
            people: {
                id: string;
                nickname: string | null;
                /** @description the name that was looked for, which may be an older one; null: found by the id */
                foundAs: string | null;
                /** @description rooms in which they were seen */
                rooms: number;
                /** @description broadcasts in which they were seen */
                sessions: number;
                /** @description key of the room in which they were last */
                lastRoom: string;
                events: number;
                chats: number;
                likes: number;
                joins: number;
                follows: number;
                shares: number;
                /** @description acts of giving */
                combos: number;
                /** @description how many of them have ended */
                settled: number;
                /** @description units given: the sum of delta */
                units: number;
                /** @description diamonds (10 are 1 CNY), exactly: decimal digits where a number could not hold them */
                diamonds: number | string;
                /** @description units whose price is unknown: part of units, of no diamonds */
                unpricedUnits: number;
                /** @description ms UTC */
                firstAt: number;
                /** @description ms UTC */
                lastAt: number;
            }[];
            next: string | null;
            /** @description events, of whatever rooms, that were not counted yet: people who are only in them are not found */
            behind: number;
        };
        /** @description a portrait of the people of a broadcast */
        Audience: {
            /** @description different people; those whose identity is hidden are in none of these figures; null where nothing was counted yet */
            people: number | null;
            /** @description how many of them were in no broadcast of the room that was counted before; null where none was */
            newcomers: number | null;
            gifters: number | null;
            /** @description how many of these gave nothing in any broadcast of the room that was counted before; null where none was */
            firstGifters: number | null;
            /** @description consumption grades (财富等级), lowest first, of those whose grade is known */
            levels: {
                level: number;
                people: number;
            }[];
            /** @description levels in the room's fans club, lowest first, of the members */
            clubLevels: {
                level: number;
                people: number;
            }[];
            diamonds: (number | string) | null;
            /** @description share of the diamonds by those who gave most */
            topShare: {
                /** @description 0 to 1; null where they gave nothing */
                one: number | null;
                /** @description 0 to 1; null where they gave nothing */
                ten: number | null;
                /** @description 0 to 1; null where they gave nothing */
                hundred: number | null;
            };
            /** @description events, of whatever rooms, that these figures have still to look at */
            behind: number;
        };
        /** @description a broadcast at a glance; all is null where the room has no such broadcast */
        RoomSummary: {
            session: components["schemas"]["Session"] | null;
            minutes: components["schemas"]["MinuteList"] | null;
            gaps: components["schemas"]["LiveEvent"][] | null;
            gifters: components["schemas"]["PersonList"] | null;
            chatters: components["schemas"]["PersonList"] | null;
            gifts: components["schemas"]["GiftList"] | null;
            words: components["schemas"]["WordList"] | null;
        };
        /** @description a gift of the catalogue */
        Gift: {
            id: string;
            name: string | null;
            /** @description its price, as far as known now; null if unknown */
            diamonds: number | null;
            icon: string | null;
            kind: number | null;
            combo: boolean | null;
            /**
             * @description list: the platform's list of gifts; message: a message of a gift
             * @enum {unknown}
             */
            source: "list" | "message";
            /** @description ms UTC */
            firstSeenAt: number;
            /** @description when it was last seen, to a day, ms UTC */
            seenAt: number;
            listedAt: number | null;
            /** @description every price that was seen, oldest first */
            prices: {
                /** @description price of one unit in diamonds (10 are 1 CNY); 0 is free */
                diamonds: number;
                /** @description when it was first seen, ms UTC: it may be older */
                from: number;
                until: number | null;
                /** @description when it was last seen, to a day, ms UTC */
                seenAt: number;
                /**
                 * @description list: the platform's list of gifts; message: a message of a gift
                 * @enum {unknown}
                 */
                source: "list" | "message";
            }[];
        };
        /** @description a page of the catalogue of gifts */
        GiftCatalogue: {
            /** @description in the order of their ids */
            gifts: components["schemas"]["Gift"][];
            listedAt: number | null;
            next: string | null;
        };
        /** @description events of a room, and where to go on */
        EventList: {
            /** @description key of the room */
            room: number;
            /** @description in the order of the log, oldest first */
            events: components["schemas"]["LiveEvent"][];
            /** @description a cursor after each event, where they were asked for */
            cursors?: string[];
            /** @description give it as after= to go on to newer events */
            next: string;
            /** @description give it as before= to go on to older events */
            previous: string;
            /** @description there is more to look at in the direction that was asked for */
            more: boolean;
            /** @description ranges of seq, both ends included, that were passed over because they are no longer kept */
            removed: number[][];
        };
        /** @description limits of a room's own; null where it follows the server's settings */
        Retention: {
            /** @description events of the room; null follows the server's settings */
            events: {
                maxAgeMs: number | null;
                maxBytes: number | null;
            } | null;
            /** @description statistics of a broadcast, from its last event on; only the age counts */
            statistics: {
                maxAgeMs: number | null;
                maxBytes: number | null;
            } | null;
            /** @description raw recordings of the room */
            raw: {
                maxAgeMs: number | null;
                maxBytes: number | null;
            } | null;
            /** @description the server's limits, which count where the room has none of its own */
            server: {
                events: {
                    maxAgeMs: number | null;
                    maxBytes: number | null;
                };
                statistics: {
                    maxAgeMs: number | null;
                    maxBytes: number | null;
                };
                raw: {
                    maxAgeMs: number | null;
                    maxBytes: number | null;
                };
            };
            /** @description bytes of the JSON text of the events that are kept now */
            eventBytes: number;
            eventsSince: number | null;
            /** @description raw recordings of this process */
            recordings: {
                /** @description raw recordings that are kept now */
                now: {
                    files: number;
                    bytes: number;
                };
                /** @description those of them that are beyond their limits */
                beyond: {
                    files: number;
                    bytes: number;
                };
                since: number | null;
            };
            removedUntil: number | null;
            /** @description events are removed with their day, in PostgreSQL */
            byDay: boolean;
        };
        /** @description long work on what is kept */
        Task: {
            id: string;
            /** @enum {unknown} */
            kind: "erase" | "redecode" | "delete" | "import";
            /** @description the room's id here; null: all rooms */
            room: string | null;
            /** @enum {unknown} */
            state: "running" | "done" | "failed" | "stopped";
            /** @description ms UTC */
            startedAt: number;
            /** @description ms UTC */
            endedAt: number | null;
            /** @description how far it is */
            progress: {
                what: string;
                count: number;
            } | null;
            /** @description what came of it */
            result: {
                /** @description their own events, now tombstones */
                erased: number;
                /** @description ranks, notices and unknown messages that named them, now tombstones */
                dropped: number;
                /** @description events that named them, with another in their place */
                changed: number;
                /** @description chats of others that name them, kept as written */
                kept: number;
                /** @description under which they are shown from now on */
                pseudonym: string | null;
                /** @description rooms in which events were changed */
                rooms: string[];
                /** @description what was done with works and comments */
                works: {
                    /** @description their own works, removed: a work's id leads to its author */
                    works: number;
                    /** @description their own comments, of which the place among the others stays, or all of it under the pseudonym */
                    comments: number;
                    /** @description watches on them as an author, ended */
                    watches: number;
                    /** @description downloads of their works, removed with their files */
                    downloads: number;
                    /** @description works and comments of others that named them, without that */
                    changed: number;
                    /** @description works and comments of others whose text holds their name, kept as written */
                    kept: number;
                };
                /** @description messages, and whole frames, that were taken out of raw recordings */
                recordings: {
                    files: number;
                    messages: number;
                    frames: number;
                };
                /** @description what holds them still */
                notReached: string[];
            } | {
                found: {
                    /** @description what they are known by */
                    identity: {
                        /** @description their ids (uid) */
                        ids: string[];
                        /** @description sec_uid */
                        secUids: string[];
                        /** @description visible numbers */
                        displayIds: string[];
                        /** @description ids of live rooms */
                        webcastUids: string[];
                        /** @description nicknames */
                        nicknames: string[];
                        /** @description nothing but a nickname tells who they are */
                        byName: boolean;
                    };
                    /** @description their own events */
                    erased: number;
                    /** @description ranks, notices and unknown messages that name them */
                    dropped: number;
                    /** @description events that name them, and would be changed */
                    changed: number;
                    /** @description chats of others that name them, and would stay */
                    kept: number;
                    works: {
                        works: number;
                        comments: number;
                        watches: number;
                    };
                } | null;
            } | {
                /** @description room_ids of the broadcasts in the recordings */
                sessions: string[];
                /** @description messages in the recordings */
                messages: number;
                /** @description events that say something else now */
                replaced: number;
                /** @description gifts whose units were counted again */
                regifted: number;
                /** @description events of messages that gave none before */
                appended: number;
                /** @description events that the person was taken out of: they stay as they are */
                erased: number;
                /** @description events that the store refused */
                refused: number;
                /** @description bytes of the recordings that could not be read */
                lostBytes: number;
                /** @description what was not understood, by what it is */
                drift: {
                    /** @description unknown methods */
                    methods: {
                        [key: string]: number;
                    };
                    /** @description unknown fields */
                    fields: {
                        [key: string]: number;
                    };
                    /** @description unreadable */
                    failures: {
                        [key: string]: number;
                    };
                    overflow: number;
                };
            } | {
                /** @description events that were removed */
                events: number;
                /** @description broadcasts of which statistics were removed */
                sessions: number;
                /** @description raw recordings of this process that were removed */
                recordings: {
                    files: number;
                    bytes: number;
                };
                /** @description what holds it still */
                notReached: string[];
            } | {
                broadcasts: {
                    /** @description the room's id here */
                    room: string;
                    kind: string;
                    messages: number;
                    /** @description events that are new */
                    events: number;
                    /** @description messages that gave no event, by reason */
                    drops: {
                        [key: string]: number;
                    };
                    /** @description damaged records that were passed over */
                    skipped: number;
                    /** @description bytes at the end that could not be read */
                    lostBytes: number;
                }[];
                /** @description events that the store refused */
                refused: number;
                /** @description what was not understood, by what it is */
                drift: {
                    /** @description unknown methods */
                    methods: {
                        [key: string]: number;
                    };
                    /** @description unknown fields */
                    fields: {
                        [key: string]: number;
                    };
                    /** @description unreadable */
                    failures: {
                        [key: string]: number;
                    };
                    overflow: number;
                };
            } | null;
            error: {
                code: string;
                message: string;
                hint: string;
            } | null;
        };
        /** @description tasks since the server was started, newest first; the last 50 */
        TaskList: {
            tasks: components["schemas"]["Task"][];
        };
        /** @description a page of what was found */
        Found: {
            /** @description the one that was stored last first; may be fewer than asked for while there is a next page */
            events: components["schemas"]["LiveEvent"][];
            next: string | null;
            /** @description events, of whatever rooms, that cannot be found yet: the index is made some seconds after */
            behind: number;
        };
        /** @description one form in which a film or its sound can be had */
        MediaVariant: {
            /** @description the platform's name of it (normal_1080_0) */
            name: string;
            /**
             * @description a film, or the sound that belongs to silent ones
             * @enum {unknown}
             */
            role: "video" | "audio";
            /**
             * @description dash is a film without sound, to be joined with an audio variant
             * @enum {unknown}
             */
            container: "mp4" | "dash" | "m4a" | "mp3";
            codec: ("h264" | "h265" | "vvc" | "aac") | null;
            /** @description it has sound in itself */
            hasAudio: boolean;
            /** @description the platform put its mark on it; known by the field that it was in, never by its address */
            watermark: boolean;
            width: number | null;
            height: number | null;
            fps: number | null;
            hdr: string | null;
            bitrate: number | null;
            bytes: number | null;
            hash: string | null;
            /** @description https addresses of the same bytes, in the order to try them: hosts of the CDN, then the platform's own */
            urls: string[];
            expiresAt: number | null;
            /**
             * @description the one that is taken unless another is asked for
             * @enum {boolean}
             */
            recommended?: true;
        };
        /** @description a picture, with its film where it is a live photo */
        Image: {
            /** @description place among its like, from 0 */
            index: number;
            /**
             * @description a picture, the picture of a live photo; of covers the usual one, the unprocessed one, the one that may move
             * @enum {unknown}
             */
            role: "image" | "still" | "cover" | "origin" | "dynamic";
            width: number | null;
            height: number | null;
            format: string | null;
            bytes: number | null;
            /** @description the platform put its mark on it */
            watermark: boolean;
            /** @description https addresses of the same bytes, in the order to try them: hosts of the CDN, then the platform's own */
            urls: string[];
            expiresAt: number | null;
            /** @description the film of a live photo (实况), which belongs to this picture */
            motion: {
                durationMs: number | null;
                /** @description rungs of the film; none: its clip is missing */
                media: components["schemas"]["MediaVariant"][];
            } | null;
        };
        /** @description the music of a work */
        Music: {
            id: string | null;
            title: string | null;
            author: string | null;
            durationMs: number | null;
            original: boolean | null;
            url: string | null;
            cover: string | null;
        };
        /** @description an author of works */
        Author: {
            id: string | null;
            secUid: string | null;
            displayId: string | null;
            shortId: string | null;
            nickname: string | null;
            avatar: string | null;
            signature: string | null;
            verified: string | null;
            followers: number | null;
            following: number | null;
            works: number | null;
            likes: number | null;
            ipPlace: string | null;
            state: ("public" | "private" | "banned" | "deleted") | null;
        };
        /** @description a work: a video, a note of pictures, or one of live photos */
        Work: {
            /** @description the platform's id (aweme_id), 19 digits */
            id: string;
            /** @description its page on www.douyin.com */
            url: string;
            shareUrl: string | null;
            /** @description null where only the id is known */
            kind: ("video" | "images" | "live_photos") | null;
            /** @description what the author wrote */
            text: string;
            title: string | null;
            /** @description when it was published, ms UTC */
            time: number;
            /**
             * @description the platform gave no time: it was worked out of the id, to some seconds
             * @enum {boolean}
             */
            timeEstimated?: true;
            author: components["schemas"]["Author"];
            stats: {
                likes: number | null;
                comments: number | null;
                favorites: number | null;
                shares: number | null;
                /** @description how often it was played: the web does not tell */
                plays: null;
            };
            durationMs: number | null;
            width: number | null;
            height: number | null;
            /** @description hashtags */
            tags: {
                /** @description without # */
                name: string;
                id: string | null;
            }[];
            /** @description people that the text names */
            mentions: {
                secUid: string | null;
                userId: string | null;
                start: number | null;
                end: number | null;
            }[];
            place: string | null;
            /** @description the author put it first */
            pinned: boolean;
            /** @description the collection of the author that it is part of (合集) */
            mix: {
                id: string | null;
                name: string | null;
            } | null;
            /**
             * @description whether it can be seen
             * @enum {unknown}
             */
            state: "public" | "private" | "friends" | "deleted" | "needs_login" | "unavailable";
            stateReason: string | null;
            downloadAllowed: boolean | null;
            commentsAllowed: boolean | null;
            paid: boolean | null;
            /** @description covers, by their roles */
            covers: components["schemas"]["Image"][];
            /** @description pictures in order */
            images: components["schemas"]["Image"][];
            /** @description rungs of the film, sounds for silent ones, and marked forms */
            media: components["schemas"]["MediaVariant"][];
            music: components["schemas"]["Music"] | null;
            /** @description none: no reply that was seen has any */
            captions: unknown[];
            /**
             * @description what it was read from: the page's own detail reply, the state in its HTML, a list of works
             * @enum {unknown}
             */
            source: "reply" | "page" | "list";
            /** @description when that reached us, ms UTC */
            receivedAt: number;
            /** @description when it was read for the first time, ms UTC */
            firstSeenAt: number;
            /** @description 0 as first kept; raised when it is read again and differs */
            revision: number;
        };
        /** @description a page of works, those published last first */
        WorkList: {
            works: components["schemas"]["Work"][];
            next: string | null;
        };
        /** @description works are read one after another at a person's pace: its state */
        WorkPace: {
            /** @description works and short links that wait for their turn */
            waiting: number;
            reading: string | null;
            /** @description when the next page may be opened, ms UTC; it may be over. Null before the first */
            nextAt: number | null;
            /** @description end of the pause after many refusals, ms UTC; it is over while the next reading is to show whether they have ended */
            pausedUntil: number | null;
            /** @description pages opened since the start */
            opened: number;
            /** @description of these, refused to this visitor, or silent */
            refused: number;
            /** @description of these, failed for reasons of our own */
            failed: number;
            /** @description the last ones, by which a pause is decided */
            last: {
                visits: number;
                refused: number;
            };
            lastRefusal: string | null;
        };
        /** @description a run through the works of an author, or of a mix */
        WorkListRun: {
            secUid: string | null;
            /** @description whose works they are, by the profile; null for a mix, and where the page did not tell */
            author: components["schemas"]["Author"] | null;
            /** @description the mix whose works they are; null for an author's */
            mix: {
                id: string | null;
                name: string | null;
            } | null;
            shown: number | null;
            /** @description works that reached us, each counted once */
            collected: number;
            /** @description works that the list names, and only the author or their friends can see */
            hidden: number;
            /** @description it ends after so many works */
            limit: number;
            stopAfterKnown: number | null;
            /** @description null while it runs, and where it broke off */
            endedBy: ("end" | "limit" | "wall" | "captcha" | "blocked" | "stuck" | "stopped" | "known" | "withheld") | null;
            reason: string | null;
            /** @description ms UTC */
            startedAt: number;
            endedAt: number | null;
        };
        /** @description the last run through the works of an author or a mix, as far as it is */
        ListRunStatus: {
            run: components["schemas"]["WorkListRun"];
            /** @description whether a process is at it now; one whose process died is shown as stopped */
            running: boolean;
        };
        /** @description a person as works and comments show them; key by secUid */
        Person: {
            id: string | null;
            secUid: string | null;
            displayId: string | null;
            shortId: string | null;
            nickname: string | null;
            avatar: string | null;
        };
        /** @description a comment as it is kept */
        KeptComment: {
            /** @description the platform's id (cid) */
            id: string;
            /** @description the work that it belongs to */
            workId: string;
            parentId: string | null;
            replyToId: string | null;
            /** @description 1 a top comment, 2 a reply */
            level: 1 | 2;
            /** @description what was written; empty where it is a picture or a sticker alone */
            text: string;
            /** @description when it was written, ms UTC */
            time: number;
            /**
             * @description the platform gave no time: it was worked out of the id, to some seconds
             * @enum {boolean}
             */
            timeEstimated?: true;
            likes: number | null;
            replies: number | null;
            /** @description replies that reached us */
            repliesCollected: number;
            place: string | null;
            user: components["schemas"]["Person"];
            authorLiked: boolean | null;
            byAuthor: boolean | null;
            /** @description words that the platform puts beside the writer (作者) */
            labels: string[];
            /** @description the author put it first */
            pinned: boolean;
            /** @description the platform marks it as hot */
            hot: boolean;
            /** @description the platform hides it until one asks */
            folded: boolean;
            /** @description pictures in it */
            images: components["schemas"]["Image"][];
            /** @description a sticker in it */
            sticker: {
                id: string | null;
                url: string | null;
            } | null;
            /** @description people that the text names */
            mentions: {
                secUid: string | null;
                userId: string | null;
                start: number | null;
                end: number | null;
            }[];
            /** @description place in the order in which it was received: the platform orders by heat */
            rank: number;
            /** @description when it reached us, ms UTC */
            receivedAt: number;
            /** @description when it reached us for the first time, ms UTC */
            firstSeenAt: number;
            /** @description null while it is there, as far as is known */
            removedAt: number | null;
            /** @description 0 as first kept; raised when it is read again and differs, and when it is gone */
            revision: number;
            /** @description an erasure took a person out of it: since then it is not read again */
            erased: boolean;
        };
        /** @description a run that collects the comments of a work */
        CommentRun: {
            /** @description the work */
            workId: string;
            shown: number | null;
            /** @description comments that reached us, replies among them */
            collected: number;
            /** @description how many of them are top comments */
            topLevel: number;
            /** @description how many of them are replies */
            repliesCollected: number;
            /** @description it ends after so many comments that are new */
            limit: number;
            withinMs: number | null;
            /** @description whether it opens floors; else it takes the replies that are shown with them */
            replies: boolean;
            /** @description floors of which the platform counts more replies than reached us */
            floorsOpen: number;
            cursor: number | null;
            /** @description null while it runs, and where it broke off */
            endedBy: ("end" | "limit" | "wall" | "captcha" | "blocked" | "stuck" | "stopped") | null;
            reason: string | null;
            /** @description ms UTC */
            startedAt: number;
            endedAt: number | null;
        };
        /** @description a page of comments; one of a search may be short, or empty, before the last */
        Comments: {
            comments: components["schemas"]["KeptComment"][];
            next: string | null;
        };
        /** @description a page of the comments of a work */
        WorkComments: {
            comments: components["schemas"]["KeptComment"][];
            next: string | null;
            /** @description numbers of all that is kept of the work */
            kept: {
                /** @description comments that are kept */
                comments: number;
                /** @description top comments among them */
                topLevel: number;
                /** @description of them, those that are no longer there */
                removed: number;
            };
            /** @description the last run that collected them; null when there was none, or it is no longer kept */
            run: components["schemas"]["CommentRun"] | null;
        };
        /** @description the last run that collects the comments of a work, as far as it is */
        CommentRunStatus: {
            run: components["schemas"]["CommentRun"];
            /** @description whether a process is at it now; one whose process died is shown as stopped, and a new one goes on */
            running: boolean;
        };
        /** @description a file of a download */
        DownloadFile: {
            /**
             * @description what of the work it is; clip is the film of a live photo
             * @enum {unknown}
             */
            role: "video" | "image" | "clip" | "cover" | "music" | "meta";
            /** @description place among its like, from 0: a still and its clip have the same */
            index: number;
            name: string | null;
            bytes: number | null;
            totalBytes: number | null;
            sha256: string | null;
            variant: string | null;
            /**
             * @description waiting: for its work to be read, or for its turn; partial: some of it is there, the rest is not; stopped: its process ended before it did
             * @enum {unknown}
             */
            state: "waiting" | "running" | "done" | "partial" | "failed" | "cancelled" | "stopped";
            reason: string | null;
        };
        /** @description a download as it is now */
        DownloadStatus: {
            /** @description id of the download */
            id: string;
            /** @description the work */
            workId: string;
            /**
             * @description waiting: for its work to be read, or for its turn; partial: some of it is there, the rest is not; stopped: its process ended before it did
             * @enum {unknown}
             */
            state: "waiting" | "running" | "done" | "partial" | "failed" | "cancelled" | "stopped";
            reason: string | null;
            /** @description its files */
            files: components["schemas"]["DownloadFile"][];
            wish: {
                /**
                 * @description rung of a film: compatible, best, smallest, or a height such as 720p
                 * @default compatible
                 */
                quality: string;
                /**
                 * @description whether HDR is taken where there is a choice
                 * @default false
                 */
                hdr: boolean;
                /**
                 * @description whether the music is wanted, too
                 * @default false
                 */
                music: boolean;
                /**
                 * @description whether the covers are wanted, too
                 * @default false
                 */
                covers: boolean;
                /**
                 * @description names of the files in the folder of their work: 1 to 200 characters, with fields in braces; docs/works.md has them
                 * @default {date} {text} {id}
                 */
                template: string;
                /**
                 * @description also what its author does not allow to download; needs the scope admin, and is logged
                 * @default false
                 */
                ignoreAuthorSetting: boolean;
            };
            /** @description bytes of its files that are there */
            bytes: number;
            totalBytes: number | null;
            /** @description name of the token that asked for it */
            askedBy: string;
            /** @description name of the process on whose disk its files lie */
            process: string;
            /** @description when it was asked for, ms UTC */
            createdAt: number;
            /** @description when the first of its files was begun; null before */
            begunAt: number | null;
            /** @description when it ended; null before */
            endedAt: number | null;
            /** @description whether its files lie on the disk of the process that answers */
            here: boolean;
        };
        /** @description a page of downloads, those asked for last first */
        DownloadList: {
            downloads: components["schemas"]["DownloadStatus"][];
            next: string | null;
        };
        /** @description the files of a work */
        WorkFiles: {
            /** @description the files that a download brings, by what is asked for */
            offered: {
                /**
                 * @description what of the work it is; clip is the film of a live photo
                 * @enum {unknown}
                 */
                role: "video" | "image" | "clip" | "cover" | "music" | "meta";
                /** @description place among its like, from 0: a still and its clip have the same */
                index: number;
                /** @description name of the rung that a download takes; null for what has none */
                variant: string | null;
                /** @description which it is, and why it is taken */
                reason: string | null;
                /** @description length as the platform tells it, without a sound that is joined */
                bytes: number | null;
                /** @description all rungs without the platform's mark, the best first */
                rungs: components["schemas"]["MediaVariant"][];
            }[];
            /** @description the files that are there, of the last download that has each */
            downloaded: {
                /** @description id of the download that has it */
                download: string;
                /** @description whether its files lie on the disk of the process that answers */
                here: boolean;
                /**
                 * @description what of the work it is; clip is the film of a live photo
                 * @enum {unknown}
                 */
                role: "video" | "image" | "clip" | "cover" | "music" | "meta";
                /** @description place among its like, from 0: a still and its clip have the same */
                index: number;
                name: string | null;
                bytes: number | null;
                sha256: string | null;
                variant: string | null;
                /** @description why this rung was taken, by each download that has it, the last one first */
                reasons: string[];
            }[];
        };
        /** @description a watch on an author of works: each work that they publish becomes an event of room 0 */
        AuthorWatch: {
            /** @description the author's lasting public id (MS4w…) */
            secUid: string;
            /** @description who that is, as their page last said; null before it did */
            author: components["schemas"]["Person"] | null;
            /** @description when the watch began */
            addedAt: number;
            /** @description when their page is to be looked at next; it may be over while others have their turn */
            nextAt: number;
            /** @description the last look; null before the first */
            look: {
                /** @description when it ended */
                at: number;
                /**
                 * @description down to what was known, only the first ones shown, none shown (a private or banned account), a captcha, a refusal, pages without progress, no such account, an author who was erased here within the last hour, a failure
                 * @enum {unknown}
                 */
                outcome: "ok" | "wall" | "withheld" | "captcha" | "blocked" | "stuck" | "gone" | "erased" | "failed";
                reason: string | null;
            } | null;
            /** @description null while the looks go well (ok, wall) */
            failingSince: number | null;
            /** @description null before that */
            learnedAt: number | null;
            /** @description the newest work that is known; older ones that turn up later are not announced as new */
            newest: {
                /** @description the platform's id of the work */
                id: string;
                /** @description when it was published */
                time: number;
            } | null;
            /** @description works that were announced as new since the watch began */
            published: number;
        };
        /** @description authors who are watched, those added first first */
        AuthorWatchList: {
            authors: components["schemas"]["AuthorWatch"][];
        };
        /** @description a folder of recordings beside which danmaku are written */
        Sidecar: {
            id: string;
            /** @description path from the folder that DYLIVE_RECORDINGS names; . is that itself */
            folder: string;
            /** @description key of the room */
            room: number;
            webRid: string | null;
            formats: ("xml" | "ass" | "srt" | "jsonl")[];
            namePattern: string | null;
            timeZone: string | null;
            /** @description added to every place in a recording, ms */
            offsetMs: number;
            /** @description a file that has not grown for so long is finished, ms */
            finishedAfterMs: number;
            /** @description ms UTC */
            createdAt: number;
            trouble: string | null;
            /** @description recordings that were found */
            recordings: number;
            /** @description those of them that still grow */
            growing: number;
            /** @description the last news, oldest first, in the language asked for */
            lines: {
                /** @description ms UTC */
                at: number;
                text: string;
            }[];
        };
        /** @description folders beside whose recordings this process writes, those made first first */
        SidecarList: {
            /** @description whether DYLIVE_RECORDINGS names a folder; else none can be made */
            possible: boolean;
            sidecars: components["schemas"]["Sidecar"][];
        };
        /** @description a token, without the token itself */
        Token: {
            id: string;
            name: string;
            /** @enum {unknown} */
            scope: "read" | "manage" | "admin";
            /** @description the only rooms it may see; all when empty */
            rooms: string[];
            perMinute: number | null;
            /** @description ms UTC */
            createdAt: number;
            expiresAt: number | null;
            revokedAt: number | null;
            /** @description ms UTC, give or take a minute */
            lastUsedAt: number | null;
        };
        /** @description all tokens */
        TokenList: {
            tokens: components["schemas"]["Token"][];
        };
        /** @description a new token */
        NewToken: {
            /** @description the token: it is shown this once */
            token: string;
            about: components["schemas"]["Token"];
        };
        /** @description a webhook, without its secret */
        Hook: {
            id: string;
            name: string;
            /** @description its address; of one with a channel without what lets others send to it */
            url: string;
            channel: {
                /** @enum {unknown} */
                kind: "dingtalk" | "feishu" | "wecom" | "serverchan" | "bark" | "ntfy" | "telegram" | "discord" | "slack" | "email" | "http";
                to: string | null;
                /** @enum {unknown} */
                language: "zh" | "en";
                template: string | null;
                /** @description whether a secret of the service is kept; it is never shown */
                hasSecret: boolean;
            } | null;
            /** @description event types and names; all but unknown, rank and stats when empty */
            types: string[];
            filter: string | null;
            /** @description all rooms when empty, also those that come later */
            rooms: string[];
            /** @description events of one request at most */
            maxEvents: number;
            /** @description may reach private addresses */
            allowPrivate: boolean;
            /** @description ms UTC */
            createdAt: number;
            /** @description until then the secret before the last rotation signs too */
            oldSecretUntil: number | null;
            /**
             * @description failing: the last try did not arrive, and it is tried again
             * @enum {unknown}
             */
            state: "active" | "failing" | "paused";
            paused: {
                /** @description ms UTC */
                at: number;
                /**
                 * @description asked; gone: it answered 410; failing: it failed for days
                 * @enum {unknown}
                 */
                reason: "asked" | "gone" | "failing";
            } | null;
            failingSince: number | null;
            lastTry: {
                /** @description ms UTC */
                at: number;
                /** @description HTTP status; null when there was no answer, and of e-mail */
                status: number | null;
                /** @description what was wrong, in words */
                error: string | null;
            } | null;
            /** @description when something was last delivered */
            deliveredAt: number | null;
            /** @description events of the log that it has not come to, of whichever rooms and types */
            backlog: number;
            /** @description rooms with something under way */
            behindRooms: number;
            /** @description rooms with something under way, the furthest behind first; 100 at most */
            behind: {
                /** @description the room's id here */
                room: string;
                /** @description everything up to here is delivered or was left out */
                seq: number;
                /** @description the room's newest seq */
                head: number;
                backlog: number;
                waiting: {
                    /** @description the webhook-id */
                    id: string;
                    from: number;
                    to: number;
                    events: number;
                    /** @description ms UTC */
                    since: number;
                    tries: number;
                } | null;
            }[];
        };
        /** @description all webhooks */
        HookList: {
            hooks: components["schemas"]["Hook"][];
        };
        /** @description a webhook with its new secret */
        NewHook: {
            /** @description what signatures are checked with: it is shown this once */
            secret: string;
            about: components["schemas"]["Hook"];
        };
        /** @description one request to a webhook's receiver, and what came of it */
        HookTry: {
            /** @description the webhook-id */
            id: string;
            /** @description ms UTC */
            at: number;
            /** @description how long it took */
            ms: number;
            /** @description the room's id here */
            room: string;
            from: number;
            to: number;
            events: number;
            bytes: number;
            /** @description from 1 for each message; 0 is a test */
            attempt: number;
            delivered: boolean;
            /** @description HTTP status; null when there was no answer, and of e-mail */
            status: number | null;
            /** @description what was wrong, in words */
            error: string | null;
            /** @description begin of an answer that was no success */
            answer: string | null;
        };
        /** @description the last requests of a webhook */
        HookTryList: {
            /** @description newest first; the last 100 are kept */
            tries: components["schemas"]["HookTry"][];
        };
        /** @description an account that rooms can be watched as, without its cookies */
        Account: {
            name: string;
            /**
             * @description whom the platform took it for when it was asked last; unknown: not asked, or it did not say
             * @enum {unknown}
             */
            login: "logged_in" | "guest" | "unknown";
            /** @description as the platform names it */
            nickname: string | null;
            /** @description when its cookies were saved, ms UTC; null when its file is damaged */
            savedAt: number | null;
            /** @description when the platform will end the login; null where it is not known */
            expiresAt: number | null;
            checkedAt: number | null;
            /** @description the login has ended: rooms are seen as a guest sees them until there are new cookies */
            lapsed: boolean;
            /** @description what was seen of it in the last 14 days, over all rooms; null: nothing */
            health: {
                /** @description ms UTC */
                since: number;
                /** @description gifts that it was sent */
                gifts: number;
                /** @description of those whose price is known */
                diamonds: number;
                /** @description that were given for certain while it watched: by the platform's ranks, or as other sessions were sent them */
                diamondsWitnessed: number;
                /** @description how much of that it was not sent within half a minute */
                diamondsMissing: number;
                /** @description connections that the platform refused it */
                refusals: number;
            } | null;
            /** @description why nothing is known of it */
            problem: string | null;
        };
        /** @description all accounts, by name */
        AccountList: {
            accounts: components["schemas"]["Account"][];
        };
        /** @description what this server is */
        About: {
            version: string;
            /** @description version of Node.js */
            node: string;
            /** @description ms UTC */
            startedAt: number;
            /** @description bytes of the database on disk */
            storeBytes: number | null;
            /** @description the account that rooms are watched as unless they say otherwise */
            account: string;
            /** @description every setting; secrets are shown as *** */
            settings: {
                /** @description the environment variable */
                name: string;
                value: string | number | null;
                about: string;
            }[];
            /** @description streams for clients of other programs that are on; docs/compat.md */
            compat: {
                name: string;
                /** @description whose clients it is for */
                like: string;
                url: string;
            }[];
        };
        /** @description every setting; secrets are shown as *** */
        SettingList: {
            settings: {
                /** @description the environment variable */
                name: string;
                /** @description what counts now */
                value: string | number | null;
                about: string;
                /**
                 * @description where it comes from: start, what the server was started with; change, a change while it ran
                 * @enum {unknown}
                 */
                from: "start" | "change" | "default";
                /** @description whether it may be changed while the server runs; not where the server was started with it, which wins */
                mayChange: boolean;
                changed: {
                    /** @description name of the token, or of the command */
                    by: string;
                    /** @description ms UTC */
                    at: number;
                } | null;
            }[];
        };
        /** @description what is broken between here and the platform, and what to do */
        FindingList: {
            /** @description in the order in which each layer needs those before it */
            findings: {
                layer: string;
                /** @enum {unknown} */
                state: "ok" | "warn" | "fail" | "skipped";
                /** @description one sentence in plain words */
                detail: string;
                todo: string | null;
            }[];
        };
        /** @description the processes of a cluster, their rooms, and how far its readers are */
        Cluster: {
            /** @description every process, oldest first */
            members: {
                id: number;
                /** @description host and pid, or DYLIVE_NAME */
                name: string;
                /** @enum {unknown} */
                role: "all" | "collect" | "serve";
                /** @description rooms that it takes at most */
                capacity: number;
                /** @description rooms that it has */
                rooms: number;
                /** @description what one process of the cluster does at a time */
                jobs: string[];
                /** @description when it came, ms UTC by the database */
                joinedAt: number;
                /** @description when it is taken for dead unless it is heard of before, ms UTC by the database */
                expiresAt: number;
                /** @description whether it holds its session with the database: false as soon as the process is gone */
                connected: boolean;
                /** @description its rooms by state */
                states: {
                    resolving: number;
                    waiting: number;
                    connecting: number;
                    live: number;
                    stalled: number;
                    blocked: number;
                    ended: number;
                    failed: number;
                    paused: number;
                };
            }[];
            rooms: {
                /** @description rooms that are to be collected */
                wanted: number;
                /** @description of those on the watch list */
                watched: number;
                /** @description rooms that no process has right now, by their last reported state */
                unowned: {
                    resolving: number;
                    waiting: number;
                    connecting: number;
                    live: number;
                    stalled: number;
                    blocked: number;
                    ended: number;
                    failed: number;
                    paused: number;
                };
            };
            /** @description events of the log that its readers have not come to */
            behind: {
                statistics: number;
                search: number;
                hooks: number;
            };
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    getHealthz: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description ok, or stopping with status 503 */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /**
                         * @description ok: the process lives and answers. That says nothing of the store, which /readyz is asked for
                         * @enum {unknown}
                         */
                        status: "ok" | "stopping";
                        /**
                         * @description with PostgreSQL: away when it cannot be reached, or has answered nothing for three seconds that it was asked. A process without it is alive: it goes on by itself
                         * @enum {unknown}
                         */
                        database?: "ok" | "away";
                        /** @description memory of what was received and waits to be stored: when it is full, connections to the platform are not read */
                        buffer?: {
                            bytes: number;
                            maxBytes: number;
                        };
                    };
                };
            };
            /** @description ok, or stopping with status 503 */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /**
                         * @description ok: the process lives and answers. That says nothing of the store, which /readyz is asked for
                         * @enum {unknown}
                         */
                        status: "ok" | "stopping";
                        /**
                         * @description with PostgreSQL: away when it cannot be reached, or has answered nothing for three seconds that it was asked. A process without it is alive: it goes on by itself
                         * @enum {unknown}
                         */
                        database?: "ok" | "away";
                        /** @description memory of what was received and waits to be stored: when it is full, connections to the platform are not read */
                        buffer?: {
                            bytes: number;
                            maxBytes: number;
                        };
                    };
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getReadyz: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description ready */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        status: "ready";
                    };
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getMetrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Prometheus' text form */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getVideoDetail: {
        parameters: {
            query: {
                /** @description the id of a video or a note: 19 digits */
                aweme_id: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {number} */
                        code: 200;
                        /** @description the platform's answer to its own page about the work, unchanged */
                        data: {
                            status_code?: number;
                            /** @description the work, with the platform's names; null when it is not shown */
                            aweme_detail?: unknown;
                            /**
                             * @description there is no such reply: this was built from the state in the page's HTML, or from a list of works that was read last, which have less
                             * @enum {unknown}
                             */
                            _source?: "page" | "list";
                        } & {
                            [key: string]: unknown;
                        };
                        /** @enum {string} */
                        msg: "success";
                    };
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: number;
                        data: unknown[];
                        msg: string;
                    };
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: number;
                        data: unknown[];
                        msg: string;
                    };
                };
            };
        };
    };
    getVideoComments: {
        parameters: {
            query: {
                /** @description the id of a video or a note: 19 digits */
                aweme_id: string;
                /** @description a whole number of 13 digits at most: 0, then the one of the answer before */
                cursor?: number;
                /** @description a whole number from 1 to 50 */
                count?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {number} */
                        code: 200;
                        data: {
                            status_code: number;
                            /** @description 0 only where the platform said that these are all */
                            has_more: 0 | 1;
                            /**
                             * @description no reply of the page: built from what is kept
                             * @enum {string}
                             */
                            _source: "kept";
                            /** @description why there may be more than is kept, where the next page would have nothing */
                            _more?: string;
                            comments: Record<string, never>[];
                            /** @description of the next page */
                            cursor: number;
                            total: number | null;
                            extra: {
                                /** @description ms UTC */
                                now: number;
                            };
                            _collected_at: number | null;
                        };
                        /** @enum {string} */
                        msg: "success";
                    };
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: number;
                        data: unknown[];
                        msg: string;
                    };
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: number;
                        data: unknown[];
                        msg: string;
                    };
                };
            };
        };
    };
    getVideoCommentReply: {
        parameters: {
            query: {
                /** @description the id of a video or a note: 19 digits */
                aweme_id: string;
                /** @description the cid of a top comment: 1 to 64 letters, digits, _ - */
                cid: string;
                /** @description a whole number of 13 digits at most: 0, then the one of the answer before */
                cursor?: number;
                /** @description a whole number from 1 to 50 */
                count?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {number} */
                        code: 200;
                        data: {
                            status_code: number;
                            /** @description 0 only where the platform said that these are all */
                            has_more: 0 | 1;
                            /**
                             * @description no reply of the page: built from what is kept
                             * @enum {string}
                             */
                            _source: "kept";
                            /** @description why there may be more than is kept, where the next page would have nothing */
                            _more?: string;
                            comments: Record<string, never>[];
                            /** @description of the next page */
                            cursor: number;
                            total: number | null;
                            extra: {
                                /** @description ms UTC */
                                now: number;
                            };
                            _collected_at: number | null;
                        };
                        /** @enum {string} */
                        msg: "success";
                    };
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: number;
                        data: unknown[];
                        msg: string;
                    };
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: number;
                        data: unknown[];
                        msg: string;
                    };
                };
            };
        };
    };
    getUserPosts: {
        parameters: {
            query?: {
                /** @description a sec_uid of 1 to 200 characters */
                sec_uid?: string;
                /** @description a sec_uid of 1 to 200 characters */
                uid?: string;
                /** @description a whole number of 13 digits at most: 0, then the one of the answer before */
                cursor?: number;
                /** @description a whole number from 1 to 50 */
                count?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {number} */
                        code: 200;
                        data: {
                            status_code: number;
                            /** @description 0 only where the platform said that these are all */
                            has_more: 0 | 1;
                            /**
                             * @description no reply of the page: built from what is kept
                             * @enum {string}
                             */
                            _source: "kept";
                            /** @description why there may be more than is kept, where the next page would have nothing */
                            _more?: string;
                            aweme_list: Record<string, never>[];
                            /** @description of the next page: when its last work was published, ms UTC */
                            max_cursor: number;
                            /** @description when its first work was published, ms UTC */
                            min_cursor: number;
                        };
                        /** @enum {string} */
                        msg: "success";
                    };
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: number;
                        data: unknown[];
                        msg: string;
                    };
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: number;
                        data: unknown[];
                        msg: string;
                    };
                };
            };
        };
    };
    getLiveroomChat: {
        parameters: {
            query: {
                /** @description a 19-digit room_id, a web_rid, or a custom id of 1 to 128 letters, digits, _ . - */
                room_id: string;
                /** @description a whole number of events from 1 to 2000 */
                limit?: number;
                /** @description a whole number of seconds from 0 to 60 */
                wait?: number;
                /** @description the X-Next-Cursor of an earlier answer, a whole number, or newest */
                cursor?: string;
                /** @description 1 to 50 method names (WebcastChatMessage …) separated by commas */
                types?: string;
                /** @description a name of 1 to 64 letters, digits, _ . - */
                client?: string;
                /** @description 1 or 2 */
                format?: "1" | "2";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description events in order; the second form with format=2 */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {number} */
                        code: 200;
                        data: {
                            /** @description the platform's method, such as WebcastChatMessage */
                            type: string;
                            nickname: string;
                            uid: string;
                            sec_uid: string;
                            short_id?: string;
                            msg_id?: string;
                            msg?: string;
                            tid?: string;
                            text?: string;
                            avatar?: string;
                            count?: number;
                            total?: number | null;
                            gift?: {
                                id: string;
                                name: string;
                                count: number;
                                diamonds: number | null;
                                combo_total: number;
                            };
                        }[];
                        /** @enum {string} */
                        msg: "success";
                    } | {
                        /** @enum {number} */
                        code: 200;
                        msg: string;
                        data: {
                            messages: {
                                method: string;
                                msg_id: string;
                                payload: {
                                    room_id: string;
                                    content: string;
                                    user: {
                                        uid: string;
                                        nickname: string;
                                        avatar: string;
                                        unique_id: string;
                                        sec_uid: string;
                                    };
                                };
                            }[];
                            cursor: string;
                            fetch_interval: number;
                            now: number;
                        };
                    };
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: number;
                        data: unknown[];
                        msg: string;
                    };
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: number;
                        data: unknown[];
                        msg: string;
                    };
                };
            };
        };
    };
    getLiveroomInfo: {
        parameters: {
            query: {
                /** @description a 19-digit room_id, a web_rid, or a custom id of 1 to 128 letters, digits, _ . - */
                room_id: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {number} */
                        code: 200;
                        data: {
                            data: {
                                room_id: string | null;
                                web_rid: string | null;
                                title: string | null;
                                status: number | null;
                                alive: boolean | null;
                                /** @description what dylive knows of the room */
                                state: string;
                                owner: {
                                    uid: string | null;
                                    sec_uid: string | null;
                                    nickname: string | null;
                                    avatar: string | null;
                                } | null;
                                start_time: number | null;
                                online: number | null;
                                total_viewers: number | null;
                                likes: number | null;
                                stats_time: number | null;
                            };
                        };
                        /** @enum {string} */
                        msg: "success";
                    };
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: number;
                        data: unknown[];
                        msg: string;
                    };
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: number;
                        data: unknown[];
                        msg: string;
                    };
                };
            };
        };
    };
    getLiveroomAudience: {
        parameters: {
            query: {
                /** @description a 19-digit room_id, a web_rid, or a custom id of 1 to 128 letters, digits, _ . - */
                room_id: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {number} */
                        code: 200;
                        data: {
                            data: {
                                ranks: {
                                    rank: number;
                                    score: number | null;
                                    score_text: string | null;
                                    user: {
                                        uid: string;
                                        nickname: string;
                                        avatar: string;
                                        unique_id: string;
                                        sec_uid: string;
                                    };
                                }[];
                                total: number | null;
                                time: number | null;
                            };
                        };
                        /** @enum {string} */
                        msg: "success";
                    };
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: number;
                        data: unknown[];
                        msg: string;
                    };
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: number;
                        data: unknown[];
                        msg: string;
                    };
                };
            };
        };
    };
    getLiveroomRanklist: {
        parameters: {
            query: {
                /** @description a 19-digit room_id, a web_rid, or a custom id of 1 to 128 letters, digits, _ . - */
                room_id: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {number} */
                        code: 200;
                        data: {
                            data: {
                                ranks: {
                                    rank: number;
                                    score: number | null;
                                    score_text: string | null;
                                    user: {
                                        uid: string;
                                        nickname: string;
                                        avatar: string;
                                        unique_id: string;
                                        sec_uid: string;
                                    };
                                }[];
                                total: number | null;
                                time: number | null;
                            };
                        };
                        /** @enum {string} */
                        msg: "success";
                    };
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: number;
                        data: unknown[];
                        msg: string;
                    };
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: number;
                        data: unknown[];
                        msg: string;
                    };
                };
            };
        };
    };
    getLiveroomGifts: {
        parameters: {
            query?: {
                /** @description a 19-digit room_id, a web_rid, or a custom id of 1 to 128 letters, digits, _ . - */
                room_id?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {number} */
                        code: 200;
                        data: {
                            data: {
                                gifts: {
                                    /** @description an integer of up to 20 digits: read it without rounding */
                                    id: number;
                                    id_str: string;
                                    name: string;
                                    /** @description price of one unit in diamonds; null if unknown */
                                    diamond_count: number | null;
                                    image: {
                                        url_list: string[];
                                    };
                                    combo: boolean | null;
                                    type: number | null;
                                }[];
                                time: number | null;
                            };
                            extra: {
                                now: number;
                            };
                            /** @enum {number} */
                            status_code: 0;
                        };
                        /** @enum {string} */
                        msg: "success";
                    };
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: number;
                        data: unknown[];
                        msg: string;
                    };
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: number;
                        data: unknown[];
                        msg: string;
                    };
                };
            };
        };
    };
    getLiveroomStatus: {
        parameters: {
            query: {
                /** @description 1 to 20 rooms separated by commas, each a 19-digit room_id, a web_rid, or a custom id of 1 to 128 letters, digits, _ . - */
                room_id: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {number} */
                        code: 200;
                        data: {
                            data: {
                                alive: boolean | null;
                                room_id: number | null;
                                /** @description as it was asked for */
                                id: string;
                                /** @description what dylive knows of the room, or why nothing */
                                state: string;
                            }[];
                            extra: {
                                now: number;
                            };
                            /** @enum {number} */
                            status_code: 0;
                        };
                        /** @enum {string} */
                        msg: "success";
                    };
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: number;
                        data: unknown[];
                        msg: string;
                    };
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: number;
                        data: unknown[];
                        msg: string;
                    };
                };
            };
        };
    };
    getRooms: {
        parameters: {
            query?: {
                /** @description only rooms with this name: the value of one of their aliases */
                name?: string;
                /** @description off, on or paused */
                watch?: "off" | "on" | "paused";
                /** @description a whole number from 1 to 1000 */
                limit?: number;
                /** @description the `next` of the page before; without it the list begins */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description a page of rooms */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RoomList"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postRooms: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description anything that names a room: a link, the app's share text, a number, a custom id, a 19-digit room_id */
                    room: string;
                    /**
                     * @description true puts it on the watch list; false collects it until ten minutes after the last request
                     * @default true
                     */
                    watch?: boolean;
                    settings?: {
                        /** @description account to watch as, as given to dylive login; guest is none, null the server's setting */
                        account?: string | null;
                        /** @description proxy for this room (http, https or socks5 URL; admin tokens only); null is the server's setting */
                        proxy?: string | null;
                        /** @description connections of our own, or a page in the browser; null is the server's setting */
                        source?: ("websocket" | "browser") | null;
                        /** @description whether its frames are kept as they came; null is the server's setting */
                        record?: boolean | null;
                        /** @description sessions that watch the room at once, as one log: guest, guest:2, browser or account:NAME, then @browser or @websocket, then ,proxy=URL or ,proxy=none (admin tokens only; left out, a session keeps its own, and one that has a proxy is taken away by admin tokens only); null is one session, by the settings above */
                        sessions?: string[] | null;
                    };
                };
            };
        };
        responses: {
            /** @description a room */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Room"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getRoomsByRoom: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description the room's id here, or any of its names (kind:value, or the value alone) that is known here */
                room: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description a room */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Room"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    deleteRoomsByRoom: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description the room's id here, or any of its names (kind:value, or the value alone) that is known here */
                room: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description a room */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Room"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    patchRoomsByRoom: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description the room's id here, or any of its names (kind:value, or the value alone) that is known here */
                room: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description account to watch as, as given to dylive login; guest is none, null the server's setting */
                    account?: string | null;
                    /** @description proxy for this room (http, https or socks5 URL; admin tokens only); null is the server's setting */
                    proxy?: string | null;
                    /** @description connections of our own, or a page in the browser; null is the server's setting */
                    source?: ("websocket" | "browser") | null;
                    /** @description whether its frames are kept as they came; null is the server's setting */
                    record?: boolean | null;
                    /** @description sessions that watch the room at once, as one log: guest, guest:2, browser or account:NAME, then @browser or @websocket, then ,proxy=URL or ,proxy=none (admin tokens only; left out, a session keeps its own, and one that has a proxy is taken away by admin tokens only); null is one session, by the settings above */
                    sessions?: string[] | null;
                };
            };
        };
        responses: {
            /** @description a room */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Room"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postRoomsByRoomPause: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description the room's id here, or any of its names (kind:value, or the value alone) that is known here */
                room: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description a room */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Room"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postRoomsByRoomResume: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description the room's id here, or any of its names (kind:value, or the value alone) that is known here */
                room: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description a room */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Room"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getSessions: {
        parameters: {
            query?: {
                /** @description up to 200 rooms with commas between, each by its id here or one of its names; all that the token may see by default */
                room?: string;
                /** @description part of the title or of the anchor's name; capitals of A to Z do not matter */
                q?: string;
                /** @description only broadcasts that began at or after this time, ms UTC */
                from?: number;
                /** @description only broadcasts that began before this time, ms UTC */
                to?: number;
                /** @description the figure that they are ordered by: openedAt, length, viewers, peak, chats, gifters, diamonds, diamondsPerMinute, follows; those of which it is unknown come last */
                by?: "openedAt" | "length" | "viewers" | "peak" | "chats" | "gifters" | "diamonds" | "diamondsPerMinute" | "follows";
                /** @description desc: the newest, or the most, first */
                order?: "desc" | "asc";
                /** @description a whole number from 1 to 1000 */
                limit?: number;
                /** @description the `next` of the page before; without it the list begins */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description a page of broadcasts */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionList"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getRoomsByRoomSessions: {
        parameters: {
            query?: {
                /** @description a whole number from 1 to 1000 */
                limit?: number;
                /** @description the `next` of the page before; without it the list begins */
                cursor?: string;
            };
            header?: never;
            path: {
                /** @description the room's id here, or any of its names (kind:value, or the value alone) that is known here */
                room: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description a page of broadcasts */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionList"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getRoomsByRoomBroadcastsAtom: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description the room's id here, or any of its names (kind:value, or the value alone) that is known here */
                room: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description a feed; its ETag stays the same until something in it changes */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/atom+xml": string;
                };
            };
            /** @description it is as If-None-Match names it */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getRoomsByRoomSessionsBySession: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description the room's id here, or any of its names (kind:value, or the value alone) that is known here */
                room: string;
                /** @description room_id of the broadcast, or `latest`: the newest, or that by which the room is named */
                session: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description a broadcast of a room */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getCompare: {
        parameters: {
            query: {
                /** @description 2 to 4 broadcasts with commas between, each as ROOM/SESSION: the room's id here or one of its names, and the room_id, or `latest` */
                sessions: string;
                /** @description a whole number from 1 to 1000 */
                limit?: number;
                /** @description the `next` of the page before; without it the list begins */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description broadcasts beside each other, minute by minute since each began */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Comparison"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getRoomsByRoomSummary: {
        parameters: {
            query?: {
                /** @description room_id of the broadcast, or `latest`, which it is by default where the room is not named by a room_id */
                session?: string;
                /** @description cursor of its minutes, a `minutes.next`; without it they begin at the first */
                minutes?: string;
            };
            header?: never;
            path: {
                /** @description the room's id here, or any of its names (kind:value, or the value alone) that is known here */
                room: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description a broadcast at a glance; all is null where the room has no such broadcast */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RoomSummary"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getRoomsByRoomSessionsBySessionStats: {
        parameters: {
            query?: {
                /** @description a whole number from 1 to 1000 */
                limit?: number;
                /** @description the `next` of the page before; without it the list begins */
                cursor?: string;
            };
            header?: never;
            path: {
                /** @description the room's id here, or any of its names (kind:value, or the value alone) that is known here */
                room: string;
                /** @description room_id of the broadcast, or `latest`: the newest, or that by which the room is named */
                session: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description a broadcast minute by minute */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MinuteList"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getRoomsByRoomSessionsBySessionTop: {
        parameters: {
            query?: {
                /** @description diamonds, units, chats, likes or events */
                by?: "diamonds" | "units" | "chats" | "likes" | "events";
                /** @description a whole number from 1 to 1000 */
                limit?: number;
                /** @description the `next` of the page before; without it the list begins */
                cursor?: string;
            };
            header?: never;
            path: {
                /** @description the room's id here, or any of its names (kind:value, or the value alone) that is known here */
                room: string;
                /** @description room_id of the broadcast, or `latest`: the newest, or that by which the room is named */
                session: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description people of a broadcast, those with the most first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PersonList"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getRoomsByRoomSessionsBySessionWitness: {
        parameters: {
            query?: {
                /** @description a whole number from 1 to 1000 */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description the room's id here, or any of its names (kind:value, or the value alone) that is known here */
                room: string;
                /** @description room_id of the broadcast, or `latest`: the newest, or that by which the room is named */
                session: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description what the platform's ranks say of people: those of whose diamonds the most did not reach us first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WitnessList"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getRoomsByRoomSessionsBySessionWords: {
        parameters: {
            query?: {
                /** @description word or emoji */
                kind?: "word" | "emoji";
                /** @description a whole number from 1 to 1000 */
                limit?: number;
                /** @description the `next` of the page before; without it the list begins */
                cursor?: string;
            };
            header?: never;
            path: {
                /** @description the room's id here, or any of its names (kind:value, or the value alone) that is known here */
                room: string;
                /** @description room_id of the broadcast, or `latest`: the newest, or that by which the room is named */
                session: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description words or emoji of the chat, the most frequent first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WordList"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getRoomsByRoomSessionsBySessionGifts: {
        parameters: {
            query?: {
                /** @description what they are summed by: gift, user (only people who can be distinguished), receiver, or line (who gave which gift to whom) */
                by?: "gift" | "user" | "receiver" | "line";
                /** @description only gifts of the user with this id */
                user?: string;
                /** @description a whole number from 1 to 1000 */
                limit?: number;
                /** @description the `next` of the page before; without it the list begins */
                cursor?: string;
            };
            header?: never;
            path: {
                /** @description the room's id here, or any of its names (kind:value, or the value alone) that is known here */
                room: string;
                /** @description room_id of the broadcast, or `latest`: the newest, or that by which the room is named */
                session: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description gifts of a broadcast, summed */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GiftList"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getRoomsByRoomSessionsBySessionAudience: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description the room's id here, or any of its names (kind:value, or the value alone) that is known here */
                room: string;
                /** @description room_id of the broadcast, or `latest`: the newest, or that by which the room is named */
                session: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description a portrait of the people of a broadcast */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Audience"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getRoomsByRoomSessionsBySessionHighlights: {
        parameters: {
            query?: {
                /** @description how many, the most striking; a whole number from 1 to 100 */
                limit?: number;
                /** @description json, or a file: csv, chapters (lines for a video's description) or edl (markers for an editing program) */
                format?: "json" | "csv" | "chapters" | "edl";
                /** @description when the recording begins: 2026-11-25T20:00:00+08:00, or ms UTC; by default when the broadcast was first seen */
                start?: string;
                /** @description seconds added to every place in the recording */
                offset?: number;
                /** @description frames of the recording in a second, for edl */
                fps?: number;
                /** @description titles of the columns in csv and xlsx: `names`, by which programs go, or `zh`, in Chinese */
                headers?: "names" | "zh";
            };
            header?: never;
            path: {
                /** @description the room's id here, or any of its names (kind:value, or the value alone) that is known here */
                room: string;
                /** @description room_id of the broadcast, or `latest`: the newest, or that by which the room is named */
                session: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description times of a broadcast that stand out against the half hours around them */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HighlightList"];
                    "text/csv": components["schemas"]["HighlightList"];
                    "text/plain": components["schemas"]["HighlightList"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getRoomsByRoomUsersByUser: {
        parameters: {
            query?: {
                /** @description a whole number from 1 to 1000 */
                limit?: number;
                /** @description the `next` of the page before; without it the list begins */
                cursor?: string;
            };
            header?: never;
            path: {
                /** @description the room's id here, or any of its names (kind:value, or the value alone) that is known here */
                room: string;
                /** @description the person's id (uid) */
                user: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description a person in the broadcasts of a room */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserHistory"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getUsersByUser: {
        parameters: {
            query?: {
                /** @description a whole number from 1 to 1000 */
                limit?: number;
                /** @description the `next` of the page before; without it the list begins */
                cursor?: string;
            };
            header?: never;
            path: {
                /** @description the person's id (uid) */
                user: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description a person across rooms */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PersonRooms"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getGifts: {
        parameters: {
            query?: {
                /** @description a part of their names */
                name?: string;
                /** @description a whole number from 1 to 1000 */
                limit?: number;
                /** @description the `next` of the page before; without it the list begins */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description a page of the catalogue of gifts */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GiftCatalogue"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getGiftsByGift: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description the platform's id of the gift */
                gift: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description a gift of the catalogue */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Gift"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getRoomsByRoomEvents: {
        parameters: {
            query?: {
                /** @description a cursor that was given here, or a seq: events after this place, oldest first; 0 for the oldest kept */
                after?: string;
                /** @description a cursor that was given here, or a seq: the last events before this place */
                before?: string;
                /** @description event types separated by commas, * for all; all but unknown, rank and stats by default */
                types?: string;
                /** @description only events of the broadcast with this room_id; `latest` is the newest */
                session?: string;
                /** @description only events of the user with this id */
                user?: string;
                /** @description only gifts worth at least so many diamonds */
                minDiamonds?: number;
                /** @description a filter expression, see docs/filters.md */
                filter?: string;
                /** @description true: also a cursor after each event */
                cursors?: boolean;
                /** @description a whole number of events from 1 to 2000; an answer ends sooner where they are large, by their megabytes */
                limit?: number;
                /** @description seconds to wait for an event when there is none, from 0 to 60; not with before */
                wait?: number;
            };
            header?: never;
            path: {
                /** @description the room's id here, or any of its names (kind:value, or the value alone) that is known here */
                room: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description events of a room, and where to go on */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventList"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postRoomsByRoomTestEvents: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description the room's id here, or any of its names (kind:value, or the value alone) that is known here */
                room: string;
            };
            cookie?: never;
        };
        /** @description a test event that is to be made, with fields of its type alone */
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @description what happens; the last four happen in no room: name room 0
                     * @enum {unknown}
                     */
                    type: "chat" | "gift" | "like" | "join" | "follow" | "share" | "fansclub" | "room.live" | "room.ended" | "gifts.suppressed" | "gifts.flowing" | "session.lost" | "session.silent" | "session.receives" | "account.lapsed" | "hook.paused" | "disk.low" | "work.published";
                    /** @description who did it; 测试观众 by default */
                    nickname?: string;
                    /** @description 1 to 20 digits: their uid; none by default */
                    userId?: string;
                    /** @description words of a chat, fans club, system event or work */
                    text?: string;
                    /** @description name of the gift; 测试礼物 by default */
                    gift?: string;
                    /** @description how many of the gift; 1 by default */
                    units?: number;
                    /** @description worth of all of it, a multiple of units; as units by default */
                    diamonds?: number;
                    /** @description likes of the batch; 10 by default */
                    count?: number;
                };
            };
        };
        responses: {
            /** @description the event, with its place in the log */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LiveEvent"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getWorksByWorkCommentsExport: {
        parameters: {
            query: {
                /** @description jsonl, csv, xlsx, xml, ass, srt, parquet */
                format: "jsonl" | "csv" | "xlsx" | "xml" | "ass" | "srt" | "parquet";
                /** @description zone of the dates in csv and xlsx, and of times given without one */
                zone?: string;
                /** @description titles of the columns in csv and xlsx: `names`, by which programs go, or `zh`, in Chinese */
                headers?: "names" | "zh";
                /** @description people are replaced by pseudonyms; `own`: by the store's own key, as erasing with pseudonyms; else a key: the same wherever it is used */
                pseudonyms?: string;
            };
            header?: never;
            path: {
                /** @description the platform's id of the work (aweme_id), 10 to 32 digits */
                work: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": string;
                    "text/csv": string;
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "application/vnd.apache.parquet": string;
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getRoomsByRoomExport: {
        parameters: {
            query: {
                /** @description jsonl, csv, xlsx, xml, ass, srt, parquet */
                format: "jsonl" | "csv" | "xlsx" | "xml" | "ass" | "srt" | "parquet";
                /** @description only events of this time on: 2026-11-25T20:00:00+08:00, or ms UTC */
                from?: string;
                /** @description only events before this time: 2026-11-25T20:00:00+08:00, or ms UTC */
                to?: string;
                /** @description event types separated by commas, * for all; all by default, chat and gifts in xml, ass and srt */
                types?: string;
                /** @description only events of the broadcast with this room_id; `latest` is the newest */
                session?: string;
                /** @description only events of the user with this id */
                user?: string;
                /** @description only gifts worth at least so many diamonds */
                minDiamonds?: number;
                /** @description a filter expression, see docs/filters.md */
                filter?: string;
                /** @description test events, too: made to try overlays and alarms; of no broadcast, so not with one */
                tests?: boolean;
                /** @description only events with a greater seq: continues a jsonl or csv that broke off; csv then comes without its titles */
                after?: number;
                /** @description when the recording begins that xml, ass or srt go with; by default when the broadcast was first seen: 2026-11-25T20:00:00+08:00, or ms UTC */
                start?: string;
                /** @description seconds added to every place in the recording */
                offset?: number;
                /** @description zone of the dates in csv and xlsx, and of times given without one */
                zone?: string;
                /** @description titles of the columns in csv and xlsx: `names`, by which programs go, or `zh`, in Chinese */
                headers?: "names" | "zh";
                /** @description people are replaced by pseudonyms; `own`: by the store's own key, as erasing with pseudonyms; else a key: the same wherever it is used */
                pseudonyms?: string;
            };
            header?: never;
            path: {
                /** @description the room's id here, or any of its names (kind:value, or the value alone) that is known here */
                room: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": string;
                    "text/csv": string;
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "application/xml": string;
                    "text/x-ssa": string;
                    "application/x-subrip": string;
                    "application/vnd.apache.parquet": string;
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getRoomsByRoomRetention: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description the room's id here, or any of its names (kind:value, or the value alone) that is known here */
                room: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description limits of a room's own; null where it follows the server's settings */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Retention"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    patchRoomsByRoomRetention: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description the room's id here, or any of its names (kind:value, or the value alone) that is known here */
                room: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description events of the room; null follows the server's settings */
                    events?: {
                        maxAgeMs: number | null;
                        maxBytes: number | null;
                    } | null;
                    /** @description statistics of a broadcast, from its last event on; only the age counts */
                    statistics?: {
                        maxAgeMs: number | null;
                        maxBytes: number | null;
                    } | null;
                    /** @description raw recordings of the room */
                    raw?: {
                        maxAgeMs: number | null;
                        maxBytes: number | null;
                    } | null;
                };
            };
        };
        responses: {
            /** @description limits of a room's own; null where it follows the server's settings */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Retention"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postErase: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description their id (uid), sec_uid, visible number or nickname */
                    user: string;
                    /**
                     * @description keep what they did, under a name that says nothing
                     * @default false
                     */
                    pseudonym?: boolean;
                    /**
                     * @description erase nothing: the result says who would be erased, and how much
                     * @default false
                     */
                    look?: boolean;
                };
            };
        };
        responses: {
            /** @description long work on what is kept */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Task"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postImports: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description absolute path of a recording, a HAR or a capture on this machine */
                    file: string;
                };
            };
        };
        responses: {
            /** @description long work on what is kept */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Task"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postRoomsByRoomRedecode: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description the room's id here, or any of its names (kind:value, or the value alone) that is known here */
                room: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description room_id of the broadcast, or `latest`; all of the room by default */
                    session?: string;
                };
            };
        };
        responses: {
            /** @description long work on what is kept */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Task"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postRoomsByRoomDelete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description the room's id here, or any of its names (kind:value, or the value alone) that is known here */
                room: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description what it is called, typed to confirm: a room's title, anchor, number or id here; a broadcast's title or room_id. Blanks and signs that show nothing do not count; a name that shows nothing, or is longer than 100 characters, is none */
                    name: string;
                };
            };
        };
        responses: {
            /** @description long work on what is kept */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Task"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postRoomsByRoomSessionsBySessionDelete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description the room's id here, or any of its names (kind:value, or the value alone) that is known here */
                room: string;
                /** @description room_id of the broadcast, or `latest`: the newest, or that by which the room is named */
                session: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description what it is called, typed to confirm: a room's title, anchor, number or id here; a broadcast's title or room_id. Blanks and signs that show nothing do not count; a name that shows nothing, or is longer than 100 characters, is none */
                    name: string;
                };
            };
        };
        responses: {
            /** @description long work on what is kept */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Task"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getTasks: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description tasks since the server was started, newest first; the last 50 */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskList"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getTasksByTask: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description the id of the task, up to 15 digits */
                task: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description long work on what is kept */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Task"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    deleteTasksByTask: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description the id of the task, up to 15 digits */
                task: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description long work on what is kept */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Task"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getSearch: {
        parameters: {
            query?: {
                /** @description part of the text of a chat or a notice: 2 to 100 characters; capitals and the width of letters do not matter */
                q?: string;
                /** @description up to 200 rooms with commas between, each by its id here or one of its names; all rooms by default, however many there are */
                room?: string;
                /** @description only events of the user with this id */
                user?: string;
                /** @description event types with commas between */
                types?: string;
                /** @description only events at or after this platform time, ms UTC */
                from?: number;
                /** @description only events before this platform time, ms UTC */
                to?: number;
                /** @description only gifts worth at least so many diamonds */
                minDiamonds?: number;
                /** @description a whole number from 1 to 200 */
                limit?: number;
                /** @description the `next` of the page before; without it the newest are given */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description a page of what was found */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Found"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getUsers: {
        parameters: {
            query: {
                /** @description part of a nickname in a broadcast, or the whole id; capitals and the width of letters do not matter */
                q: string;
                /** @description up to 200 rooms with commas between, each by its id here or one of its names; all that the token may see by default */
                room?: string;
                /** @description a whole number from 1 to 100 */
                limit?: number;
                /** @description the `next` of the page before */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description a page of people who were found */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FoundPeople"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getWorks: {
        parameters: {
            query?: {
                /** @description a whole number from 1 to 100 */
                limit?: number;
                /** @description the `next` of the page before; without it the list begins */
                cursor?: string;
                /** @description only those of the author with this sec_uid */
                author?: string;
                /** @description only those of the mix with this id */
                mix?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description a page of works, those published last first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkList"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postWorks: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description a link, a short link, the app's share text, or a work's id */
                    link: string;
                    /**
                     * @description age up to which what is kept will do; 0 reads the work in any case
                     * @default 600
                     */
                    maxAgeSeconds?: number;
                };
            };
        };
        responses: {
            /** @description a work: a video, a note of pictures, or one of live photos */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Work"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getWorksPace: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description works are read one after another at a person's pace: its state */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkPace"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getWorksByWork: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description the platform's id of the work (aweme_id), 10 to 32 digits */
                work: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description a work: a video, a note of pictures, or one of live photos */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Work"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postWorksLists: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description a link of an author or a mix, a short link, the app's share text, or a sec_uid */
                    link: string;
                    /** @description the run ends after so many works; 10,000 by default */
                    limit?: number;
                    /** @description an author's list ends after so many works in a row, pinned ones apart, that are kept and older than the last run that ended by end, known or wall; never by default */
                    stopAfterKnown?: number;
                };
            };
        };
        responses: {
            /** @description the last run through the works of an author or a mix, as far as it is */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListRunStatus"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getAuthorsByAuthorWorks: {
        parameters: {
            query?: {
                /** @description a whole number from 1 to 100 */
                limit?: number;
                /** @description the `next` of the page before; without it the list begins */
                cursor?: string;
            };
            header?: never;
            path: {
                /** @description the author's sec_uid: MS4wLjABAAAA and 20 to 160 letters, digits, - or _ */
                author: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description a page of works, those published last first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkList"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postAuthorsByAuthorWorks: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description the author's sec_uid: MS4wLjABAAAA and 20 to 160 letters, digits, - or _ */
                author: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description the run ends after so many works; 10,000 by default */
                    limit?: number;
                    /** @description an author's list ends after so many works in a row, pinned ones apart, that are kept and older than the last run that ended by end, known or wall; never by default */
                    stopAfterKnown?: number;
                };
            };
        };
        responses: {
            /** @description the last run through the works of an author or a mix, as far as it is */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListRunStatus"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getAuthorsByAuthorWorksRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description the author's sec_uid: MS4wLjABAAAA and 20 to 160 letters, digits, - or _ */
                author: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the last run through the works of an author or a mix, as far as it is */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListRunStatus"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    deleteAuthorsByAuthorWorksRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description the author's sec_uid: MS4wLjABAAAA and 20 to 160 letters, digits, - or _ */
                author: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the last run through the works of an author or a mix, as far as it is */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListRunStatus"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getMixesByMixWorks: {
        parameters: {
            query?: {
                /** @description a whole number from 1 to 100 */
                limit?: number;
                /** @description the `next` of the page before; without it the list begins */
                cursor?: string;
            };
            header?: never;
            path: {
                /** @description the platform's id of the mix (合集), 10 to 32 digits */
                mix: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description a page of works, those published last first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkList"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postMixesByMixWorks: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description the platform's id of the mix (合集), 10 to 32 digits */
                mix: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description the run ends after so many works; 10,000 by default */
                    limit?: number;
                };
            };
        };
        responses: {
            /** @description the last run through the works of an author or a mix, as far as it is */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListRunStatus"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getMixesByMixWorksRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description the platform's id of the mix (合集), 10 to 32 digits */
                mix: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the last run through the works of an author or a mix, as far as it is */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListRunStatus"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    deleteMixesByMixWorksRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description the platform's id of the mix (合集), 10 to 32 digits */
                mix: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the last run through the works of an author or a mix, as far as it is */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListRunStatus"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getComments: {
        parameters: {
            query?: {
                /** @description part of the text; capitals and the width of letters do not matter */
                q?: string;
                /** @description id or sec_uid of who wrote them */
                user?: string;
                /** @description earliest time, ms UTC, included */
                from?: number;
                /** @description latest time, ms UTC, not included */
                to?: number;
                /** @description a whole number from 1 to 200 */
                limit?: number;
                /** @description the `next` of the page before; without it the list begins */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description a page of comments; one of a search may be short, or empty, before the last */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Comments"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getWorksByWorkComments: {
        parameters: {
            query?: {
                /** @description the replies of this top comment */
                parent?: string;
                /** @description part of the text; capitals and the width of letters do not matter */
                q?: string;
                /** @description id or sec_uid of who wrote them */
                user?: string;
                /** @description earliest time, ms UTC, included */
                from?: number;
                /** @description latest time, ms UTC, not included */
                to?: number;
                /** @description a whole number from 1 to 200 */
                limit?: number;
                /** @description the `next` of the page before; without it the list begins */
                cursor?: string;
            };
            header?: never;
            path: {
                /** @description the platform's id of the work (aweme_id), 10 to 32 digits */
                work: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description a page of the comments of a work */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkComments"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postWorksByWorkComments: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description the platform's id of the work (aweme_id), 10 to 32 digits */
                work: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description the run ends after so many comments that are new; 100,000 by default */
                    limit?: number;
                    /**
                     * @description whether replies are collected beside those that are shown without a click
                     * @default true
                     */
                    replies?: boolean;
                };
            };
        };
        responses: {
            /** @description the last run that collects the comments of a work, as far as it is */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CommentRunStatus"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getWorksByWorkCommentsRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description the platform's id of the work (aweme_id), 10 to 32 digits */
                work: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the last run that collects the comments of a work, as far as it is */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CommentRunStatus"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    deleteWorksByWorkCommentsRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description the platform's id of the work (aweme_id), 10 to 32 digits */
                work: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the last run that collects the comments of a work, as far as it is */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CommentRunStatus"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getDownloads: {
        parameters: {
            query?: {
                /** @description the platform's id of the work (aweme_id), 10 to 32 digits */
                work?: string;
                /** @description a whole number from 1 to 100 */
                limit?: number;
                /** @description the `next` of the page before; without it the list begins */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description a page of downloads, those asked for last first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DownloadList"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postDownloads: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description a link, a short link, the app's share text, or a work's id */
                    link: string;
                    /**
                     * @description rung of a film: compatible, best, smallest, or a height such as 720p
                     * @default compatible
                     */
                    quality?: string;
                    /**
                     * @description whether HDR is taken where there is a choice
                     * @default false
                     */
                    hdr?: boolean;
                    /**
                     * @description whether the music is wanted, too
                     * @default false
                     */
                    music?: boolean;
                    /**
                     * @description whether the covers are wanted, too
                     * @default false
                     */
                    covers?: boolean;
                    /**
                     * @description names of the files in the folder of their work: 1 to 200 characters, with fields in braces; docs/works.md has them
                     * @default {date} {text} {id}
                     */
                    template?: string;
                    /**
                     * @description also what its author does not allow to download; needs the scope admin, and is logged
                     * @default false
                     */
                    ignoreAuthorSetting?: boolean;
                };
            };
        };
        responses: {
            /** @description a download as it is now */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DownloadStatus"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getDownloadsByDownload: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id of the download */
                download: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description a download as it is now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DownloadStatus"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    deleteDownloadsByDownload: {
        parameters: {
            query?: {
                /** @description forget it, too, and remove its files unless another download has them */
                remove?: boolean;
            };
            header?: never;
            path: {
                /** @description id of the download */
                download: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description a download as it is now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DownloadStatus"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getWorksByWorkFiles: {
        parameters: {
            query?: {
                /** @description rung of a film: compatible, best, smallest, or a height such as 720p */
                quality?: string;
                /** @description whether HDR is taken where there is a choice */
                hdr?: boolean;
                /** @description whether the music is wanted, too */
                music?: boolean;
                /** @description whether the covers are wanted, too */
                covers?: boolean;
            };
            header?: never;
            path: {
                /** @description the platform's id of the work (aweme_id), 10 to 32 digits */
                work: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the files of a work */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkFiles"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getDownloadsByDownloadFilesByRoleByIndex: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id of the download */
                download: string;
                /** @description what of the work it is; clip is the film of a live photo */
                role: "video" | "image" | "clip" | "cover" | "music" | "meta";
                /** @description place among its like, from 0 */
                index: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "video/mp4": string;
                    "video/quicktime": string;
                    "image/webp": string;
                    "image/jpeg": string;
                    "image/png": string;
                    "image/gif": string;
                    "image/avif": string;
                    "image/heic": string;
                    "audio/mp4": string;
                    "audio/mpeg": string;
                    "audio/aac": string;
                    "application/json": string;
                    "application/octet-stream": string;
                };
            };
            /** @description the part that was asked for */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "video/mp4": string;
                    "video/quicktime": string;
                    "image/webp": string;
                    "image/jpeg": string;
                    "image/png": string;
                    "image/gif": string;
                    "image/avif": string;
                    "image/heic": string;
                    "audio/mp4": string;
                    "audio/mpeg": string;
                    "audio/aac": string;
                    "application/json": string;
                    "application/octet-stream": string;
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getAuthors: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description authors who are watched, those added first first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuthorWatchList"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postAuthors: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description a link of the author, a short link, the app's share text, or a sec_uid */
                    link: string;
                };
            };
        };
        responses: {
            /** @description a watch on an author of works: each work that they publish becomes an event of room 0 */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuthorWatch"];
                };
            };
            /** @description a watch on an author of works: each work that they publish becomes an event of room 0 */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuthorWatch"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getAuthorsByAuthor: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description the author's sec_uid (MS4w…) */
                author: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description a watch on an author of works: each work that they publish becomes an event of room 0 */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuthorWatch"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    deleteAuthorsByAuthor: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description the author's sec_uid (MS4w…) */
                author: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description a watch on an author of works: each work that they publish becomes an event of room 0 */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuthorWatch"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postAuthorsByAuthorLook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description the author's sec_uid (MS4w…) */
                author: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description a watch on an author of works: each work that they publish becomes an event of room 0 */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuthorWatch"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getSidecars: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description folders beside whose recordings this process writes, those made first first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SidecarList"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postSidecars: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description path from the folder that DYLIVE_RECORDINGS names; . is that itself */
                    folder: string;
                    /** @description a room that is known, by any of its names */
                    room: string;
                    formats?: ("xml" | "ass" | "srt" | "jsonl")[];
                    /** @description names of the recordings without ending, see docs/sidecar.md */
                    namePattern?: string;
                    /** @description time zone of the times in names, such as Asia/Shanghai or +08:00 */
                    timeZone?: string;
                    offsetMs?: number;
                    finishedAfterMs?: number;
                };
            };
        };
        responses: {
            /** @description a folder of recordings beside which danmaku are written */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Sidecar"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    deleteSidecarsBySidecar: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                sidecar: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description a folder of recordings beside which danmaku are written */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Sidecar"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getToken: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description a token, without the token itself */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Token"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getTokens: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description all tokens */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenList"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postTokens: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description what it is for: 1 to 64 printable characters */
                    name: string;
                    /**
                     * @description read, manage or admin; each includes the ones before it
                     * @default read
                     * @enum {unknown}
                     */
                    scope?: "read" | "manage" | "admin";
                    /**
                     * @description the only rooms it may see, each by one of its names or as room:ID; all when empty
                     * @default []
                     */
                    rooms?: string[];
                    /** @description requests that it may make in a minute */
                    perMinute?: number | null;
                    /** @description when it stops being valid, ms UTC */
                    expiresAt?: number | null;
                };
            };
        };
        responses: {
            /** @description a new token */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewToken"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    deleteTokensByToken: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description the token's public id */
                token: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description a token, without the token itself */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Token"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getHooks: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description all webhooks */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HookList"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postHooks: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description where events are sent: https:// or http:// */
                    url: string;
                    /** @description what it is for; the address's host by default */
                    name?: string;
                    /** @description event types, and room.live, room.ended, gifts.suppressed, gifts.flowing, session.lost, session.silent, session.receives, account.lapsed, hook.paused, disk.low, work.published; * for all types; all but unknown, rank and stats by default, and with a channel what goes on air, ends or fails */
                    types?: string[];
                    /** @description a filter expression, see docs/filters.md */
                    filter?: string | null;
                    /** @description only these rooms; all by default, also those that come later */
                    rooms?: string[];
                    /** @description events of one request at most; as many as are allowed by default */
                    maxEvents?: number;
                    /** @description whether it may reach private addresses: loopback, the local network, a cloud's metadata; admins alone set it */
                    allowPrivate?: boolean;
                    /** @description service that brings a text to people, see docs/notify.md; null for a program, which is sent events as they are */
                    channel?: {
                        /**
                         * @description by the address where it is left out, for the known services
                         * @enum {unknown}
                         */
                        kind?: "dingtalk" | "feishu" | "wecom" | "serverchan" | "bark" | "ntfy" | "telegram" | "discord" | "slack" | "email" | "http";
                        /** @description what DingTalk and Feishu sign with, a token of ntfy or of your own service; it is not shown again, and kept where it is left out */
                        secret?: string | null;
                        /** @description id of the chat, for Telegram */
                        to?: string | null;
                        /**
                         * @description of the text, zh by default
                         * @enum {unknown}
                         */
                        language?: "zh" | "en";
                        /** @description body for the kind http, with {title}, {text} and {all} in it; JSON where it is JSON */
                        template?: string | null;
                    } | null;
                };
            };
        };
        responses: {
            /** @description a webhook with its new secret */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewHook"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getHooksByHook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description the hook's id */
                hook: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description a webhook, without its secret */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Hook"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    deleteHooksByHook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description the hook's id */
                hook: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description a webhook, without its secret */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Hook"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    patchHooksByHook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description the hook's id */
                hook: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description where events are sent: https:// or http:// */
                    url?: string;
                    /** @description what it is for; the address's host by default */
                    name?: string;
                    /** @description event types, and room.live, room.ended, gifts.suppressed, gifts.flowing, session.lost, session.silent, session.receives, account.lapsed, hook.paused, disk.low, work.published; * for all types; all but unknown, rank and stats by default, and with a channel what goes on air, ends or fails */
                    types?: string[];
                    /** @description a filter expression, see docs/filters.md */
                    filter?: string | null;
                    /** @description only these rooms; all by default, also those that come later */
                    rooms?: string[];
                    /** @description events of one request at most; as many as are allowed by default */
                    maxEvents?: number;
                    /** @description whether it may reach private addresses: loopback, the local network, a cloud's metadata; admins alone set it */
                    allowPrivate?: boolean;
                    /** @description service that brings a text to people, see docs/notify.md; null for a program, which is sent events as they are */
                    channel?: {
                        /**
                         * @description by the address where it is left out, for the known services
                         * @enum {unknown}
                         */
                        kind?: "dingtalk" | "feishu" | "wecom" | "serverchan" | "bark" | "ntfy" | "telegram" | "discord" | "slack" | "email" | "http";
                        /** @description what DingTalk and Feishu sign with, a token of ntfy or of your own service; it is not shown again, and kept where it is left out */
                        secret?: string | null;
                        /** @description id of the chat, for Telegram */
                        to?: string | null;
                        /**
                         * @description of the text, zh by default
                         * @enum {unknown}
                         */
                        language?: "zh" | "en";
                        /** @description body for the kind http, with {title}, {text} and {all} in it; JSON where it is JSON */
                        template?: string | null;
                    } | null;
                };
            };
        };
        responses: {
            /** @description a webhook, without its secret */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Hook"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postHooksByHookPause: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description the hook's id */
                hook: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description a webhook, without its secret */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Hook"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postHooksByHookResume: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description the hook's id */
                hook: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description a webhook, without its secret */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Hook"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postHooksByHookReplay: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description the hook's id */
                hook: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description a room's id here, or one of its names; 0 is the system's */
                    room: string;
                    /** @description the first event that is to be sent; one beyond the newest passes over all */
                    seq: number;
                };
            };
        };
        responses: {
            /** @description a webhook, without its secret */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Hook"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postHooksByHookRotate: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description the hook's id */
                hook: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description a webhook with its new secret */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewHook"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postHooksByHookTest: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description the hook's id */
                hook: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description one request to a webhook's receiver, and what came of it */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HookTry"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getHooksByHookDeliveries: {
        parameters: {
            query?: {
                /** @description from 1 to 100 */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description the hook's id */
                hook: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the last requests of a webhook */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HookTryList"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getOfficial: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description apps of the Open Platform whose pushes are taken here */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        apps: {
                            appId: string;
                            /** @description since the start: into the log; in memory now, for a store that is away; answered with an error, since the memory was full; answered and lost */
                            pushes: {
                                stored: number;
                                waiting: number;
                                refused: number;
                                lost: number;
                            };
                            /** @description rooms on the watch list, with their push tasks by type of message */
                            rooms: {
                                roomId: string;
                                tasks: {
                                    [key: string]: {
                                        /** @enum {unknown} */
                                        state: "new" | "running" | "ending" | "ended";
                                        problem: string | null;
                                    };
                                };
                            }[];
                        }[];
                    };
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postOfficialLaunches: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description what the live companion starts the game with (-token=…) */
                    launchToken: string;
                };
            };
        };
        responses: {
            /** @description the room of the launch token */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description the room's key here */
                        room: string;
                        roomId: string;
                        anchorOpenId: string | null;
                        nickname: string | null;
                        avatar: string | null;
                    };
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postOfficialRooms: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description id of the app, tt… */
                    appId: string;
                    /** @description room_id of the broadcast, up to 20 digits */
                    roomId: string;
                };
            };
        };
        responses: {
            /** @description the room's id here */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        room: string;
                    };
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postOfficialAcks: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description room_id of the broadcast, up to 20 digits */
                    roomId: string;
                    /** @description 1 to 100 events that were shown */
                    messages: {
                        /** @description id of the event */
                        id: string;
                        /** @description method of the event in small letters, digits and _, such as live_gift */
                        method: string;
                        /** @description when it was shown, ms UTC */
                        at: number;
                    }[];
                };
            };
        };
        responses: {
            /** @description how many messages were confirmed */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        confirmed: number;
                    };
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getAccounts: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description all accounts, by name */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccountList"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postAccounts: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description 1 to 32 letters, digits, _ or - */
                    name: string;
                    /** @description of live.douyin.com: the line of a Cookie header, JSON, or a cookies.txt. They are kept and never shown */
                    cookies: string;
                };
            };
        };
        responses: {
            /** @description an account that rooms can be watched as, without its cookies */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Account"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postAccountsByAccountCheck: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description 1 to 32 letters, digits, _ or - */
                account: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description an account that rooms can be watched as, without its cookies */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Account"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    deleteAccountsByAccount: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description 1 to 32 letters, digits, _ or - */
                account: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description what was forgotten */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        name: string;
                    };
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getAbout: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description what this server is */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["About"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getSettings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description every setting; secrets are shown as *** */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SettingList"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    patchSettings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description days for which events are kept; null is no limit */
                    DYLIVE_KEEP_EVENTS_DAYS?: number | null;
                    /** @description MB of events that are kept of a room; null is no limit */
                    DYLIVE_KEEP_EVENTS_MB?: number | null;
                    /** @description days for which statistics of a broadcast are kept; null is no limit */
                    DYLIVE_KEEP_STATISTICS_DAYS?: number | null;
                    /** @description days for which raw recordings are kept; null is no limit */
                    DYLIVE_KEEP_RAW_DAYS?: number | null;
                    /** @description MB of raw recordings that are kept of a room; null is no limit */
                    DYLIVE_KEEP_RAW_MB?: number | null;
                    /** @description days for which works, comments and downloads are kept; null is no limit */
                    DYLIVE_KEEP_WORKS_DAYS?: number | null;
                    /** @description MB that the whole store may use on disk; null is no limit */
                    DYLIVE_KEEP_STORE_MB?: number | null;
                    /** @description pages of the platform that a process asks for in a second; null is the default */
                    DYLIVE_REQUESTS_PER_S?: number | null;
                    /** @description connections to the platform that a process opens in a second; null is the default */
                    DYLIVE_CONNECTS_PER_S?: number | null;
                    /** @description ms between looks at a wanted room that is not live; null is the default */
                    DYLIVE_POLL_MS?: number | null;
                    /** @description least level that is logged; null is the default */
                    DYLIVE_LOG_LEVEL?: ("trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent") | null;
                };
            };
        };
        responses: {
            /** @description every setting; secrets are shown as *** */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SettingList"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postDoctor: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description a live room, to look at every step: a number, a link or a share text */
                    room?: string | null;
                };
            };
        };
        responses: {
            /** @description what is broken between here and the platform, and what to do */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FindingList"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getSpeech: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description what this server speaks by */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        engine: ("espeak-ng" | "piper") | null;
                    };
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postSpeech: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description what is to be said; it has letters or digits */
                    text: string;
                    /**
                     * @description its language; a voice of piper speaks its own
                     * @default zh
                     * @enum {unknown}
                     */
                    lang?: "zh" | "en";
                    /**
                     * @description percent
                     * @default 100
                     */
                    speed?: number;
                };
            };
        };
        responses: {
            /** @description a WAV file: 16 bits, one channel */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "audio/wav": string;
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getCluster: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the processes of a cluster, their rooms, and how far its readers are */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Cluster"];
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getEventsStream: {
        parameters: {
            query?: {
                /** @description room keys or names that are known here, separated by commas; all rooms without it */
                rooms?: string;
                /** @description event types separated by commas, * for all; all but unknown, rank and stats by default */
                types?: string;
                /** @description only events of the user with this id */
                user?: string;
                /** @description only gifts worth at least so many diamonds */
                minDiamonds?: number;
                /** @description an expression of the filter language */
                filter?: string;
                /** @description a cursor, 0 for the oldest kept, or with one room a seq; without it the stream begins now. Last-Event-ID comes first */
                after?: string;
                /** @description true: the rooms were followed before; of those that are no more `gone` tells, and only where none is left it is refused */
                resumed?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description a stream that goes on until one side ends it */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getRoomsStream: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description a stream that goes on until one side ends it */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postMcp: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description one message of JSON-RPC 2.0 */
        requestBody: {
            content: {
                "application/json": {
                    [key: string]: unknown;
                };
            };
        };
        responses: {
            /** @description the answer, or a stream of events (SSE) with it */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": unknown;
                    "text/event-stream": unknown;
                };
            };
            /** @description taken */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description refused: why, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description failed: why, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
}
