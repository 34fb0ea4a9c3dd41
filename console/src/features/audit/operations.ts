/** The operations that the audit log names, for its filter. */
export const operations = [
  'workspace.edit', 'branch.create', 'branch.edit', 'branch.archive', 'branch.variable',
  'group.create', 'group.edit', 'group.archive', 'group.restore', 'group.announce', 'group.staff', 'group.rename_task', 'gate.edit', 'gate.open', 'gate.fee', 'group.join_link', 'knock.admit', 'knock.decline', 'welcome.edit',
  'broadcast.create', 'broadcast.edit', 'broadcast.delete', 'broadcast.schedule', 'broadcast.pause', 'broadcast.resume', 'broadcast.stop', 'broadcast.nudge',
  'import.run', 'import.undo',
  'member.create', 'member.edit', 'member.role', 'member.tag', 'member.untag', 'member.tag_many', 'member.note', 'member.note_delete',
  'member.merge', 'member.unlink', 'member.page_link', 'member.export', 'member.export_list', 'member.erase', 'member.consent', 'member.consent_withdraw',
  'tag.create', 'tag.edit', 'tag.delete',
  'task.done', 'task.impossible', 'task.hand_over', 'task.reopen',
  'staff.create', 'staff.edit', 'staff.leave', 'staff.unlock', 'staff.device_link', 'staff.device_bind', 'staff.device_revoke', 'staff.password_link',
  'session.begin', 'session.end', 'session.password', 'session.totp_on', 'session.totp_off',
  'token.create', 'token.revoke', 'channel.create', 'channel.remove', 'channel.pause', 'channel.resume', 'channel.reconnect', 'robot.create', 'robot.edit', 'robot.remove', 'webhook.create', 'webhook.edit', 'webhook.rotate', 'webhook.remove', 'webhook.replay', 'audit.undo', 'demo.edit',
  'sanction.impose', 'sanction.confirm', 'sanction.undo', 'appeal.decide', 'policy.edit', 'rule_set.publish', 'member.trust', 'member.distrust', 'alarm.close', 'classifier.train', 'classifier.use',
];
