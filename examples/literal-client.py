"""A client of the compatible interface alone: GET /douyin/liveroom/chat?token=…&room_id=… gives {"code":200,"data":[…],"msg":"success"}.

python3 literal-client.py http://127.0.0.1:8787 TOKEN ROOM_ID
"""
import json
import sys
import time
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen

host, token, room_id = sys.argv[1:4]
url = f"{host}/douyin/liveroom/chat?{urlencode({'token': token, 'room_id': room_id})}"
NAMES = {
    "WebcastChatMessage": ("弹幕", "text"),
    "WebcastSocialMessage": ("关注或分享", "msg"),
    "WebcastGiftMessage": ("礼物", "msg"),
    "WebcastMemberMessage": ("进场", "msg"),
}

while True:
    try:
        with urlopen(url) as response:
            answer = json.load(response)
    except HTTPError as error:
        answer = json.load(error)
    if answer["code"] != 200:
        sys.exit(f"{answer['code']} {answer['msg']}")
    for event in answer["data"]:
        if event["type"] in NAMES:
            name, field = NAMES[event["type"]]
            line = f"{name} {event['nickname']}: {event[field]}"
            # What strangers wrote must not steer the terminal.
            print("".join(sign if sign.isprintable() else " " for sign in line), flush=True)
    time.sleep(1)
