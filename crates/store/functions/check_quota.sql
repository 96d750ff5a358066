-- Refuses when a mailbox's root is over a limit now, after something was put in (`quota_excess`). Locks the root's row, the
-- last lock of all, where there is a limit.
create or replace function check_quota(_mailbox bigint, _bytes_grow boolean, _messages_grow boolean) returns void
language plpgsql as $$
declare
  _root   bigint;
  _excess text;
begin
  select q.id
    into _root
    from mailbox_name n
    join quota_root q on q.id = n.quota_root
   where n.mailbox = _mailbox
     and (q.storage_limit is not null or q.message_limit is not null and _messages_grow)
     and (_bytes_grow or _messages_grow);
  if _root is null then
    return;
  end if;
  perform from quota_root q where q.id = _root for no key update;
  _excess := quota_excess(_root, row(0, 0, 0, 0)::growth, _bytes_grow, _messages_grow);
  if _excess is not null then
    raise exception using errcode = 'PR009', message = 'over quota', detail = _excess;
  end if;
end
$$;
