-- Sets the limits of a root, and makes it where there is none: all mailboxes at its place and below belong
-- to it, but for those of a root that begins further down. `_detail` is for the record of activity.
create or replace function set_quota(
  _actor actor, _name text, _owner bigint, _path text,
  _storage_limit bigint, _message_limit bigint, _mailbox_limit bigint, _detail text
) returns void
language plpgsql as $$
declare
  _root bigint;
begin
  perform lock_logins(array[_actor]);
  perform check_logins(array[_actor]);
  perform lock_tree(_owner);
  -- An account of that name may have gone, and another come.
  delete from quota_root q
   where q.name = _name and q.owner <> _owner
     and not exists (select from mailbox_name n where n.quota_root = q.id);
  insert into quota_root as q (name, owner, path, storage_limit, message_limit, mailbox_limit)
  values (_name, _owner, _path, _storage_limit, _message_limit, _mailbox_limit)
  on conflict (owner, path) do update
     set storage_limit = excluded.storage_limit,
         message_limit = excluded.message_limit,
         mailbox_limit = excluded.mailbox_limit
  returning q.id into _root;
  update mailbox_name n
     set quota_root = _root
   where n.owner = _owner
     and (_path = '' or n.path = _path or n.path >= _path || '/' and n.path < _path || '0')
     and n.quota_root is distinct from _root
     and not exists (select from quota_root inside
                      where inside.id = n.quota_root
                        and inside.owner = _owner
                        and length(inside.path) > length(_path));
  insert into activity (kind, session, account, detail)
  values (10 /* activity: metadata */, _actor.session, _actor.account, _detail);
end
$$;
