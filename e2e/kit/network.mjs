// Stand-ins for two networks on free ports: just as much as signing in, looking and a group need.
import { createServer } from 'node:http';

const listen = (answer) => new Promise((resolve) => {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => { body += part; });
    request.on('end', () => {
      const say = (status, value) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
      answer(request.url ?? '', body ? JSON.parse(body) : {}, say, request);
    });
  });
  server.listen(0, '127.0.0.1', () => resolve({
    url: `http://127.0.0.1:${server.address().port}`,
    stop: () => { server.closeAllConnections(); server.close(); },
  }));
});

/** A homeserver with one account, `bot` with the password `bread`, which is in no room. */
export async function homeserver() {
  return listen((url, body, say) => {
    if (url.endsWith('/versions')) say(200, { versions: ['v1.11'] });
    else if (url.endsWith('/login')) {
      if (body.password === 'bread') say(200, { user_id: '@bot:bakery.example', access_token: 'syt_token', device_id: 'D' });
      else say(403, { errcode: 'M_FORBIDDEN', error: 'Invalid username or password' });
    } else if (url.includes('/sync')) setTimeout(() => say(200, { next_batch: 's1', rooms: {} }), 500);
    else say(200, {});
  });
}

/** A Bot API with one bot; what it is told to report comes at the next look. */
export async function botApi(token) {
  let updates = [];
  let next = 1;
  let revoked = false;
  const me = { id: 42, is_bot: true, first_name: '小麦', username: 'wheat_bot', can_read_all_group_messages: false };
  const called = [];
  let message = 1;
  const made = await listen((url, body, say) => {
    const [, bot, method] = url.split('/');
    if (method !== 'getUpdates') called.push({ method, ...body });
    if (revoked || bot !== `bot${token}`) say(401, { ok: false, error_code: 401, description: 'Unauthorized' });
    else if (method === 'getMe') say(200, { ok: true, result: me });
    else if (method === 'getUpdates') {
      updates = updates.filter((update) => update.update_id >= (body.offset ?? 0));
      setTimeout(() => say(200, { ok: true, result: updates }), updates.length > 0 ? 0 : 300);
    } else if (method === 'createChatInviteLink') say(200, { ok: true, result: { invite_link: `https://t.me/+${message++}`, name: body.name, creator: me, creates_join_request: false, is_primary: false, is_revoked: false } });
    else if (method === 'sendMessage') say(200, { ok: true, result: { message_id: message++, date: Math.floor(Date.now() / 1000), chat: { id: body.chat_id, type: 'supergroup' }, from: me, text: body.text } });
    else say(200, { ok: true, result: true });
  });
  const people = new Map();
  const idOf = (name) => {
    if (!people.has(name)) people.set(name, 100 + people.size);
    return people.get(name);
  };
  const write = (chat, name, text) => updates.push({ update_id: next++, message: { message_id: message++, date: Math.floor(Date.now() / 1000), chat, from: { id: idOf(name), is_bot: false, first_name: name }, text } });
  return {
    ...made,
    idOf,
    /** What it was asked to do, without looks. */
    called: (method) => called.filter((one) => one.method === method),
    /** What it told somebody alone. */
    told: (name) => called.filter((one) => one.method === 'sendMessage' && Number(one.chat_id) === idOf(name)).map((one) => one.text),
    /** Somebody writes in the group. */
    say: (title, name, text) => write({ id: -1001, type: 'supergroup', title }, name, text),
    /** Somebody writes to the bot alone. */
    whisper: (name, text) => write({ id: idOf(name), type: 'private', first_name: name }, name, text),
    /** Somebody asks to be let in. */
    knock: (title, name) => updates.push({ update_id: next++, chat_join_request: { chat: { id: -1001, type: 'supergroup', title }, from: { id: idOf(name), is_bot: false, first_name: name }, user_chat_id: idOf(name), date: Math.floor(Date.now() / 1000) } }),
    revoke: (gone) => { revoked = gone; },
    /** The bot's standing in a group changes. */
    stand: (title, status) => {
      const chat = { id: -1001, type: 'supergroup', title };
      const rights = status === 'administrator' ? { can_delete_messages: true, can_restrict_members: true, can_invite_users: true, can_pin_messages: true, can_manage_chat: true, can_change_info: true } : {};
      updates.push({ update_id: next++, my_chat_member: { chat, from: { id: 9, is_bot: false, first_name: '老板' }, date: Math.floor(Date.now() / 1000), old_chat_member: { status: 'left', user: me }, new_chat_member: { status, user: me, ...rights } } });
    },
  };
}

/** The chat of the staff with a robot of WeCom's kind in it: what the robot says there. */
export async function staffChat() {
  const heard = [];
  const made = await listen((url, body, say) => {
    heard.push(body.markdown?.content ?? '');
    say(200, { errcode: 0, errmsg: 'ok' });
  });
  return { ...made, heard };
}
