<?php
// A client of the compatible interface alone: GET /douyin/liveroom/chat?token=…&room_id=… gives {"code":200,"data":[…],"msg":"success"}.
// php literal-client.php http://127.0.0.1:8787 TOKEN ROOM_ID [POLLS]
[, $host, $token, $roomId] = $argv;
$polls = (int) ($argv[4] ?? PHP_INT_MAX);
$url = "$host/douyin/liveroom/chat?" . http_build_query(['token' => $token, 'room_id' => $roomId]);
$context = stream_context_create(['http' => ['ignore_errors' => true]]); // an error has its reason in the body
$names = [
    'WebcastChatMessage' => ['弹幕', 'text'],
    'WebcastSocialMessage' => ['关注或分享', 'msg'],
    'WebcastGiftMessage' => ['礼物', 'msg'],
    'WebcastMemberMessage' => ['进场', 'msg'],
];

while ($polls-- > 0) {
    $body = file_get_contents($url, false, $context);
    $answer = $body === false ? null : json_decode($body, true, 32, JSON_BIGINT_AS_STRING);
    if (($answer['code'] ?? 0) !== 200) {
        file_put_contents('php://stderr', ($answer['code'] ?? '') . ' ' . ($answer['msg'] ?? 'no answer') . "\n");
        exit(1);
    }
    foreach ($answer['data'] as $event) {
        [$name, $field] = $names[$event['type']] ?? [null, null];
        if ($name === null) continue;
        // What strangers wrote must not steer the terminal.
        echo preg_replace('/[\p{C}\p{Zl}\p{Zp}]+/u', ' ', "$name {$event['nickname']}: {$event[$field]}"), "\n";
    }
    if ($polls > 0) sleep(1);
}
