import type { NewEvent } from "../../../src/events/event.js";
import { chat, follow, join, person } from "../events.js";

const member = (nickname: string, id: string, shortId: string, msgId: string, secUid: string) =>
  join({ id: msgId, user: person({ nickname, id, shortId, secUid }) });

/** The document's own example: the events that its values mean. */
export const EXAMPLE: readonly NewEvent[] = [
  follow({
    id: "6843261579299965709",
    user: person({
      nickname: "薛莲",
      id: "111265487875",
      shortId: "2072651305",
      secUid: "MS4wLjABAAAAmpM-hJ8AeUM8hSc3w5YlY8Q2ZUaiEu7uvt6cApLkyjg",
    }),
  }),
  member(
    "用户5121651744892",
    "3654415794833197",
    "2980367364",
    "6843261580051155719",
    "MS4wLjABAAAAYcAoC-U8hSeyUxnGx_i5yoHRPPfwtr2wfplWg9KGsSMXyi7pWlPMV6XwMX7xpDgK",
  ),
  member(
    "大姑",
    "3091436132641739",
    "2372670321",
    "6843261580789320462",
    "MS4wLjABAAAAws0M9rKV7kK1ayWZ31Ebjsd8SwFI0rdf8goPY7HI8tELNK1XkFpX25yvHqe8WY9d",
  ),
  member("我有一个好名字", "98675983627", "1144452894", "6843261580508433159", "MS4wLjABAAAAQhMqocOlzOLFvUE0tJKLQWKx1QuP8YXQmI2A6L3kWLQ"),
  member(
    "李祥林",
    "2946292105354829",
    "3496282621",
    "6843261585180560136",
    "MS4wLjABAAAAcFKemBUvCP-CppApJZsS_4FEuIAWf2_2fpyrcsrs1PZi4U0PyXOK-3qRy4dVnAWW",
  ),
  chat("我不会买", {
    id: "6843260054435826435",
    user: person({
      nickname: "幸福",
      id: "4006248980690445",
      secUid: "MS4wLjABAAAAZWY-mQkfFitGRzNztj2FwNI6EJL6VJhEwuy3ehDmsVNBst1E2dU4umtJKmX4VW5S",
      avatar: "https://p9-dy.byteimg.com/aweme/100x100/2dbd70006de205b08161b.jpeg?from=4010531038",
    }),
  }),
  member(
    "双子座一半天使，一半恶魔的陈欣彤🌺🌺",
    "945180703722141",
    "2789104616",
    "6843261584941288205",
    "MS4wLjABAAAAwvMatTP6mPsnysD0IPVmALci4CsfvRgOUi7lJxzq-c8",
  ),
];

/** The document's own example, as sent. */
export const EXAMPLE_TEXT = [
  '{"code":200,"data":[',
  '{"type":"WebcastSocialMessage","nickname":"薛莲","uid":"111265487875","short_id":"2072651305","msg_id":"6843261579299965709","sec_uid":"\\"MS4wLjABAAAAmpM-hJ8AeUM8hSc3w5YlY8Q2ZUaiEu7uvt6cApLkyjg\\"","msg":"关注了主播"},',
  '{"type":"WebcastMemberMessage","nickname":"用户5121651744892","uid":"3654415794833197","short_id":"2980367364","msg_id":"6843261580051155719","sec_uid":"\\"MS4wLjABAAAAYcAoC-U8hSeyUxnGx_i5yoHRPPfwtr2wfplWg9KGsSMXyi7pWlPMV6XwMX7xpDgK\\"","msg":"来了"},',
  '{"type":"WebcastMemberMessage","nickname":"大姑","uid":"3091436132641739","short_id":"2372670321","msg_id":"6843261580789320462","sec_uid":"\\"MS4wLjABAAAAws0M9rKV7kK1ayWZ31Ebjsd8SwFI0rdf8goPY7HI8tELNK1XkFpX25yvHqe8WY9d\\"","msg":"来了"},',
  '{"type":"WebcastMemberMessage","nickname":"我有一个好名字","uid":"98675983627","short_id":"1144452894","msg_id":"6843261580508433159","sec_uid":"\\"MS4wLjABAAAAQhMqocOlzOLFvUE0tJKLQWKx1QuP8YXQmI2A6L3kWLQ\\"","msg":"来了"},',
  '{"type":"WebcastMemberMessage","nickname":"李祥林","uid":"2946292105354829","short_id":"3496282621","msg_id":"6843261585180560136","sec_uid":"\\"MS4wLjABAAAAcFKemBUvCP-CppApJZsS_4FEuIAWf2_2fpyrcsrs1PZi4U0PyXOK-3qRy4dVnAWW\\"","msg":"来了"},',
  '{"type":"WebcastChatMessage","uid":"4006248980690445","tid":"6843260054435826435","nickname":"幸福","text":"我不会买","sec_uid":"MS4wLjABAAAAZWY-mQkfFitGRzNztj2FwNI6EJL6VJhEwuy3ehDmsVNBst1E2dU4umtJKmX4VW5S","avatar":"https://p9-dy.byteimg.com/aweme/100x100/2dbd70006de205b08161b.jpeg?from=4010531038"},',
  '{"type":"WebcastMemberMessage","nickname":"双子座一半天使，一半恶魔的陈欣彤🌺🌺","uid":"945180703722141","short_id":"2789104616","msg_id":"6843261584941288205","sec_uid":"\\"MS4wLjABAAAAwvMatTP6mPsnysD0IPVmALci4CsfvRgOUi7lJxzq-c8\\"","msg":"来了"}',
  '],"msg":"success"}',
].join("");
