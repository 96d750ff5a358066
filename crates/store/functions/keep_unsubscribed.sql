-- Lets mailboxes stay unwanted that are about to go from `_old_path` to `_path` in the tree of `_owner`, by those of the
-- accounts that do not want them now. Subscriptions are kept by name (RFC 9051, 6.3.6), so those of the old names stay
-- what they are; but what others may read is subscribed to by itself, and would be shown under its new name. Whoever
-- has said something of the new name is not overruled. The caller holds the locks, the accounts' among them.
create or replace function keep_unsubscribed(
  _accounts bigint[], _mailboxes bigint[], _old_path text, _owner bigint, _path text
) returns void
language sql as $$
  insert into subscription (account, owner, path, is_wanted)
  select s.account, _owner, _path || substr(n.path, length(_old_path) + 1), false
    from mailbox_name n
    join subscription s on s.owner = n.owner and s.path = n.path
   where n.mailbox = any (_mailboxes) and not s.is_wanted and s.account = any (_accounts) and s.account <> _owner
  on conflict (account, owner, path) do nothing
$$;
