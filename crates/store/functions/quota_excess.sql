-- By how many bytes and messages a root is over a limit, with what comes (`_more`) on top; null where it is not. What does not
-- grow may stay as it is, also above the limit. Rows take room whatever is in them, so a limit of storage allows no more
-- messages than it has kibibytes.
create or replace function quota_excess(
  _root bigint, _more growth, _bytes_grow boolean, _messages_grow boolean
) returns text
language plpgsql volatile as $$
declare
  _bytes    numeric;
  _messages numeric;
begin
  select u.bytes + _more.bytes - q.storage_limit::numeric * 1024,
         u.messages + _more.messages - least(q.message_limit, q.storage_limit)
    into _bytes, _messages
    from quota_root q
   cross join lateral quota_usage(q.id) u
   where q.id = _root;
  if _bytes_grow and _bytes > 0 or _messages_grow and _messages > 0 then
    return coalesce(_bytes, 0) || ' ' || coalesce(_messages, 0);
  end if;
  return null;
end
$$;
