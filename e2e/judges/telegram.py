"""Holds the stand-in for Telegram against the two common client libraries.

Called with its address, the bot's token, a group that the bot runs with the members 7 and 8, the
owner 1 and the bot 43, and a channel that wrote in the group.
Each library makes every call that the adapter makes and has to understand every answer; updates
are parsed by both.
"""

import asyncio
import json
import sys
import urllib.request

from aiogram import Bot as Aiogram
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.types import ChatPermissions as AiogramPermissions
from aiogram.types import Update as AiogramUpdate
from telegram import Bot, ChatPermissions, Update
from telegram.request import HTTPXRequest

URL, TOKEN, CHAT, CHANNEL = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
WANTED = [
    "message",
    "edited_message",
    "chat_member",
    "my_chat_member",
    "chat_join_request",
    "message_reaction",
]


def see(updates):
    """Each kind of update came, and says what it is there for."""
    for kind in WANTED:
        assert any(getattr(update, kind) for update in updates), kind
    signs = [update.message_reaction for update in updates if update.message_reaction]
    assert [sign.emoji for sign in signs[0].new_reaction] == ["👍"] and signs[0].user.id == 8
    messages = [update.message for update in updates if update.message]
    named = [message for message in messages if message.sender_chat]
    assert {message.sender_chat.id for message in named} == {CHAT, CHANNEL}
    brought = [message for message in named if message.is_automatic_forward]
    assert [message.forward_origin.chat.id for message in brought] == [CHANNEL]
    changed = [update.chat_member for update in updates if update.chat_member]
    assert {"creator", "administrator", "member"} <= {one.new_chat_member.status for one in changed}


async def python_telegram_bot():
    bot = Bot(TOKEN, base_url=f"{URL}/bot", base_file_url=f"{URL}/file/bot", request=HTTPXRequest())
    async with bot:
        assert bot.username == "qun_bot"
        said = await bot.send_message(CHAT, "<b>早</b>", parse_mode="HTML")
        assert said.text == "早" and said.from_user.is_bot
        assert await bot.pin_chat_message(CHAT, said.message_id)
        chat = await bot.get_chat(CHAT)
        assert chat.type == "supergroup"
        me = await bot.get_chat_member(CHAT, bot.id)
        assert me.can_restrict_members
        admins = await bot.get_chat_administrators(CHAT)
        assert [admin.user.id for admin in admins] == [1, bot.id]
        admins = await bot.get_chat_administrators(CHAT, return_bots=True)
        assert [(admin.user.id, admin.status) for admin in admins] == [
            (1, "creator"),
            (bot.id, "administrator"),
            (43, "administrator"),
        ]
        assert await bot.get_chat_member_count(CHAT) >= 2
        assert await bot.restrict_chat_member(CHAT, 7, ChatPermissions.no_permissions(), 1_900_000_000)
        restricted = await bot.get_chat_member(CHAT, 7)
        assert restricted.status == "restricted" and not restricted.can_send_messages
        assert await bot.restrict_chat_member(CHAT, 7, ChatPermissions.all_permissions())
        assert await bot.ban_chat_member(CHAT, 7)
        assert (await bot.get_chat_member(CHAT, 7)).status == "kicked"
        assert await bot.unban_chat_member(CHAT, 7, only_if_banned=True)
        assert await bot.ban_chat_sender_chat(CHAT, CHANNEL)
        assert await bot.unban_chat_sender_chat(CHAT, CHANNEL)
        link = await bot.create_chat_invite_link(CHAT, name="ref:u7", member_limit=5)
        assert link.name == "ref:u7" and link.creator.id == bot.id
        assert (await bot.revoke_chat_invite_link(CHAT, link.invite_link)).is_revoked
        assert await bot.delete_message(CHAT, said.message_id)
        assert (await bot.get_webhook_info()).url == ""
        updates = await bot.get_updates(allowed_updates=WANTED)
        assert updates and all(isinstance(update, Update) for update in updates)
        see(updates)
        return len(updates)


async def aiogram():
    session = AiohttpSession(api=TelegramAPIServer.from_base(URL))
    async with Aiogram(TOKEN, session=session) as bot:
        me = await bot.get_me()
        assert me.username == "qun_bot"
        said = await bot.send_message(CHAT, "<b>晚</b>", parse_mode="HTML")
        assert said.text == "晚"
        assert await bot.pin_chat_message(CHAT, said.message_id)
        assert (await bot.get_chat(CHAT)).type == "supergroup"
        assert (await bot.get_chat_member(CHAT, me.id)).can_restrict_members
        assert len(await bot.get_chat_administrators(CHAT)) == 2
        assert len(await bot.get_chat_administrators(CHAT, return_bots=True)) == 3
        muted = AiogramPermissions(can_send_messages=False)
        assert await bot.restrict_chat_member(CHAT, 8, muted)
        assert not (await bot.get_chat_member(CHAT, 8)).can_send_messages
        assert await bot.ban_chat_member(CHAT, 8)
        assert await bot.unban_chat_member(CHAT, 8, only_if_banned=True)
        assert await bot.ban_chat_sender_chat(CHAT, CHANNEL)
        assert await bot.unban_chat_sender_chat(CHAT, CHANNEL)
        link = await bot.create_chat_invite_link(CHAT, name="ref:u8", creates_join_request=True)
        assert link.creates_join_request
        assert await bot.delete_message(CHAT, said.message_id)
        updates = await bot.get_updates(allowed_updates=WANTED)
        see(updates)
        # As they are on the wire, fields that a library does not know included.
        with urllib.request.urlopen(f"{URL}/bot{TOKEN}/getUpdates") as answer:
            for update in json.load(answer)["result"]:
                AiogramUpdate.model_validate(update, context={"bot": bot})
        return len(updates)


async def main():
    print(f"python-telegram-bot understood {await python_telegram_bot()} updates")
    print(f"aiogram understood {await aiogram()} updates")


asyncio.run(main())
