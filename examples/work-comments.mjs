// Comments of a work with their replies, by the compatible interface alone.
// node work-comments.mjs http://127.0.0.1:8787 TOKEN AWEME_ID
const [host, token = "", aweme_id = ""] = process.argv.slice(2);

// Page by page, until the platform's own end; where nothing more comes without one, _more says why there may be more.
async function* pages(path, query) {
  for (let cursor = 0; ; ) {
    const url = `${host}/douyin/${path}?${new URLSearchParams({ token, aweme_id, cursor, ...query })}`;
    const { code, data, msg } = await (await fetch(url)).json();
    if (code !== 200) throw new Error(`${code} ${msg}`);
    yield* data.comments;
    if (data.has_more === 0) return;
    if (data.comments.length === 0) {
      console.error(data._more);
      return;
    }
    cursor = data.cursor;
  }
}

const plain = (text) => text.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, " "); // what strangers wrote must not steer the terminal
const line = ({ user, text, digg_count }) => plain(`${user.nickname ?? "?"}: ${JSON.stringify(text)} ♥ ${digg_count ?? "?"}`);
for await (const comment of pages("video/comments", {})) {
  console.log(line(comment));
  if (comment.reply_comment_total === 0) continue;
  for await (const reply of pages("video/comment/reply", { cid: comment.cid })) console.log(`    ${line(reply)}`);
}
