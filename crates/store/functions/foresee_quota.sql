-- Refuses what would be over a limit before it is written: rows that are taken back still fill the disk until they are
-- cleaned away. Takes no lock where there is room, so that `check_quota` decides in the end. Who may no longer write hears
-- of that instead.
create or replace function foresee_quota(
  _mailbox bigint, _growth growth, _actors actor[], _permits permit[]
) returns void
language plpgsql as $$
declare
  _excess text;
begin
  select quota_excess(q.id, _growth, _growth.bytes > 0, _growth.messages > 0)
    into _excess
    from mailbox_name n
    join quota_root q on q.id = n.quota_root
   where n.mailbox = _mailbox
     and (q.storage_limit is not null or q.message_limit is not null);
  if _excess is not null then
    perform lock_mailbox(_mailbox, _actors, _permits);
    raise exception using errcode = 'PR009', message = 'over quota', detail = _excess;
  end if;
end
$$;
