// A client of the compatible interface alone: GET /douyin/liveroom/chat?token=…&room_id=… gives {"code":200,"data":[…],"msg":"success"}.
// node literal-client.mjs http://127.0.0.1:8787 TOKEN ROOM_ID
const [host, token = "", roomId = ""] = process.argv.slice(2);
const url = `${host}/douyin/liveroom/chat?${new URLSearchParams({ token, room_id: roomId })}`;
// What strangers wrote must not steer the terminal.
const print = (line) => console.log(line.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, " "));

for (;;) {
  const { code, data, msg } = await (await fetch(url)).json();
  if (code !== 200) throw new Error(`${code} ${msg}`);
  for (const event of data) {
    if (event.type === "WebcastChatMessage") print(`弹幕 ${event.nickname}: ${event.text}`);
    else if (event.type === "WebcastSocialMessage") print(`关注或分享 ${event.nickname}: ${event.msg}`);
    else if (event.type === "WebcastGiftMessage") print(`礼物 ${event.nickname}: ${event.msg}`);
    else if (event.type === "WebcastMemberMessage") print(`进场 ${event.nickname}: ${event.msg}`);
  }
  await new Promise((resolve) => setTimeout(resolve, 1000));
}
