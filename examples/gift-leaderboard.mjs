// Who gave most in the newest broadcast of a room, every five seconds. Sums are the server's: exact, each combo once, restarts included.
// node gift-leaderboard.mjs http://127.0.0.1:8787 TOKEN ROOM [TIMES]
const [host, token, room, times = "Infinity"] = process.argv.slice(2);
const headers = { authorization: `Bearer ${token}` };

for (let round = 0; round < Number(times); round++) {
  if (round > 0) await new Promise((resolve) => setTimeout(resolve, 5000));
  const response = await fetch(`${host}/v1/rooms/${room}/sessions/latest/top?by=diamonds&limit=10`, { headers });
  const { people, error } = await response.json();
  if (!response.ok) throw new Error(`${error.code}: ${error.message}`);
  console.log(`\n${new Date().toLocaleTimeString()}`);
  for (const [index, { nickname, diamonds, units }] of people.entries()) {
    const name = String(nickname ?? "?").replace(/\p{C}/gu, ""); // what strangers wrote must not steer the terminal
    console.log(`${String(index + 1).padStart(2)}. ${String(diamonds).padStart(8)} diamonds  ${String(units).padStart(5)} units  ${name}`);
  }
}
