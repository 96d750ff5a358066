-- Refuses when a mailbox's root is over a limit now, after something was put in. What does not grow may
-- stay as it is, also above the limit. Locks the root's row, the last lock of all, where there is a limit.
create or replace function check_quota(_mailbox bigint, _bytes_grow boolean, _messages_grow boolean) returns void
language plpgsql as $$
declare
  _root          bigint;
  _storage_limit bigint;
  _message_limit bigint;
  _bytes         numeric;
  _messages      numeric;
begin
  select q.id
    into _root
    from mailbox_name n
    join quota_root q on q.id = n.quota_root
   where n.mailbox = _mailbox
     and (q.storage_limit is not null and _bytes_grow or q.message_limit is not null and _messages_grow);
  if _root is null then
    return;
  end if;
  select q.storage_limit, q.message_limit
    into _storage_limit, _message_limit
    from quota_root q
   where q.id = _root
     for no key update;
  select u.bytes, u.messages into _bytes, _messages from quota_usage(_root) u;
  if _bytes_grow and _bytes > _storage_limit::numeric * 1024
     or _messages_grow and _messages > _message_limit then
    raise exception using errcode = 'PR009', message = 'over quota',
      detail = coalesce(_bytes - _storage_limit::numeric * 1024, 0) || ' '
               || coalesce(_messages - _message_limit, 0);
  end if;
end
$$;
