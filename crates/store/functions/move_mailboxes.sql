-- Gives mailboxes at `_old_path` or below it the same places at `_path` and below. Returns what to wake. The
-- caller holds the locks, and has asked whether it is allowed.
create or replace function move_mailboxes(
  _moved bigint[], _old_owner bigint, _old_path text, _owner bigint, _path text
) returns table (mailbox bigint, modseq bigint)
language plpgsql as $$
#variable_conflict use_column
declare
  _level bigint[];
begin
  if _owner = _old_owner and _path = _old_path then
    raise exception using errcode = 'PR003', message = 'it has that name already';
  end if;
  if _owner = _old_owner and starts_with(_path, _old_path || '/') then
    raise exception using errcode = 'PR044', message = 'a mailbox cannot be moved below itself';
  end if;
  if exists (select from mailbox_name n
              where n.mailbox = any (_moved)
                and (octet_length(_path) + octet_length(n.path) - octet_length(_old_path)
                     > 1000 /* limits::NAME_BYTES_MAX */
                     or levels_of(_path) + levels_of(n.path) - levels_of(_old_path)
                     > 32 /* limits::NAME_DEPTH_MAX */)) then
    raise exception using errcode = 'PR045', message = 'a name below it would become too long';
  end if;
  -- From the top down: where it goes up, what lies deeper comes to places that others of it have left.
  for _level in
    select array_agg(n.mailbox)
      from mailbox_name n
     where n.mailbox = any (_moved)
     group by levels_of(n.path)
     order by levels_of(n.path)
  loop
    update mailbox_name n
       set owner = _owner, path = _path || substr(n.path, length(_old_path) + 1)
     where n.mailbox = any (_level);
  end loop;
  return query select t.mailbox, t.modseq from touch_mailboxes(_moved) t;
end
$$;
